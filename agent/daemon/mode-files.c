// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes the modes' traces on disk.
#include "daemon/mode-files.h"

#include "base/file.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MODPROBE_TEXT                                                                              \
    "# Written by sekisho in enforce mode, taken away by `sekisho mode observe`.\n"                \
    "options usbcore authorized_default=0\n"

static const char *const marks[] = {
    [GUARD_USB] = "entering-enforce", [GUARD_NETWORK] = "airgap-trial"};
static_assert(ELEMENTS(marks) == GUARD_MAX, "a mark for each guard");

static int read_modes(const struct places *places, struct guard_modes *ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = file_read_at(places->state, GUARD_FILE, GUARD_FILE_MAX, &text, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    return guard_modes_decode(text, length, ret);
}

int mode_files_read(const struct places *places, struct guard_modes *ret)
{
    struct guard_modes modes = {{MODE_OBSERVE}};
    int r = read_modes(places, &modes);
    if (r == -EBADMSG) { // damaged: the modprobe file says what was installed
        modes.of[GUARD_USB] = mode_files_is_shut(places) ? MODE_ENFORCE : MODE_OBSERVE;
        modes.of[GUARD_NETWORK] = MODE_ENFORCE;
        log_error("the mode file is damaged; the network guard enforces, the USB guard goes by "
                  "what is installed: %s",
                  gate_mode_to_str(modes.of[GUARD_USB]));
    } else if (r < 0 && r != -ENOENT) {
        return r;
    }
    *ret = modes;
    return 0;
}

int mode_files_write(const struct places *places, const struct guard_modes *modes)
{
    CLEANUP_FREE char *text = NULL;
    int r = guard_modes_encode(modes, &text);
    return r < 0 ? r : file_replace_at(places->state, GUARD_FILE, 0600, text, strlen(text));
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

int mode_files_mark_attempt(const struct places *places, enum guard guard)
{
    return file_replace_at(places->run, marks[guard], 0600, "", 0);
}

int mode_files_unmark_attempt(const struct places *places, enum guard guard)
{
    return unlinkat(places->run, marks[guard], 0) < 0 && errno != ENOENT ? -errno : 0;
}

bool mode_files_was_attempted(const struct places *places, enum guard guard)
{
    return faccessat(places->run, marks[guard], F_OK, 0) == 0;
}
