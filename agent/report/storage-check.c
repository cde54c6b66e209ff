// SPDX-License-Identifier: GPL-3.0-or-later
// The protected folders themselves, and the list of checks.
#include "report/storage-check.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/storage-check-parts.h"

#include <errno.h>

int storage_give_unprotected(const struct check_sources *sources, struct check_result *ret)
{
    const struct policy *policy = sources->policy;
    if (policy && policy->n_folders > 0)
        return 0;
    int r = policy ? check_give(ret, FINDING_UNVERIFIED,
                                text_dup(_("the policy names no protected folder")),
                                text_dup(_("name the folders that hold protected data in "
                                           "“files.protected” of the policy")))
                   : check_give(ret, FINDING_UNVERIFIED,
                                text_dup(_("there is no policy that can be read")),
                                text_dup(_("“sekisho policy check” says why, as root")));
    return r < 0 ? r : 1;
}

json_object *storage_find_folder(json_object *facts, const char *folder)
{
    json_object *folders = json_get(facts, "folders");
    size_t n =
        json_object_is_type(folders, json_type_array) ? json_object_array_length(folders) : 0;
    for (size_t i = 0; i < n; i++) {
        json_object *found = json_object_array_get_idx(folders, i);
        if (text_equal(json_get_text(found, "folder"), folder))
            return found;
    }
    return NULL;
}

static int look_at_encryption(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    CLEANUP(storage_tally_clear) struct storage_tally tally = {0};
    const struct policy *policy = sources->policy;
    json_object *facts = sources->storage.facts;
    (void)check;
    int r = storage_give_unprotected(sources, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    if (!facts)
        return check_give_unseen(&sources->storage, ret);
    r = storage_tally_begin(&tally, facts);
    for (size_t i = 0; r == 0 && i < policy->n_folders; i++)
        r = storage_tally_add(&tally, policy->folders[i],
                              storage_find_folder(facts, policy->folders[i]));
    if (r < 0)
        return r;
    return storage_tally_give(
        &tally,
        _("move the folder to where it is encrypted on every way down to the disk "
          "(LUKS2, fscrypt, gocryptfs): sekisho-storage(7)"),
        ret);
}

const struct check storage_checks[] = {
    {STORAGE_CLAUSE, "storage.encrypted", look_at_encryption, NULL},
    {STORAGE_CLAUSE, "storage.readers", storage_look_at_readers, NULL},
    {STORAGE_CLAUSE, "storage.swap", storage_look_at_swap, NULL},
    {STORAGE_CLAUSE, "storage.temporary", storage_look_at_temporary, NULL},
    {STORAGE_CLAUSE, "storage.hibernation", storage_look_at_hibernation, NULL},
};
const size_t storage_n_checks = ELEMENTS(storage_checks);
