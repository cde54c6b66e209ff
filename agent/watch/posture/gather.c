// SPDX-License-Identifier: GPL-3.0-or-later
// The list of topics; each is a file of its own.
#include "watch/posture/gather.h"

#include "base/json.h"
#include "base/text.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct topic {
    const char *name;
    void (*look)(struct sight *sight);
} topics[] = {
    {"logins", posture_look_at_logins},   {"accounts", posture_look_at_accounts},
    {"pam", posture_look_at_pam},         {"ssh", posture_look_at_ssh},
    {"screen", posture_look_at_screen},   {"boot", posture_look_at_boot},
    {"clock", posture_look_at_clock},     {"memory", posture_look_at_memory},
    {"sudo", posture_look_at_sudo},       {"paths", posture_look_at_paths},
    {"package", posture_look_at_package},
};

static bool is_machine(int root)
{
    struct stat given, own;
    return fstat(root, &given) == 0 && stat("/", &own) == 0 && given.st_dev == own.st_dev &&
           given.st_ino == own.st_ino;
}

static void read_accounts(struct sight *sight)
{
    CLEANUP_FREE char *passwd = NULL, *shadow = NULL;
    CLEANUP_JSON json_object *unsaid = json_object_new_object();
    sight->topic = unsaid; // the topics that need them say what is missing
    if (!unsaid) {
        sight->r = -ENOMEM;
        return;
    }
    sight->passwd_error = sight_read(sight, "/etc/passwd", &passwd);
    sight->shadow_error = sight_read(sight, "/etc/shadow", &shadow);
    if (passwd && accounts_parse(passwd, shadow, &sight->accounts) < 0)
        sight->r = -ENOMEM;
}

static void look_at(struct sight *sight, const struct topic *topic, json_object *document)
{
    sight->topic = json_section(document, topic->name);
    if (sight->topic)
        topic->look(sight);
    else
        sight->r = -ENOMEM;
}

int posture_gather(int root, char *const arguments[], size_t n, json_object **ret)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    struct sight sight = {.root = root, .is_machine = is_machine(root)};
    if (n > 1 || (n == 1 && !text_equal(arguments[0], POSTURE_WITH_PACKAGE)))
        return -EINVAL;
    sight.with_package = n == 1;
    if (!document)
        return -ENOMEM;
    read_accounts(&sight);
    for (size_t i = 0; i < ELEMENTS(topics); i++)
        if (sight.is_machine || !text_equal(topics[i].name, "package"))
            look_at(&sight, &topics[i], document);
    accounts_clear(&sight.accounts);
    if (sight.r < 0)
        return sight.r;
    *ret = TAKE_PTR(document);
    return 0;
}
