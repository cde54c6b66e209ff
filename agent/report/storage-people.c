// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts and groups become persons, and the folder's rights an answer for each of them.
#include "report/storage-people.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

enum { MAY_ENTER = 1, MAY_LIST = 4 };

// ---- Persons -----------------------------------------------------------------------------------

static void person_clear(struct person *person)
{
    free(person->name);
    free(person->groups);
}

void people_clear(struct people *people)
{
    for (size_t i = 0; i < people->n; i++)
        person_clear(&people->items[i]);
    free(people->items);
    *people = (struct people){0};
}

static size_t length_of(json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_in(const struct person *person, uint64_t group)
{
    for (size_t i = 0; i < person->n_groups; i++)
        if (person->groups[i] == group)
            return true;
    return false;
}

static int add_group(struct person *person, uint64_t group)
{
    if (is_in(person, group))
        return 0;
    uint32_t *groups = reallocarray(person->groups, person->n_groups + 1, sizeof *groups);
    if (!groups)
        return -ENOMEM;
    person->groups = groups;
    groups[person->n_groups++] = (uint32_t)group;
    return 0;
}

static bool has_member(json_object *group, const char *name)
{
    json_object *members = json_get(group, "members");
    for (size_t i = 0; i < length_of(members); i++)
        if (text_equal(json_object_get_string(json_object_array_get_idx(members, i)), name))
            return true;
    return false;
}

static int add_groups(struct person *person, json_object *groups)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < length_of(groups); i++) {
        json_object *group = json_object_array_get_idx(groups, i);
        if (has_member(group, person->name))
            r = add_group(person, json_get_number(group, "gid"));
    }
    return r;
}

static int read_person(json_object *user, json_object *groups, struct person *person)
{
    const char *name = json_get_text(user, "name");
    if (!name || !json_get(user, "uid") || !json_get(user, "gid"))
        return -EBADMSG;
    person->name = text_dup(name);
    person->uid = (uint32_t)json_get_number(user, "uid");
    person->named = true;
    int r = person->name ? add_group(person, json_get_number(user, "gid")) : -ENOMEM;
    return r < 0 ? r : add_groups(person, groups);
}

int people_read(json_object *facts, struct people *ret)
{
    json_object *users = json_get(facts, "users"), *groups = json_get(facts, "groups");
    CLEANUP(people_clear) struct people people = {.groups = groups};
    size_t n = length_of(users);
    if (n == 0 || length_of(groups) == 0 || json_get(facts, "users_error") ||
        json_get(facts, "groups_error"))
        return -EBADMSG;
    people.items = calloc(n, sizeof *people.items);
    int r = people.items ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct person person = {0};
        r = read_person(json_object_array_get_idx(users, i), groups, &person);
        if (r == 0 && person.uid != 0)
            people.items[people.n++] = person;
        else
            person_clear(&person);
    }
    if (r < 0)
        return r;
    *ret = people;
    people = (struct people){0};
    return 0;
}

bool person_is_in(const struct people *people, const struct person *person, const char *group)
{
    for (size_t i = 0; i < length_of(people->groups); i++) {
        json_object *found = json_object_array_get_idx(people->groups, i);
        if (text_equal(json_get_text(found, "name"), group))
            return is_in(person, json_get_number(found, "gid"));
    }
    return false;
}

// ---- Numbers without a name --------------------------------------------------------------------

static bool has_uid(const struct people *people, uint64_t uid)
{
    for (size_t i = 0; i < people->n; i++)
        if (people->items[i].uid == uid)
            return true;
    return uid == 0;
}

static bool has_gid(const struct people *people, uint64_t gid)
{
    for (size_t i = 0; i < length_of(people->groups); i++)
        if (json_get_number(json_object_array_get_idx(people->groups, i), "gid") == gid)
            return true;
    for (size_t i = 0; i < people->n; i++)
        if (is_in(&people->items[i], gid))
            return true;
    return false;
}

static int append_number(struct people *people, const char *form, uint32_t uid, uint32_t gid)
{
    struct person *items = reallocarray(people->items, people->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    people->items = items;
    bool is_user = uid != PERSON_NOBODY;
    struct person person = {.uid = uid, .name = text_format("%s %u", form, is_user ? uid : gid)};
    int r = person.name ? 0 : -ENOMEM;
    if (r == 0 && !is_user)
        r = add_group(&person, gid);
    if (r < 0)
        person_clear(&person);
    else
        items[people->n++] = person;
    return r;
}

static int add_uid(const struct people *people, uint64_t uid, struct people *numbers)
{
    if (has_uid(people, uid) || has_uid(numbers, uid))
        return 0;
    return append_number(numbers, "uid", (uint32_t)uid, 0);
}

static int add_gid(const struct people *people, uint64_t gid, struct people *numbers)
{
    if (has_gid(people, gid) || has_gid(numbers, gid))
        return 0;
    return append_number(numbers, "gid", PERSON_NOBODY, (uint32_t)gid);
}

int people_of_numbers(const struct people *people, json_object *steps, struct people *ret)
{
    CLEANUP(people_clear) struct people numbers = {0};
    size_t n = length_of(steps);
    json_object *last = n > 0 ? json_object_array_get_idx(steps, n - 1) : NULL;
    json_object *acl = json_get(last, "acl");
    int r = 0;
    if (json_get(last, "only"))
        r = add_uid(people, json_get_number(last, "only"), &numbers);
    if (r == 0 && json_get(last, "owner"))
        r = add_uid(people, json_get_number(last, "owner"), &numbers);
    if (r == 0 && json_get(last, "group"))
        r = add_gid(people, json_get_number(last, "group"), &numbers);
    for (size_t i = 0; r == 0 && i < length_of(acl); i++) {
        json_object *entry = json_object_array_get_idx(acl, i);
        if (text_equal(json_get_text(entry, "tag"), "user"))
            r = add_uid(people, json_get_number(entry, "id"), &numbers);
        else if (text_equal(json_get_text(entry, "tag"), "group"))
            r = add_gid(people, json_get_number(entry, "id"), &numbers);
    }
    if (r < 0)
        return r;
    *ret = numbers;
    numbers = (struct people){0};
    return 0;
}

// ---- Rights ------------------------------------------------------------------------------------

static const struct person anybody = {.uid = PERSON_NOBODY};

// The rights under the tag; −1: there is no such entry.
static int find_rights(json_object *acl, const char *tag)
{
    for (size_t i = 0; i < length_of(acl); i++) {
        json_object *entry = json_object_array_get_idx(acl, i);
        if (text_equal(json_get_text(entry, "tag"), tag))
            return (int)json_get_number(entry, "rights");
    }
    return -1;
}

// Groups are asked together: one that grants it is enough, and one that matches keeps "other" away.
struct group_answer {
    bool matches, grants;
};

static void ask_group(struct group_answer *answer, bool member, int rights, int want)
{
    if (!member)
        return;
    answer->matches = true;
    answer->grants = answer->grants || (rights & want) == want;
}

// acl(5), ACCESS CHECK ALGORITHM.
static bool acl_grants(json_object *step, json_object *acl, const struct person *person, int want)
{
    struct group_answer groups = {0};
    int found = find_rights(acl, "mask"), mask = found < 0 ? 7 : found;
    for (size_t i = 0; i < length_of(acl); i++) {
        json_object *entry = json_object_array_get_idx(acl, i);
        const char *tag = json_get_text(entry, "tag");
        int rights = (int)json_get_number(entry, "rights");
        uint64_t id = json_get_number(entry, "id");
        if (text_equal(tag, "user") && id == person->uid)
            return (rights & mask & want) == want;
        if (text_equal(tag, "group"))
            ask_group(&groups, is_in(person, id), rights & mask, want);
        else if (text_equal(tag, "owning-group"))
            ask_group(&groups, is_in(person, json_get_number(step, "group")), rights & mask, want);
    }
    if (groups.matches)
        return groups.grants;
    int other = find_rights(acl, "other");
    return other >= 0 && (other & want) == want;
}

static bool mode_grants(json_object *step, const struct person *person, int want)
{
    int mode = (int)json_get_number(step, "mode");
    bool member = is_in(person, json_get_number(step, "group"));
    return ((member ? mode >> 3 : mode) & want) == want;
}

static bool grants(json_object *step, const struct person *person, int want)
{
    json_object *acl = json_get(step, "acl");
    if (json_get(step, "only"))
        return json_get_number(step, "only") == person->uid;
    if (json_get_number(step, "owner") == person->uid)
        return ((int)json_get_number(step, "mode") >> 6 & want) == want;
    return length_of(acl) > 0 ? acl_grants(step, acl, person, want)
                              : mode_grants(step, person, want);
}

static bool is_told(json_object *step)
{
    bool rights = json_get(step, "owner") && json_get(step, "group") && json_get(step, "mode");
    return (rights || json_get(step, "only")) && !json_get(step, "error");
}

int person_may_read(const struct person *person, json_object *steps)
{
    const struct person *who = person ? person : &anybody;
    size_t n = length_of(steps);
    if (n == 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++)
        if (!is_told(json_object_array_get_idx(steps, i)))
            return -EBADMSG;
    for (size_t i = 0; i + 1 < n; i++)
        if (!grants(json_object_array_get_idx(steps, i), who, MAY_ENTER))
            return 0;
    json_object *last = json_object_array_get_idx(steps, n - 1);
    return grants(last, who, MAY_ENTER) || grants(last, who, MAY_LIST);
}
