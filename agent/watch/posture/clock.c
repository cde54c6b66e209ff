// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "clock": where the time comes from, and in which zone it is shown.
#include "base/moment.h"
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RTC "/sys/class/rtc/rtc0"

// What sets the clock from outside, and the file that it touches when it did.
static const struct {
    const char *name, *unit, *mark;
} services[] = {
    {"systemd-timesyncd", "sysinit.target.wants/systemd-timesyncd.service",
     "/run/systemd/timesync/synchronized"},
    {"chrony", "multi-user.target.wants/chrony.service", "/var/lib/chrony/drift"},
    {"ntpsec", "multi-user.target.wants/ntpsec.service", "/var/lib/ntpsec/ntp.drift"},
    {"openntpd", "multi-user.target.wants/openntpd.service", "/var/lib/openntpd/db/ntpd.drift"},
};

static void add_age(struct sight *sight, json_object *entry, const char *mark)
{
    struct stat status;
    CLEANUP_CLOSE int fd = sight_open(sight, mark, O_PATH);
    time_t now = time(NULL);
    if (fd >= 0 && fstat(fd, &status) == 0)
        json_add_number(entry, "age_s",
                        now > status.st_mtime ? (uint64_t)(now - status.st_mtime) : 0);
    else if (fd < 0 && fd != -ENOENT)
        sight_note(sight, mark, fd);
}

// "services": [{"name", "age_s": since it set the clock; absent: it did not}] of those that start.
static void look_at_source(struct sight *sight)
{
    json_object *found = sight_array(sight, sight->topic, "services");
    (void)sight_has_needed(sight, "/etc/systemd/system");
    for (size_t i = 0; i < ELEMENTS(services); i++) {
        CLEANUP_FREE char *link = text_format("/etc/systemd/system/%s", services[i].unit);
        if (!link) {
            sight->r = -ENOMEM;
            return;
        }
        if (!sight_has(sight, link))
            continue;
        json_object *entry = json_object_new_object();
        json_add_text(entry, "name", services[i].name);
        add_age(sight, entry, services[i].mark);
        sight_append(sight, found, entry, link);
    }
}

// In the third line of adjtime(5): the clock in the machine shows local time.
static bool is_local(struct sight *sight)
{
    CLEANUP_FREE char *text = NULL;
    return sight_read(sight, "/etc/adjtime", &text) == 0 && strstr(text, "LOCAL") != NULL;
}

static bool read_number(struct sight *sight, const char *path, uint64_t *ret)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read_needed(sight, path, &text) < 0)
        return false;
    text[strcspn(text, "\n")] = '\0';
    if (text_to_u64(text, 10, INT64_MAX, ret) == 0)
        return true;
    sight_note(sight, path, -EBADMSG);
    return false;
}

// "present"; "apart_s": how far it is from the system's clock (of the machine itself).
static void look_at_rtc(struct sight *sight)
{
    uint64_t rtc = 0;
    if (!sight_has_needed(sight, "/sys/class"))
        return;
    bool present = sight_has(sight, RTC);
    json_add_bool(sight->topic, "present", present);
    if (!present || !read_number(sight, RTC "/since_epoch", &rtc))
        return;
    time_t now = time(NULL);
    struct tm local;
    int64_t apart = (int64_t)rtc - (int64_t)now;
    bool shows_local = is_local(sight);
    if (shows_local && localtime_r(&now, &local))
        apart -= local.tm_gmtoff;
    json_add_bool(sight->topic, "local", shows_local);
    json_add_number(sight->topic, "apart_s", (uint64_t)(apart < 0 ? -apart : apart));
}

// "name": as the link /etc/localtime has it, or else /etc/timezone.
static void look_at_zone(struct sight *sight)
{
    static const char folder[] = "zoneinfo/";
    CLEANUP_FREE char *link = sight_link(sight, "/etc/localtime");
    CLEANUP_FREE char *text = NULL;
    const char *name = link ? strstr(link, folder) : NULL;
    if (name) {
        sight_add_text(sight->topic, "name", name + sizeof folder - 1);
        return;
    }
    if (sight_read_needed(sight, "/etc/timezone", &text) == 0) {
        text[strcspn(text, "\n")] = '\0';
        sight_add_text(sight->topic, "name", text);
    }
}

// "source", "rtc", "zone": each with "errors" of its own.
void posture_look_at_clock(struct sight *sight)
{
    json_object *clock = sight->topic;
    static const struct {
        const char *name;
        void (*look)(struct sight *sight);
    } parts[] = {{"source", look_at_source}, {"rtc", look_at_rtc}, {"zone", look_at_zone}};
    for (size_t i = 0; i < ELEMENTS(parts); i++) {
        sight->topic = json_section(clock, parts[i].name);
        parts[i].look(sight);
    }
    sight->topic = clock;
}
