// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "boot": Secure Boot and the kernel's lockdown.
#include "base/file.h"
#include "base/text.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define EFI "/sys/firmware/efi"
#define VARIABLE EFI "/efivars/%s-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define VARIABLE_SIZE 5 // four bytes of attributes, then one of value
#define LOCKDOWN "/sys/kernel/security/lockdown"

static void add_variable(struct sight *sight, const char *name, const char *key)
{
    CLEANUP_FREE char *path = text_format(VARIABLE, name);
    CLEANUP_FREE char *data = NULL;
    size_t length;
    if (!path) {
        sight->r = -ENOMEM;
        return;
    }
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_RDONLY | O_NONBLOCK);
    int r = fd < 0 ? fd : file_read_fd(fd, VARIABLE_SIZE, &data, &length);
    if (r == 0 && (length != VARIABLE_SIZE || data[VARIABLE_SIZE - 1] > 1))
        r = -EBADMSG;
    if (r < 0)
        sight_note(sight, path, r);
    else
        json_add_bool(sight->topic, key, data[VARIABLE_SIZE - 1] == 1);
}

// "none [integrity] confidentiality": the one in brackets.
static void add_lockdown(struct sight *sight)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read_needed(sight, LOCKDOWN, &text) < 0)
        return;
    char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
    if (!end) {
        sight_note(sight, LOCKDOWN, -EBADMSG);
        return;
    }
    *end = '\0';
    sight_add_text(sight->topic, "mode", begin + 1);
}

// "efi": false if it was started by a BIOS; "secure", "setup": the firmware checks what it starts;
// it takes new keys from anybody. "lockdown": {"mode"}.
void posture_look_at_firmware(struct sight *sight)
{
    json_object *firmware = sight->topic;
    if (sight_has_needed(sight, "/sys/firmware")) {
        bool efi = sight_has(sight, EFI);
        json_add_bool(firmware, "efi", efi);
        if (efi) {
            add_variable(sight, "SecureBoot", "secure");
            add_variable(sight, "SetupMode", "setup");
        }
    }
    sight->topic = json_section(firmware, "lockdown");
    add_lockdown(sight);
    sight->topic = firmware;
}
