// SPDX-License-Identifier: GPL-3.0-or-later
// Who is no handler of the folder that a file lies in. Of one person, folder and day the first row
// is the violation, which alerts and is sealed at once; the further ones say the same and are
// warnings: whoever copies a whole folder must not bury the alert, nor slow the ledger, with it.
#include "base/text.h"
#include "trail/state.h"

#include <errno.h>
#include <string.h>

// The protected folder that the name leads into; NULL: none.
static int folder_of(const struct trail *trail, const char *path, const char **ret)
{
    const struct trail_settings *settings = &trail->settings;
    for (size_t i = 0; path && i < settings->n_folders; i++) {
        bool holds = false;
        const struct trail_settings one = {.folders = &settings->folders[i], .n_folders = 1};
        int r = protected_holds(&one, path, &holds);
        if (r < 0)
            return r;
        if (holds) {
            *ret = settings->folders[i];
            return 0;
        }
    }
    return 0;
}

static bool is_known(const struct trail *trail, uint32_t auid, const char *folder, const char *day)
{
    for (size_t i = 0; i < STRANGERS_MAX; i++) {
        const struct stranger *known = &trail->strangers.items[i];
        if (known->auid == auid && text_equal(known->day, day) && text_equal(known->folder, folder))
            return true;
    }
    return false;
}

static int remember(struct trail *trail, uint32_t auid, const char *folder, const char *day)
{
    struct strangers *strangers = &trail->strangers;
    struct stranger *one = &strangers->items[strangers->next++ % STRANGERS_MAX];
    int r = text_set(&one->folder, folder);
    if (r < 0)
        return r;
    one->auid = auid;
    text_copy(one->day, sizeof one->day, day);
    return 0;
}

void strangers_clear(struct strangers *strangers)
{
    for (size_t i = 0; i < STRANGERS_MAX; i++)
        free(strangers->items[i].folder);
    *strangers = (struct strangers){0};
}

int strangers_judge(struct trail *trail, const struct deed *deed, struct fact *fact,
                    json_object *details)
{
    const struct trail_settings *settings = &trail->settings;
    const char *folder = NULL;
    char day[DAY_TEXT_SIZE];
    if (!settings->is_stranger || deed->auid == UINT32_MAX || deed->medium)
        return 0; // without a login it is no person: the antivirus, the backup
    int r = folder_of(trail, deed->object, &folder);
    if (r == 0 && !folder)
        r = folder_of(trail, deed->to, &folder);
    if (r < 0 || !folder ||
        !settings->is_stranger(settings->strangers, deed->auid, fact->user, folder))
        return r;
    moment_to_day(deed->wall_ns, day);
    fact->severity = SEVERITY_WARNING;
    json_add_text(details, "reason", "not-a-handler");
    json_add_text(details, "protected", folder);
    if (is_known(trail, deed->auid, folder, day))
        return 0;
    fact->severity = SEVERITY_VIOLATION;
    return remember(trail, deed->auid, folder, day);
}
