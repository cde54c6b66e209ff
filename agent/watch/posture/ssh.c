// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "ssh": does a server for it run here, and how does it let people in.
#include "base/text.h"
#include "watch/posture/sshd-config.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#define MAIN "/etc/ssh/sshd_config"
#define FOLDER "/etc/ssh"
#define DEPTH_MAX 16 // as sshd has it

// What we keep; the values that OpenSSH takes if nothing is said.
static const struct keyword {
    const char *name, *fallback;
} keywords[] = {
    {"permitrootlogin", "prohibit-password"},
    {"passwordauthentication", "yes"},
    {"kbdinteractiveauthentication", "yes"},
    {"permitemptypasswords", "no"},
    {"pubkeyauthentication", "yes"},
    {"hostbasedauthentication", "no"},
    {"usepam", "no"},
    {"authenticationmethods", "any"},
    {"authorizedkeysfile", ".ssh/authorized_keys .ssh/authorized_keys2"},
    {"authorizedkeyscommand", "none"},
    {"trustedusercakeys", "none"},
};

struct reading {
    struct sight *sight;
    json_object *global;  // keyword: value
    json_object *matches; // [{"criteria", keyword: value}]
    json_object *present; // where a line's value goes: global or the last of matches
    const char *path;
    unsigned depth;
};

static void read_file(struct reading *reading, const char *path);

static bool is_kept(const char *keyword)
{
    for (size_t i = 0; i < ELEMENTS(keywords); i++)
        if (strcmp(keywords[i].name, keyword) == 0)
            return true;
    return false;
}

static void begin_match(struct reading *reading, const char *criteria)
{
    json_object *block = json_object_new_object();
    sight_add_text(block, "criteria", criteria);
    reading->present = block;
    sight_append(reading->sight, reading->matches, block, reading->path);
    if (json_object_array_length(reading->matches) >= SIGHT_ITEMS_MAX)
        reading->present = NULL;
}

// The pattern's folder is plain, as in all that distributions ship.
static void include(struct reading *reading, const char *pattern)
{
    CLEANUP_FREE char *path =
        pattern[0] == '/' ? text_dup(pattern) : text_format(FOLDER "/%s", pattern);
    if (!path) {
        reading->sight->r = -ENOMEM;
        return;
    }
    if (!strpbrk(path, "*?[")) {
        read_file(reading, path);
        return;
    }
    char *name = strrchr(path, '/');
    *name++ = '\0';
    if (strpbrk(path, "*?[")) {
        sight_note(reading->sight, path, -EOPNOTSUPP);
        return;
    }
    struct sight_names names = {0};
    sight_list(reading->sight, path[0] ? path : "/", "", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *file = text_format("%s/%s", path, names.items[i]);
        if (!file)
            reading->sight->r = -ENOMEM;
        else if (fnmatch(name, names.items[i], FNM_PERIOD) == 0)
            read_file(reading, file);
    }
    sight_names_clear(&names);
}

static void take(struct reading *reading, const struct sshd_line *line)
{
    const char *keyword = strcmp(line->keyword, "challengeresponseauthentication") == 0
                              ? "kbdinteractiveauthentication"
                              : line->keyword;
    if (strcmp(keyword, "match") == 0) {
        begin_match(reading, line->value);
    } else if (strcmp(keyword, "include") == 0) {
        const char *rest = line->value;
        char pattern[WORDS_SIZE];
        while (words_next(&rest, pattern))
            include(reading, pattern);
    } else if (is_kept(keyword) && reading->present && !json_get(reading->present, keyword)) {
        sight_add_text(reading->present, keyword, line->value);
    }
}

// A Match block ends with the file that it began in.
static void read_file(struct reading *reading, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    char line[WORDS_LINE_SIZE];
    bool odd = false;
    struct reading inner = *reading;
    inner.path = path;
    if (++inner.depth > DEPTH_MAX) {
        sight_note(reading->sight, path, -ELOOP);
        return;
    }
    if (sight_read_needed(reading->sight, path, &text) < 0)
        return;
    const char *rest = text;
    while (words_line(&rest, false, line, &odd)) {
        struct sshd_line parsed;
        if (sshd_line_parse(line, &parsed, &odd))
            take(&inner, &parsed);
    }
    if (odd)
        sight_note(reading->sight, path, -EBADMSG);
}

static void add_fallbacks(json_object *global)
{
    for (size_t i = 0; i < ELEMENTS(keywords); i++)
        if (!json_get(global, keywords[i].name))
            json_add_text(global, keywords[i].name, keywords[i].fallback);
}

static bool is_enabled(struct sight *sight)
{
    static const char *const links[] = {
        "/etc/systemd/system/multi-user.target.wants/ssh.service",
        "/etc/systemd/system/multi-user.target.wants/sshd.service",
        "/etc/systemd/system/sockets.target.wants/ssh.socket",
        "/etc/systemd/system/sockets.target.wants/sshd.socket",
    };
    bool enabled = false;
    for (size_t i = 0; i < ELEMENTS(links); i++)
        enabled = sight_has(sight, links[i]) || enabled;
    return enabled;
}

// "installed", "enabled", "other": another server that we know nothing of; "global": {keyword:
// value} with OpenSSH's own where none is set; "matches": [{"criteria", keyword: value}];
// "persons": see ssh-keys.c.
void posture_look_at_ssh(struct sight *sight)
{
    (void)sight_has_needed(sight, "/usr/sbin");
    bool installed = sight_has(sight, "/usr/sbin/sshd");
    json_add_bool(sight->topic, "installed", installed);
    if (sight_has(sight, "/usr/sbin/dropbear"))
        json_add_text(sight->topic, "other", "dropbear");
    if (!installed)
        return;
    json_add_bool(sight->topic, "enabled", is_enabled(sight));
    struct reading reading = {.sight = sight};
    reading.global = reading.present = json_section(sight->topic, "global");
    reading.matches = sight_array(sight, sight->topic, "matches");
    read_file(&reading, MAIN);
    if (!json_get(sight->topic, "errors") ||
        json_object_array_length(json_get(sight->topic, "errors")) == 0)
        add_fallbacks(reading.global); // what was not read may say otherwise
    const char *files = json_get_text(reading.global, "authorizedkeysfile");
    sight->topic = json_section(sight->topic, "persons");
    posture_look_at_keys(sight, files ? files : "");
}
