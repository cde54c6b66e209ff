// SPDX-License-Identifier: GPL-3.0-or-later
// What a product's own command says of its health, its definitions and its scanning on access.
#include "watch/antivirus/gather-parts.h"

#include "base/json.h"
#include "watch/antivirus/command.h"

#include <errno.h>
#include <sys/stat.h>

static void take_switch(const struct product *product, json_object *answer, json_object *facts,
                        enum profile_text which, const char *key)
{
    const char *path = product_text(product, which);
    json_object *value = path ? command_field(answer, path) : NULL;
    if (json_object_is_type(value, json_type_boolean))
        json_add_bool(facts, key, json_object_get_boolean(value));
}

static void take_minutes(const struct product *product, json_object *answer, json_object *facts)
{
    const char *path = product_text(product, PROFILE_FIELD_DEFINITIONS_MINUTES);
    json_object *value = path ? command_field(answer, path) : NULL;
    if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0)
        json_add_number(facts, "definitions_minutes", json_object_get_uint64(value));
}

// Another machine's programs are not run.
static bool is_this_machine(int root)
{
    struct stat here, there;
    return stat("/", &here) == 0 && fstat(root, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

void gather_command(struct product *product)
{
    CLEANUP_JSON json_object *answer = NULL;
    if (!product->profile->command[0])
        return;
    json_object *facts = json_section(product->facts, "command");
    int r =
        is_this_machine(product->root) ? command_ask(product->profile->command, &answer) : -EXDEV;
    if (r < 0) {
        gather_error(facts, r);
        return;
    }
    take_switch(product, answer, facts, PROFILE_FIELD_HEALTHY, "healthy");
    take_switch(product, answer, facts, PROFILE_FIELD_ON_ACCESS, "on_access");
    take_minutes(product, answer, facts);
}
