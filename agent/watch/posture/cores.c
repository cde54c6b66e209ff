// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "memory": where a program's memory goes when it crashes.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>

static void add_line(struct sight *sight, const char *path, const char *key)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read_needed(sight, path, &text) < 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    sight_add_text(sight->topic, key, text);
}

// ---- limits.conf -------------------------------------------------------------------------------

// "* hard core 0", "* - core 0": of everybody but root, whom “*” does not mean.
static void take_limit(struct sight *sight, const char *line)
{
    char who[WORDS_SIZE], type[WORDS_SIZE], item[WORDS_SIZE], value[WORDS_SIZE];
    if (line[0] == '#' || !words_next(&line, who) || !words_next(&line, type) ||
        !words_next(&line, item) || !words_next(&line, value))
        return;
    if (!text_equal(item, "core") || !(text_equal(type, "hard") || text_equal(type, "-")))
        return;
    if (text_equal(who, "*"))
        json_add_bool(sight->topic, "limit_all", text_equal(value, "0"));
    else if (text_equal(who, "root"))
        json_add_bool(sight->topic, "limit_root", text_equal(value, "0"));
    else if (!text_equal(value, "0"))
        json_add_bool(sight->topic, "limit_others", true);
}

static void read_limits(struct sight *sight, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    if (sight_read(sight, path, &text) < 0)
        return;
    for (const char *rest = text; words_line(&rest, false, line, &cut);)
        take_limit(sight, line);
    if (cut)
        sight_note(sight, path, -E2BIG);
}

// ---- systemd-coredump --------------------------------------------------------------------------

static void take_storage(void *context, const struct keyfile_entry *entry)
{
    if (text_equal(entry->section, "Coredump") && text_equal(entry->key, "Storage"))
        sight_add_text(context, "storage", entry->value);
}

static void read_storage(struct sight *sight, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read(sight, path, &text) == 0 &&
        !keyfile_read(text, true, take_storage, sight->topic))
        sight_note(sight, path, -E2BIG);
}

static void read_each(struct sight *sight, const char *folder,
                      void (*read)(struct sight *sight, const char *path))
{
    struct sight_names names = {0};
    sight_list(sight, folder, ".conf", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        if (path)
            read(sight, path);
        else
            sight->r = -ENOMEM;
    }
    sight_names_clear(&names);
}

// "pattern": where the kernel sends them; "suid_dumpable"; "limit_all", "limit_root": is the hard
// limit 0, "limit_others": somebody has one of their own; "storage": of systemd-coredump.
void posture_look_at_cores(struct sight *sight)
{
    add_line(sight, "/proc/sys/kernel/core_pattern", "pattern");
    add_line(sight, "/proc/sys/fs/suid_dumpable", "suid_dumpable");
    read_limits(sight, "/etc/security/limits.conf");
    read_each(sight, "/etc/security/limits.d", read_limits);
    read_storage(sight, "/usr/lib/systemd/coredump.conf");
    read_storage(sight, "/etc/systemd/coredump.conf");
    read_each(sight, "/usr/lib/systemd/coredump.conf.d", read_storage);
    read_each(sight, "/run/systemd/coredump.conf.d", read_storage);
    read_each(sight, "/etc/systemd/coredump.conf.d", read_storage);
}
