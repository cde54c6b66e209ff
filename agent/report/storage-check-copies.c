// SPDX-License-Identifier: GPL-3.0-or-later
// Where copies of protected data go without being asked: swap, temporary folders, and the image of
// a hibernation.
#include "report/storage-check-parts.h"

#include "base/i18n.h"
#include "base/text.h"

#include <errno.h>

// ---- Swap --------------------------------------------------------------------------------------

static int give_swap(const struct chain *swap, struct check_result *ret)
{
    switch (swap->state) {
    case CHAIN_ENCRYPTED:
        return check_give(ret, FINDING_OK, text_format(_("encrypted: %s"), swap->leg), NULL);
    case CHAIN_PLAIN:
        return check_give_about(
            ret, FINDING_VIOLATION, text_format(_("not encrypted: %s"), swap->leg),
            text_dup(_("“sudo swapoff -a”, then encrypt it: the options “swap” and a key from "
                       "/dev/urandom in crypttab(5), or swap inside the LUKS volume")),
            text_dup("plain"));
    case CHAIN_UNKNOWN:
    case CHAIN_STATE_MAX:
        break;
    }
    return check_give(ret, FINDING_UNVERIFIED,
                      text_format(_("nobody can tell whether encrypted: %s"),
                                  swap->leg ? swap->leg : "/proc/swaps"),
                      text_dup(_("run “sekisho check” as root; which stacks can be told apart is "
                                 "said in sekisho-storage(7)")));
}

int storage_look_at_swap(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    CLEANUP(chain_clear) struct chain swap = {0};
    (void)check;
    if (!sources->storage.facts)
        return check_give_unseen(&sources->storage, ret);
    int r = chain_judge_swaps(sources->storage.facts, &swap);
    if (r < 0)
        return r;
    if (swap.state == CHAIN_ENCRYPTED && !swap.leg)
        return check_give(ret, FINDING_NOT_APPLICABLE, text_dup(_("there is no swap")), NULL);
    return give_swap(&swap, ret);
}

// ---- Temporary folders -------------------------------------------------------------------------

static int add_temporary(struct storage_tally *tally, json_object *list, size_t *n)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
        json_object *found = json_object_array_get_idx(list, i);
        const char *folder = json_get_text(found, "folder");
        if (text_equal(json_get_text(found, "error"), "ENOENT"))
            continue;
        r = storage_tally_add(tally, folder ? folder : "?", found);
        ++*n;
    }
    return r;
}

int storage_look_at_temporary(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    CLEANUP(storage_tally_clear) struct storage_tally tally = {0};
    json_object *list = json_get(sources->storage.facts, "temporary");
    size_t n = 0;
    (void)check;
    if (!sources->storage.facts)
        return check_give_unseen(&sources->storage, ret);
    int r = storage_tally_begin(&tally, sources->storage.facts);
    if (r == 0 && json_object_is_type(list, json_type_array))
        r = add_temporary(&tally, list, &n);
    if (r == 0 && n == 0) // each machine has a /tmp: nobody looked
        r = storage_tally_add(&tally, "/tmp", NULL);
    if (r < 0)
        return r;
    return storage_tally_give(
        &tally,
        _("programs put copies there: encrypt the disk of the system, or mount them "
          "as tmpfs with encrypted swap or none"),
        ret);
}

// ---- Hibernation -------------------------------------------------------------------------------

static int give_image(const struct chain *image, const char *fallback, struct check_result *ret)
{
    const char *leg = image->leg ? image->leg : fallback;
    if (image->state == CHAIN_ENCRYPTED)
        return check_give(ret, FINDING_OK, text_format(_("encrypted: %s"), leg), NULL);
    const char *remedy =
        _("forbid it: “sudo systemctl mask hibernate.target hybrid-sleep.target "
          "suspend-then-hibernate.target” and “nohibernate” on the kernel's command line; "
          "or keep its swap encrypted");
    if (image->state == CHAIN_PLAIN)
        return check_give_about(ret, FINDING_VIOLATION,
                                text_format(_("all memory would be written to %s"), leg),
                                text_dup(remedy), text_dup("plain"));
    return check_give(ret, FINDING_UNVERIFIED,
                      text_format(_("nobody can tell whether encrypted: %s"), leg),
                      text_dup(remedy));
}

// The image goes to the device that is named, or to any swap.
static int judge_image(json_object *facts, json_object *hibernation, struct chain *ret)
{
    CLEANUP(chain_clear) struct chain swap = {0}, named = {0};
    int r = chain_judge_swaps(facts, &swap);
    if (r == 0 && json_get(hibernation, "on"))
        r = chain_judge(json_get(hibernation, "on"), NULL, &named);
    if (r < 0)
        return r;
    bool same = named.state == swap.state && !swap.leg;
    struct chain *worse = named.leg && (named.state > swap.state || same) ? &named : &swap;
    *ret = *worse;
    *worse = (struct chain){0};
    return 0;
}

int storage_look_at_hibernation(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    json_object *hibernation = json_get(sources->storage.facts, "hibernation");
    CLEANUP(chain_clear) struct chain image = {0};
    (void)check;
    if (!sources->storage.facts)
        return check_give_unseen(&sources->storage, ret);
    const char *error = json_get_text(hibernation, "error");
    if (error || !json_get(hibernation, "able"))
        return give_image(&(struct chain){.state = CHAIN_UNKNOWN}, error ? error : "/sys/power",
                          ret);
    if (!json_get_bool(hibernation, "able"))
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("this kernel does not hibernate")), NULL);
    int r = judge_image(sources->storage.facts, hibernation, &image);
    if (r < 0)
        return r;
    if (image.state == CHAIN_ENCRYPTED && !image.leg)
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("there is no swap that memory could be written to")), NULL);
    return give_image(&image, "/proc/swaps", ret);
}
