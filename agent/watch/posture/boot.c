// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "boot": what somebody at the keyboard can start.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>

static const char *const unit_folders[] = {"/etc/systemd/system", "/run/systemd/system",
                                           "/usr/lib/systemd/system"};
static const char *const units[] = {"rescue.service", "emergency.service"};

struct rescue {
    struct sight *sight;
    json_object *forced;
    const char *path;
};

static void take_environment(void *context, const struct keyfile_entry *entry)
{
    struct rescue *rescue = context;
    const char *line = entry->value;
    char word[WORDS_SIZE];
    if (!text_equal(entry->section, "Service"))
        return;
    bool is_environment = text_equal(entry->key, "Environment");
    while (words_next(&line, word))
        if ((is_environment && words_begin(word, "SYSTEMD_SULOGIN_FORCE=") &&
             keyfile_is_true(word + strlen("SYSTEMD_SULOGIN_FORCE="))) ||
            (text_equal(entry->key, "ExecStart") && text_equal(word, "--force")))
            sight_append(rescue->sight, rescue->forced, sight_text(rescue->path), rescue->path);
}

static void read_unit(struct rescue *rescue, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    rescue->path = path;
    if (sight_read(rescue->sight, path, &text) == 0 &&
        !keyfile_read(text, true, take_environment, rescue))
        sight_note(rescue->sight, path, -E2BIG);
}

static void read_drop_ins(struct rescue *rescue, const char *folder)
{
    struct sight_names names = {0};
    sight_list(rescue->sight, folder, ".conf", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        if (path)
            read_unit(rescue, path);
        else
            rescue->sight->r = -ENOMEM;
    }
    sight_names_clear(&names);
}

// "forced": units whose shell asks for no password where root has none.
static void look_at_rescue(struct sight *sight)
{
    struct rescue rescue = {.sight = sight};
    rescue.forced = sight_array(sight, sight->topic, "forced");
    (void)sight_has_needed(sight, "/usr/lib/systemd/system/rescue.service");
    for (size_t i = 0; i < ELEMENTS(unit_folders); i++)
        for (size_t k = 0; k < ELEMENTS(units); k++) {
            CLEANUP_FREE char *path = text_format("%s/%s", unit_folders[i], units[k]);
            CLEANUP_FREE char *folder = text_format("%s/%s.d", unit_folders[i], units[k]);
            CLEANUP_FREE char *target = path ? sight_link(sight, path) : NULL;
            if (!path || !folder)
                sight->r = -ENOMEM;
            else {
                if (!target || !text_equal(target, "/dev/null"))
                    read_unit(&rescue, path);
                read_drop_ins(&rescue, folder);
            }
        }
}

// "grub" (grub.c), "rescue", "firmware" (firmware.c): each with "errors" of its own.
void posture_look_at_boot(struct sight *sight)
{
    json_object *boot = sight->topic;
    static const struct {
        const char *name;
        void (*look)(struct sight *sight);
    } parts[] = {{"grub", posture_look_at_grub},
                 {"rescue", look_at_rescue},
                 {"firmware", posture_look_at_firmware}};
    for (size_t i = 0; i < ELEMENTS(parts); i++) {
        sight->topic = json_section(boot, parts[i].name);
        parts[i].look(sight);
    }
    sight->topic = boot;
}
