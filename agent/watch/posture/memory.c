// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "memory": how what is in memory gets onto a disk.
#include "base/text.h"
#include "watch/posture/topics.h"

#include <string.h>

static void add_line(struct sight *sight, const char *path, const char *key)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read_needed(sight, path, &text) < 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    sight_add_text(sight->topic, key, text);
}

static bool is_masked(struct sight *sight, const char *unit)
{
    static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system"};
    for (size_t i = 0; i < ELEMENTS(folders); i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folders[i], unit);
        CLEANUP_FREE char *target = path ? sight_link(sight, path) : NULL;
        if (target && text_equal(target, "/dev/null"))
            return true;
    }
    return false;
}

static void count_swaps(struct sight *sight)
{
    CLEANUP_FREE char *text = NULL;
    uint64_t lines = 0;
    if (sight_read_needed(sight, "/proc/swaps", &text) < 0)
        return;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    json_add_number(sight->topic, "swaps", lines > 0 ? lines - 1 : 0); // without the heading
}

// "state": /sys/power/state; "disk": /sys/power/disk, of a kernel that can; "swaps": in use;
// "masked": hibernate.target is.
void posture_look_at_hibernation(struct sight *sight)
{
    add_line(sight, "/sys/power/state", "state");
    if (sight_has(sight, "/sys/power/disk"))
        add_line(sight, "/sys/power/disk", "disk");
    count_swaps(sight);
    json_add_bool(sight->topic, "masked", is_masked(sight, "hibernate.target"));
}

// "cores" (cores.c), "hibernation": each with "errors" of its own.
void posture_look_at_memory(struct sight *sight)
{
    json_object *memory = sight->topic;
    sight->topic = json_section(memory, "cores");
    posture_look_at_cores(sight);
    sight->topic = json_section(memory, "hibernation");
    posture_look_at_hibernation(sight);
    sight->topic = memory;
}
