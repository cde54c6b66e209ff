// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "screen": KDE's kscreenlockerrc.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *key, *name;
} keys[] = {
    {"Autolock", "autolock"}, {"Timeout", "timeout"}, {"LockGrace", "grace"}, {"Lock", "lock"}};

// "[Daemon][$i]" and "Timeout[$i]": persons can't set another value.
static bool take_mark(char *name)
{
    char *mark = strstr(name, "[$");
    if (!mark)
        return false;
    *mark = '\0';
    return true;
}

static void take(void *context, const struct keyfile_entry *entry)
{
    json_object *ret = context;
    char section[KEYFILE_NAME_SIZE], key[KEYFILE_NAME_SIZE];
    text_copy(section, sizeof section, entry->section);
    text_copy(key, sizeof key, entry->key);
    // The reader has taken the outer brackets: "Daemon][$i".
    char *inner = strstr(section, "][$");
    bool fixed = inner != NULL;
    if (inner)
        *inner = '\0';
    fixed = take_mark(key) || fixed;
    if (!text_equal(section, "Daemon"))
        return;
    for (size_t i = 0; i < ELEMENTS(keys); i++) {
        if (!text_equal(keys[i].key, key))
            continue;
        json_object *value = json_object_new_object();
        sight_add_text(value, "value", entry->value);
        json_add_bool(value, "fixed", fixed);
        json_add(ret, keys[i].name, value);
    }
}

// {"autolock", "timeout" (minutes), "grace" (seconds): {"value", "fixed"}}, as far as it is said.
void posture_look_at_kde(struct sight *sight, const char *path, json_object *ret)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read(sight, path, &text) == 0 && !keyfile_read(text, false, take, ret))
        sight_note(sight, path, -E2BIG);
}
