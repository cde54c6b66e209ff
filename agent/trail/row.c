// SPDX-License-Identifier: GPL-3.0-or-later
// Rows as the trail gives them out.
#include "base/text.h"
#include "trail/state.h"

#include <errno.h>
#include <string.h>

void trail_rows_clear(struct trail_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        fact_free(rows->items[i]);
    free(rows->items);
    *rows = (struct trail_rows){0};
}

struct moment row_moment(const struct trail *trail, uint64_t wall_ns)
{
    struct moment at = {.wall_ns = wall_ns};
    bool now = wall_ns >= trail->boot.wall_ns;
    if (now)
        at.monotonic_ns = wall_ns - trail->boot.wall_ns;
    text_copy(at.boot, sizeof at.boot,
              now || trail->older[0] == '\0' ? trail->boot.boot : trail->older);
    return at;
}

int row_new(const struct trail *trail, enum fact_kind kind, uint64_t wall_ns, struct fact **ret)
{
    struct fact *fact = fact_new(kind);
    if (!fact)
        return -ENOMEM;
    fact->at = row_moment(trail, wall_ns);
    *ret = fact;
    return 0;
}

int row_sign(const struct trail *trail, const struct actor *actor, struct fact *fact)
{
    char name[64], session[16];
    const struct trail_settings *settings = &trail->settings;
    fact->uid = actor->auid;
    fact->pid = actor->pid;
    bool named =
        actor->auid != UINT32_MAX && settings->name_of(settings->context, actor->auid, name);
    (void)snprintf(session, sizeof session, "%u", actor->session);
    if (text_set(&fact->user, named ? name : NULL) < 0 ||
        text_set(&fact->session, actor->session == UINT32_MAX ? NULL : session) < 0 ||
        text_set(&fact->exe, actor->exe) < 0)
        return -ENOMEM;
    return 0;
}

int json_new(json_object **ret)
{
    json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    *ret = object;
    return 0;
}

int row_set_json(char **field, json_object *object)
{
    return text_set(field, json_to_line(object));
}

static int append(struct trail_rows *rows, struct fact *fact)
{
    // Grown twofold, whenever it is full at a power of two.
    if ((rows->n & (rows->n - 1)) == 0) {
        struct fact **grown =
            reallocarray(rows->items, rows->n ? rows->n * 2 : 1, sizeof(struct fact *));
        if (!grown)
            return -ENOMEM;
        rows->items = grown;
    }
    rows->items[rows->n++] = fact;
    return 0;
}

int row_give(struct trail *trail, struct trail_rows *rows, struct fact *fact, json_object *details)
{
    CLEANUP(fact_free_p) struct fact *row = fact;
    CLEANUP_JSON json_object *object = details;
    if (object && json_object_object_length(object) > 0 && row_set_json(&row->details, object) < 0)
        return -ENOMEM;
    int r = append(rows, row);
    if (r < 0)
        return r;
    (void)TAKE_PTR(row);
    trail->given++;
    return 0;
}

bool is_within(uint64_t wall_ns, uint64_t since_ns, uint64_t span_ns)
{
    uint64_t distance = wall_ns > since_ns ? wall_ns - since_ns : since_ns - wall_ns;
    return distance <= span_ns;
}
