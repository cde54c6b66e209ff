// SPDX-License-Identifier: GPL-3.0-or-later
// What was done with a file: from the event to its row.
#include "base/text.h"
#include "trail/number.h"
#include "trail/state.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

// The programs that hand a file over to the printers.
static const char *const printing[] = {"/usr/bin/lp", "/usr/bin/lpr"};

void deed_clear(struct deed *deed)
{
    free(deed->exe);
    free(deed->object);
    free(deed->to);
    *deed = (struct deed){0};
}

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

bool deed_can_be_kept(const struct deed *deed)
{
    return length_of(deed->exe) + length_of(deed->object) + length_of(deed->to) <= DEED_TEXT_MAX;
}

// ---- From the event -----------------------------------------------------------------------------

static bool is_printing(const struct audit_event *event)
{
    for (size_t i = 0; i < ELEMENTS(printing); i++)
        if (text_equal(event->exe, printing[i]))
            return true;
    return false;
}

// false: it is nothing for the ledger.
static bool kind_of(const struct audit_event *event, bool medium, enum fact_kind *ret)
{
    switch (event->act) {
    case ACT_READ:
        *ret = is_printing(event) ? FACT_FILE_PRINTED : FACT_FILE_READ;
        return !medium;
    case ACT_WRITE:
        *ret = medium ? FACT_MEDIUM_WRITTEN : FACT_FILE_WRITTEN;
        return true;
    case ACT_CREATE:
        *ret = medium ? FACT_MEDIUM_WRITTEN : FACT_FILE_CREATED;
        return true;
    case ACT_DELETE:
        *ret = FACT_FILE_DELETED;
        return true;
    case ACT_RENAME:
        *ret = FACT_FILE_RENAMED;
        return true;
    case ACT_CHANGE:
        *ret = FACT_FILE_CHANGED;
        return !medium;
    case ACT_LOGIN:
    case ACT_LOGIN_FAILED:
    case ACT_LOGIN_REFUSED:
    case ACT_LOGOUT:
    case ACT_AUDIT_STARTED:
    case ACT_AUDIT_ENDED:
    case ACT_AUDIT_RESUMED:
    case ACT_AUDIT_TROUBLE:
    case ACT_AUDIT_CHANGED:
    case ACT_AUDIT_TORN:
    case ACT_MAX:
        break;
    }
    return false;
}

// What no name was found for is told by its inode.
static int name_of(const struct trail *trail, const struct audit_path *path, char **ret)
{
    if (path->text)
        return number_mask(path->text, trail->settings.key, ret);
    char *name = path->inode ? text_format("? (inode %" PRIu64 ")", path->inode) : text_dup("?");
    if (!name)
        return -ENOMEM;
    *ret = name;
    return 0;
}

static enum audit_way way_of(const struct audit_path *path)
{
    return path->text && path->way != WAY_NONE ? path->way : WAY_UNRESOLVED;
}

static int set_names(const struct trail *trail, const struct audit_event *event, struct deed *deed)
{
    int r = name_of(trail, &event->path, &deed->object);
    if (r < 0)
        return r;
    deed->way = way_of(&event->path);
    if (deed->way != WAY_WHOLE)
        deed->inode = event->path.inode;
    if (event->exe) {
        r = number_mask(event->exe, trail->settings.key, &deed->exe);
        if (r < 0)
            return r;
    }
    if (event->act != ACT_RENAME && !event->to.text)
        return 0;
    if (way_of(&event->to) > deed->way)
        deed->way = way_of(&event->to);
    return name_of(trail, &event->to, &deed->to);
}

// ---- To the row ---------------------------------------------------------------------------------

static void describe(const struct deed *deed, json_object *details)
{
    json_add_text(details, "to", deed->to);
    if (deed->replaced)
        json_add_bool(details, "replaced", true);
    if (deed->renamed_into || deed->moved_aside)
        json_add_text(details, "saved", deed->renamed_into ? "rename" : "backup");
    if (deed->steps > 1)
        json_add_number(details, "steps", deed->steps);
    if (deed->way != WAY_WHOLE)
        json_add_text(details, "path", deed->way == WAY_DESCRIPTOR ? "descriptor" : "unresolved");
    if (deed->folder)
        json_add_bool(details, "folder", true);
}

int deed_row(const struct trail *trail, const struct deed *deed, uint64_t wall_ns,
             struct fact **ret)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    const struct actor actor = {deed->auid, deed->session, deed->pid, deed->exe};
    int r = row_new(trail, deed->kind, wall_ns, &fact);
    if (r < 0)
        return r;
    if (deed->refused)
        fact->severity = SEVERITY_NOTICE;
    if (row_sign(trail, &actor, fact) < 0 || text_set(&fact->object, deed->object) < 0 ||
        text_set(&fact->outcome, deed->refused ? "refused" : "done") < 0)
        return -ENOMEM;
    *ret = TAKE_PTR(fact);
    return 0;
}

int deed_give(struct trail *trail, const struct deed *deed, struct trail_rows *rows)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    CLEANUP_JSON json_object *details = NULL;
    int r = deed_row(trail, deed, deed->wall_ns, &fact);
    if (r == 0)
        r = json_new(&details);
    if (r < 0)
        return r;
    describe(deed, details);
    r = strangers_judge(trail, deed, fact, details);
    if (r < 0)
        return r;
    return row_give(trail, rows, TAKE_PTR(fact), TAKE_PTR(details));
}

// Of what was refused anywhere only what names a protected folder is of interest; the rules for
// the folders themselves have seen all else.
static int is_watched(const struct trail *trail, const struct audit_event *event, bool *ret)
{
    const struct audit_path *const paths[] = {&event->path, &event->to};
    bool watched =
        text_equal(event->key, TRAIL_KEY_MEDIUM) || text_equal(event->key, TRAIL_KEY_FILES);
    int r = 0;
    if (text_equal(event->key, TRAIL_KEY_REFUSED) && event->error != 0)
        for (size_t i = 0; i < ELEMENTS(paths) && r == 0 && !watched; i++)
            if (paths[i]->text && paths[i]->way != WAY_UNRESOLVED)
                r = protected_holds(&trail->settings, paths[i]->text, &watched);
    if (r == 0)
        *ret = watched;
    return r;
}

int files_take(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    bool medium = text_equal(event->key, TRAIL_KEY_MEDIUM), watched = false, taken = false;
    bool refused = event->error == EACCES || event->error == EPERM;
    enum fact_kind kind;
    int r = is_watched(trail, event, &watched);
    if (r < 0 || !watched || (event->error != 0 && !refused) || !kind_of(event, medium, &kind))
        return r;

    CLEANUP(deed_clear)
    struct deed deed = {
        .kind = kind,
        .act = event->act,
        .refused = refused,
        .replaced = event->replaced,
        .folder = event->folder,
        .medium = medium,
        .auid = event->auid,
        .session = event->session,
        .pid = event->pid,
        .wall_ns = event->wall_ns,
    };
    r = set_names(trail, event, &deed);
    if (r < 0)
        return r;
    if (!refused)
        r = saves_take(trail, &deed, rows, &taken);
    return r < 0 || taken ? r : folds_take(trail, &deed, rows);
}
