// SPDX-License-Identifier: GPL-3.0-or-later
// Editors and office programs don't write into a file: they put a new one in its place, or move it
// aside and write a new one. To a person both are one thing: it was saved.
#include "base/text.h"
#include "trail/state.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

// ---- New files ----------------------------------------------------------------------------------

// Whatever process and name: they are only compared, so that the checkpoint needs no names.
static uint64_t mark_of(const struct trail *trail, const struct deed *deed)
{
    uint8_t buffer[sizeof deed->pid + DEED_TEXT_MAX];
    size_t length = strlen(deed->object);
    uint64_t mark;
    memcpy(buffer, &deed->pid, sizeof deed->pid);
    memcpy(buffer + sizeof deed->pid, deed->object, length);
    (void)crypto_shorthash((uint8_t *)&mark, buffer, sizeof deed->pid + length, trail->hash_key);
    return mark >> 1; // as the checkpoint's JSON keeps it
}

static void forget_creations(struct saves *saves, size_t at, size_t n)
{
    saves->n_creations -= n;
    memmove(&saves->creations[at], &saves->creations[at + n],
            (saves->n_creations - at) * sizeof saves->creations[0]);
}

static void note_creation(struct trail *trail, const struct deed *deed)
{
    struct saves *saves = &trail->saves;
    if (saves->n_creations == CREATIONS_MAX)
        forget_creations(saves, 0, 1);
    saves->creations[saves->n_creations++] =
        (struct creation){.mark = mark_of(trail, deed), .wall_ns = deed->wall_ns};
}

// Did the process itself create the file, a while ago? Asked once for each.
static bool take_creation(struct trail *trail, const struct deed *deed)
{
    struct saves *saves = &trail->saves;
    uint64_t mark = mark_of(trail, deed);
    for (size_t i = saves->n_creations; i-- > 0;) {
        if (saves->creations[i].mark != mark)
            continue;
        forget_creations(saves, i, 1);
        return true;
    }
    return false;
}

static void forget_old_creations(struct saves *saves, uint64_t wall_ns)
{
    size_t n = 0;
    while (n < saves->n_creations && !is_within(wall_ns, saves->creations[n].wall_ns, CREATION_NS))
        n++;
    if (n > 0)
        forget_creations(saves, 0, n);
}

// ---- Files that were moved aside ----------------------------------------------------------------

static bool is_built(const char *name, const char *before, const char *old, size_t length,
                     const char *behind)
{
    size_t n = strlen(before);
    return strncmp(name, before, n) == 0 && strncmp(name + n, old, length) == 0 &&
           strcmp(name + n + length, behind) == 0;
}

// The names that programs give what they move aside, in the same folder.
static bool is_backup(const char *path, const char *to)
{
    static const char *const forms[][2] = {{"", "~"}, {"", ".bak"}, {".", ".swp"}, {"#", "#"}};
    const char *old = text_basename(path), *new = text_basename(to);
    size_t folder = (size_t)(old - path);
    if (folder != (size_t)(new - to) || strncmp(path, to, folder) != 0)
        return false;
    for (size_t i = 0; i < ELEMENTS(forms); i++)
        if (is_built(new, forms[i][0], old, strlen(old), forms[i][1]))
            return true;
    return false;
}

static uint64_t since(const struct held *held)
{
    return held->created ? held->created_ns : held->deed.wall_ns;
}

static bool is_due(const struct held *held, uint64_t wall_ns)
{
    return !is_within(wall_ns, since(held), HELD_NS);
}

// The one that `deed` goes on with; NULL.
static struct held *find(struct saves *saves, const struct deed *deed, bool created,
                         const char *name)
{
    for (size_t i = 0; i < saves->n_held; i++) {
        struct held *held = &saves->held[i];
        const char *its = created ? held->deed.to : held->deed.object;
        if (held->deed.pid == deed->pid && held->deed.auid == deed->auid &&
            held->created == created && held->deed.medium == deed->medium && text_equal(its, name))
            return held;
    }
    return NULL;
}

// Out of the list, and out as a row: a save, or the renaming that it was.
static int give(struct trail *trail, struct held *held, struct trail_rows *rows)
{
    struct saves *saves = &trail->saves;
    CLEANUP(deed_clear) struct deed deed = held->deed;
    bool created = held->created;
    if (created)
        deed.wall_ns = held->created_ns;
    saves->n_held--;
    memmove(held, held + 1, (size_t)(&saves->held[saves->n_held] - held) * sizeof *held);
    if (!created)
        return folds_take(trail, &deed, rows);
    deed.kind = deed.medium ? FACT_MEDIUM_WRITTEN : FACT_FILE_WRITTEN;
    deed.moved_aside = true;
    if (deed.steps == 0)
        deed.steps = 2;
    return deed_give(trail, &deed, rows);
}

static int hold(struct trail *trail, struct deed *deed, struct trail_rows *rows)
{
    struct saves *saves = &trail->saves;
    int r = saves->n_held == HELD_MAX ? give(trail, &saves->held[0], rows) : 0;
    if (r < 0)
        return r;
    saves->held[saves->n_held++] = (struct held){.deed = *deed};
    *deed = (struct deed){0};
    return 0;
}

// ---- What is done -------------------------------------------------------------------------------

// The copy that was moved aside goes before there is a new file: it is no save.
static int let_go(struct trail *trail, const struct deed *deed, struct trail_rows *rows)
{
    struct saves *saves = &trail->saves;
    if (deed->act != ACT_RENAME && deed->act != ACT_DELETE)
        return 0;
    for (size_t i = 0; i < saves->n_held; i++) {
        struct held *held = &saves->held[i];
        if (!held->created && text_equal(held->deed.to, deed->object))
            return give(trail, held, rows);
    }
    return 0;
}

static void note_successor(struct held *held, const struct deed *deed, bool *ret_taken)
{
    held->created = true;
    held->created_ns = deed->wall_ns;
    *ret_taken = true;
}

static int take_rename(struct trail *trail, struct deed *deed, struct trail_rows *rows,
                       bool *ret_taken)
{
    bool created = take_creation(trail, deed);
    struct held *held = created ? find(&trail->saves, deed, false, deed->to) : NULL;
    if (held) {
        note_successor(held, deed, ret_taken);
        return 0;
    }
    if (created && deed->replaced) {
        free(deed->object);
        deed->object = TAKE_PTR(deed->to);
        deed->kind = deed->medium ? FACT_MEDIUM_WRITTEN : FACT_FILE_WRITTEN;
        deed->renamed_into = true;
        deed->replaced = false;
        return 0;
    }
    if (deed->folder || !is_backup(deed->object, deed->to))
        return 0;
    int r = hold(trail, deed, rows);
    if (r == 0)
        *ret_taken = true;
    return r;
}

static void take_create(struct trail *trail, const struct deed *deed, bool *ret_taken)
{
    if (deed->folder || deed->to)
        return;
    struct held *held = find(&trail->saves, deed, false, deed->object);
    if (held) {
        note_successor(held, deed, ret_taken);
        return;
    }
    note_creation(trail, deed);
}

// The copy that was moved aside is not wanted any more.
static int take_delete(struct trail *trail, const struct deed *deed, struct trail_rows *rows,
                       bool *ret_taken)
{
    struct held *held = find(&trail->saves, deed, true, deed->object);
    if (!held)
        return 0;
    // Where an older copy stood, that one is gone for good, and its deletion is told.
    if (!held->deed.replaced) {
        free(TAKE_PTR(held->deed.to));
        held->deed.steps = 3;
        *ret_taken = true;
    }
    return give(trail, held, rows);
}

int saves_take(struct trail *trail, struct deed *deed, struct trail_rows *rows, bool *ret_taken)
{
    // A name that says no place may be anything's.
    if (!deed_can_be_kept(deed) || deed->way == WAY_UNRESOLVED)
        return 0;
    int r = let_go(trail, deed, rows);
    if (r < 0)
        return r;
    if (deed->act == ACT_RENAME)
        return take_rename(trail, deed, rows, ret_taken);
    if (deed->act == ACT_DELETE)
        return take_delete(trail, deed, rows, ret_taken);
    if (deed->act == ACT_CREATE)
        take_create(trail, deed, ret_taken);
    return 0;
}

int saves_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows)
{
    struct saves *saves = &trail->saves;
    int r = 0;
    for (size_t i = 0; i < saves->n_held && r == 0;) {
        if (is_due(&saves->held[i], wall_ns))
            r = give(trail, &saves->held[i], rows);
        else
            i++;
    }
    forget_old_creations(saves, wall_ns);
    return r;
}

uint64_t saves_due_ns(const struct saves *saves)
{
    uint64_t due = UINT64_MAX;
    for (size_t i = 0; i < saves->n_held; i++)
        if (since(&saves->held[i]) + HELD_NS + 1 < due)
            due = since(&saves->held[i]) + HELD_NS + 1;
    return due;
}

void saves_clear(struct saves *saves)
{
    for (size_t i = 0; i < saves->n_held; i++)
        deed_clear(&saves->held[i].deed);
    *saves = (struct saves){0};
}
