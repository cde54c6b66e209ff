// SPDX-License-Identifier: GPL-3.0-or-later
// A trail with three persons, and a ledger that is an array.
#include "world.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const names[] = {"tanaka", "suzuki", "sato"}; // 1001 …

static bool name_of(void *context, uint32_t uid, char ret[64])
{
    (void)context;
    if (uid == 113)
        text_copy(ret, 64, "lightdm");
    else if (uid > 1000 && uid <= 1000 + ELEMENTS(names))
        text_copy(ret, 64, names[uid - 1001]);
    else
        return false;
    return true;
}

static bool exists(void *context, const char *account)
{
    (void)context;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (strcmp(names[i], account) == 0)
            return true;
    return strcmp(account, "root") == 0;
}

static void renew(struct world *world, uint64_t fold_ns)
{
    struct trail_settings settings = {
        .fold_ns = fold_ns, .key = {1, 2, 3}, .name_of = name_of, .exists = exists};
    trail_free(world->trail);
    cr_assert_eq(trail_new(&settings, &world->trail), 0);
    world_boot(world, TEST_BOOT, BOOT_NS);
}

void world_boot(struct world *world, const char *boot, uint64_t began_ns)
{
    struct moment now = {.wall_ns = began_ns + NS_PER_S, .monotonic_ns = NS_PER_S};
    text_copy(now.boot, sizeof now.boot, boot);
    trail_set_boot(world->trail, &now);
}

void world_begin(struct world *world, uint64_t fold_ns)
{
    *world = (struct world){0};
    renew(world, fold_ns);
}

void world_end(struct world *world)
{
    trail_free(world->trail);
    trail_rows_clear(&world->rows);
}

void world_take(struct world *world, const struct audit_event *event)
{
    cr_assert_eq(trail_take(world->trail, event, &world->rows), 0);
}

void world_settle(struct world *world, uint64_t wall_ns)
{
    cr_assert_eq(trail_settle(world->trail, wall_ns, &world->rows), 0);
}

static void append(struct trail_rows *rows, struct fact *fact)
{
    rows->items = reallocarray(rows->items, rows->n * 2 + 2, sizeof(struct fact *));
    cr_assert_not_null(rows->items);
    rows->items[rows->n++] = fact;
}

void world_record(struct world *world, uint64_t offset)
{
    struct audit_place place = {.device = 7, .inode = 8, .offset = offset};
    struct fact *checkpoint = NULL;
    cr_assert_eq(trail_checkpoint(world->trail, &place, &checkpoint), 0);
    append(&world->rows, checkpoint);
    trail_recorded(world->trail, world->recorded + 1);
    world->recorded = world->checkpoint = world->rows.n;
    world->place = offset;
}

uint64_t world_kill(struct world *world)
{
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    while (world->rows.n > world->recorded)
        fact_free(world->rows.items[--world->rows.n]);
    renew(world, FOLD);
    if (world->checkpoint == 0)
        return 0;
    const struct fact *row = world->rows.items[world->checkpoint - 1];
    CLEANUP_JSON json_object *details = NULL;
    cr_assert_eq(trail_checkpoint_parse(row->object, row->details, &details), 0);
    cr_assert_eq(trail_restore(world->trail, details, world->checkpoint, &place), 0, "%s",
                 row->details);
    return place->offset;
}

const struct fact *world_row(const struct world *world, size_t n)
{
    cr_assert_lt(n, world->rows.n, "there is no row %zu", n);
    return world->rows.items[n];
}

const char *world_told(const struct world *world, size_t n)
{
    static char told[8192];
    if (n >= world->rows.n)
        return "";
    const struct fact *fact = world->rows.items[n];
    (void)snprintf(told, sizeof told, "%s %s %s%s%s", fact_kind_to_str(fact->kind),
                   fact->object ? fact->object : "-", fact->outcome ? fact->outcome : "-",
                   fact->details ? " " : "", fact->details ? fact->details : "");
    return told;
}

void expect_told(const struct world *world, size_t n, const char *expected)
{
    cr_expect_str_eq(world_told(world, n), expected, "row %zu is “%s”, not “%s”", n,
                     world_told(world, n), expected);
}

struct audit_event file_event(enum audit_act act, double s, const char *path)
{
    return (struct audit_event){
        .act = act,
        .wall_ns = AT(s),
        .auid = 1001,
        .session = 3,
        .pid = 50,
        .key = (char *)TRAIL_KEY_FILES,
        .exe = (char *)"/usr/bin/vim",
        .path = {.text = (char *)path, .way = path ? WAY_WHOLE : WAY_NONE},
    };
}

struct audit_event rename_event(double s, const char *path, const char *to)
{
    struct audit_event event = file_event(ACT_RENAME, s, path);
    event.to = (struct audit_path){.text = (char *)to, .way = WAY_WHOLE};
    return event;
}

struct audit_event login_event(enum audit_act act, double s, const char *service)
{
    return (struct audit_event){
        .act = act,
        .wall_ns = AT(s),
        .serial = 100,
        .auid = 1001,
        .session = 3,
        .pid = 50,
        .exe = (char *)"/usr/sbin/program",
        .account = (char *)"tanaka",
        .service = (char *)service,
    };
}

struct audit_event audit_event_of(enum audit_act act, double s)
{
    return (struct audit_event){
        .act = act, .wall_ns = AT(s), .auid = UINT32_MAX, .session = UINT32_MAX};
}
