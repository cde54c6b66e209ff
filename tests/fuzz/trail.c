// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes checkpoints of the trail: what is accepted can be gone on with, and is written again as
// something that is accepted and then stays as it is.
#include "trail/trail.h"
#include "base/json.h"

#include <string.h>

#define SEQUENCE (UINT64_C(1) << 40)

static bool name_of(void *context, uint32_t uid, char ret[64])
{
    (void)context;
    (void)uid;
    memcpy(ret, "tanaka", sizeof "tanaka");
    return true;
}

static bool exists(void *context, const char *account)
{
    (void)context;
    (void)account;
    return true;
}

static struct trail *new_trail(void)
{
    static const struct trail_settings settings = {
        .fold_ns = 5, .key = {1}, .name_of = name_of, .exists = exists};
    static const struct moment now = {.wall_ns = 1000, .boot = "0123456789abcdef0123456789abcdef"};
    struct trail *trail = NULL;
    if (trail_new(&settings, &trail) < 0)
        abort();
    trail_set_boot(trail, &now);
    return trail;
}

// Everything that waits is told.
static void settle(struct trail *trail)
{
    struct trail_rows rows = {0};
    uint64_t due;
    for (unsigned i = 0; i < 1000 && (due = trail_due_ns(trail)) != 0; i++) {
        if (trail_settle(trail, due, &rows) < 0)
            abort();
        trail_recorded(trail, SEQUENCE + 1);
    }
    for (size_t i = 0; i < rows.n; i++)
        if (!rows.items[i]->object || !rows.items[i]->outcome)
            abort();
    trail_rows_clear(&rows);
}

// The checkpoint that `details` come back as; NULL: they are not accepted.
static char *again(json_object *details, uint64_t sequence)
{
    CLEANUP(trail_free_p) struct trail *trail = new_trail();
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    if (trail_restore(trail, details, sequence, &place) < 0)
        return NULL;
    if (trail_checkpoint(trail, place, &fact) < 0)
        abort();
    settle(trail);
    CLEANUP_JSON json_object *whole = NULL;
    if (trail_checkpoint_parse(fact->object, fact->details, &whole) < 0)
        abort();
    char *text = strdup(json_object_to_json_string_ext(whole, JSON_C_TO_STRING_PLAIN));
    if (!text)
        abort();
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON json_object *details = json_parse((const char *)data, size, json_type_object);
    CLEANUP_FREE char *once = details ? again(details, SEQUENCE) : NULL;
    if (!once)
        return 0;
    CLEANUP_JSON json_object *written = json_parse(once, strlen(once), json_type_object);
    CLEANUP_FREE char *twice = written ? again(written, SEQUENCE) : NULL;
    if (!twice || strcmp(once, twice) != 0)
        abort();
    return 0;
}
