// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes the mode's traces on disk.
#include "daemon/mode-files.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MODE_FILE "mode"
#define MODPROBE_TEXT                                                                              \
    "# Written by sekisho in enforce mode, taken away by `sekisho mode observe`.\n"                \
    "options usbcore authorized_default=0\n"
#define ATTEMPT_FILE "entering-enforce"

static int read_mode(const struct places *places, enum gate_mode *ret)
{
    CLEANUP_FREE char *line = NULL;
    int r = file_read_line_at(places->state, MODE_FILE, 256, &line);
    if (r < 0)
        return r;
    if (strncmp(line, "usb ", 4) != 0)
        return -EBADMSG;
    return gate_mode_from_str(line + 4, ret) < 0 ? -EBADMSG : 0;
}

int mode_files_read(const struct places *places, enum gate_mode *ret)
{
    enum gate_mode mode = MODE_OBSERVE;
    int r = read_mode(places, &mode);
    if (r == -EBADMSG) { // damaged: the modprobe file says what was installed
        mode = mode_files_is_shut(places) ? MODE_ENFORCE : MODE_OBSERVE;
        log_error("the mode file is damaged, going by what is installed: %s",
                  gate_mode_to_str(mode));
    } else if (r < 0 && r != -ENOENT) {
        return r;
    }
    *ret = mode;
    return 0;
}

int mode_files_write(const struct places *places, enum gate_mode mode)
{
    CLEANUP_FREE char *text = text_format("usb %s\n", gate_mode_to_str(mode));
    return text ? file_replace_at(places->state, MODE_FILE, 0600, text, strlen(text)) : -ENOMEM;
}

bool mode_files_is_shut(const struct places *places)
{
    return faccessat(places->modprobe, MODPROBE_FILE, F_OK, 0) == 0;
}

int mode_files_shut(const struct places *places)
{
    return file_replace_at(places->modprobe, MODPROBE_FILE, 0644, MODPROBE_TEXT,
                           strlen(MODPROBE_TEXT));
}

int mode_files_open(const struct places *places)
{
    if (unlinkat(places->modprobe, MODPROBE_FILE, 0) < 0)
        return -errno;
    return file_sync_dir(places->modprobe);
}

void mode_files_mark_attempt(const struct places *places, bool under_way)
{
    int r = 0;
    if (under_way)
        r = file_replace_at(places->run, ATTEMPT_FILE, 0600, "", 0);
    else if (unlinkat(places->run, ATTEMPT_FILE, 0) < 0 && errno != ENOENT)
        r = -errno;
    if (r < 0)
        log_warning("cannot mark that enforce is being entered: %s", strerror(-r));
}

bool mode_files_was_attempted(const struct places *places)
{
    return faccessat(places->run, ATTEMPT_FILE, F_OK, 0) == 0;
}
