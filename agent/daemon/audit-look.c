// SPDX-License-Identifier: GPL-3.0-or-later
// Wanted beside found: what is missing is put back.
#include "daemon/audit-look.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/audit-file.h"

#include <errno.h>
#include <string.h>

// What one look works with.
struct step {
    struct audit_look *look;
    struct audit_memory *memory;
    struct audit_places places;
    struct audit_rules wanted, lasting, found; // lasting: for the file, without media
    struct audit_difference difference;
    struct audit_seen seen;
    char hash[DIGEST_TEXT_SIZE]; // of what is wanted
};

void audit_look_clear(struct audit_look *look)
{
    audit_places_clear(&look->places);
    audit_rules_clear(&look->had);
}

void audit_seen_clear(struct audit_seen *seen)
{
    free(seen->folder);
    *seen = (struct audit_seen){0};
}

static void step_clear(struct step *step)
{
    audit_places_clear(&step->places);
    audit_difference_clear(&step->difference);
    audit_rules_clear(&step->wanted);
    audit_rules_clear(&step->lasting);
    audit_rules_clear(&step->found);
    audit_seen_clear(&step->seen);
}

static int add_spot(struct step *step, const struct audit_spot *spot, bool uring)
{
    if (spot->is_medium)
        return audit_rules_add_medium(&step->wanted, spot->path, uring);
    int r = audit_rules_add_folder(&step->wanted, spot->path, uring);
    return r < 0 ? r : audit_rules_add_folder(&step->lasting, spot->path, false);
}

// The rules, and the mounts that they lie on.
static int hash_wanted(struct step *step)
{
    char *text = NULL;
    size_t length = 0;
    uint8_t hash[DIGEST_SIZE];
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i < step->places.n; i++)
        fprintf(out, "%llu %llu ", (unsigned long long)step->places.items[i].mount,
                (unsigned long long)step->places.items[i].inode);
    for (size_t i = 0; i < step->wanted.n; i++)
        fwrite(step->wanted.items[i], audit_rule_length(step->wanted.items[i]), 1, out);
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    digest_of(text, length, hash);
    free(text);
    text_hex(hash, sizeof hash, step->hash);
    return 0;
}

static bool has_folder(const struct audit_places *places)
{
    for (size_t i = 0; i < places->n; i++)
        if (!places->items[i].is_medium)
            return true;
    return false;
}

// First, so that it comes to stand behind the folders' rules, in the kernel and by the file.
static int add_refused(struct step *step, bool uring)
{
    if (!has_folder(&step->places))
        return 0;
    int r = audit_rules_add_refused(&step->wanted, uring);
    return r < 0 ? r : audit_rules_add_refused(&step->lasting, false);
}

// A folder that is not there is still the one that its rules are about.
static void keep_inodes(struct step *step)
{
    for (size_t i = 0; i < step->places.n; i++) {
        struct audit_spot *spot = &step->places.items[i];
        const struct audit_spot *before = audit_places_find(&step->look->places, spot->path);
        if (spot->inode == 0 && before)
            spot->inode = before->inode;
    }
}

static int want(struct step *step, const struct audit_places_sources *sources)
{
    int r = audit_places_read(sources, &step->places);
    if (r == 0)
        keep_inodes(step);
    if (r == 0)
        r = add_refused(step, !step->memory->no_uring);
    for (size_t i = 0; r == 0 && i < step->places.n; i++)
        r = add_spot(step, &step->places.items[i], !step->memory->no_uring);
    return r < 0 ? r : hash_wanted(step);
}

// Was this very rule in the kernel at the last look, with the same mount below it? Then the kernel
// has not lost it by itself, unless its folder is gone.
static bool was_there(const struct step *step, const struct audit_rule_data *rule)
{
    const struct audit_look *look = step->look;
    CLEANUP_FREE char *path = audit_rule_folder(rule);
    const struct audit_spot *now = path ? audit_places_find(&step->places, path) : NULL;
    const struct audit_spot *before = path ? audit_places_find(&look->places, path) : NULL;
    if (!look->looked) // the run before this one left them
        return strcmp(step->memory->rules, step->hash) == 0;
    if (!path)
        return audit_rules_hold(&look->had, rule);
    return now && before && now->mount == before->mount && audit_rules_hold(&look->had, rule);
}

// A rule goes with its folder: where that was moved away and another one made in its place, the
// kernel lists the rule as before, and watches the one that was moved.
static bool is_another(const struct step *step, const struct audit_rule_data *rule)
{
    CLEANUP_FREE char *path = audit_rule_folder(rule);
    const struct audit_spot *now = path ? audit_places_find(&step->places, path) : NULL;
    const struct audit_spot *before = path ? audit_places_find(&step->look->places, path) : NULL;
    if (!step->look->looked) // what the run before this one left may be about anything
        return path && step->memory->rules[0] && strcmp(step->memory->rules, step->hash) != 0;
    return now && before && now->mount == before->mount && now->inode != before->inode &&
           now->inode != 0 && before->inode != 0;
}

static void renew_moved(struct step *step)
{
    struct audit_difference *difference = &step->difference;
    for (size_t i = 0; i < step->wanted.n; i++) {
        const struct audit_rule_data *rule = step->wanted.items[i];
        if (!audit_rules_hold(&step->found, rule) || !is_another(step, rule))
            continue;
        difference->surplus[difference->n_surplus++] = rule;
        difference->missing[difference->n_missing++] = rule;
    }
}

static void note(struct step *step, enum audit_finding finding, const struct audit_rule_data *rule,
                 int error)
{
    if (step->seen.finding != AUDIT_FINDING_OK)
        return;
    step->seen.finding = finding;
    step->seen.folder = rule ? audit_rule_folder(rule) : NULL;
    step->seen.error = error;
}

static void drop_from_file(struct step *step, const struct audit_rule_data *rule)
{
    for (size_t i = 0; i < step->lasting.n; i++) {
        if (!audit_rule_is_same(step->lasting.items[i], rule))
            continue;
        free(step->lasting.items[i]);
        step->lasting.items[i] = step->lasting.items[--step->lasting.n];
        return;
    }
}

// What came of putting the missing rules in; those that were not there are not missed.
static void judge_change(struct step *step, const int *errors)
{
    step->seen.restored = step->seen.reloaded = true;
    step->seen.overruled = step->difference.overruled;
    for (size_t i = 0; i < step->difference.n_missing; i++) {
        const struct audit_rule_data *rule = step->difference.missing[i];
        if (errors[i] == -EINVAL && audit_rule_is_for_uring(rule)) {
            step->memory->no_uring = step->seen.no_uring = true;
            continue;
        }
        bool gone = errors[i] == -ENOENT || errors[i] == -ENOTDIR;
        if (errors[i] < 0)
            note(step, gone ? AUDIT_FINDING_NO_FOLDER : AUDIT_FINDING_FAILED, rule,
                 gone ? 0 : errors[i]);
        if (gone)
            drop_from_file(step, rule);
        else if (was_there(step, rule)) {
            step->seen.taken++;
            step->seen.reloaded &= audit_rule_is_for_uring(rule);
            step->seen.restored &= errors[i] == 0;
        }
    }
}

static int change(struct step *step)
{
    CLEANUP_FREE int *errors = calloc(step->difference.n_missing + 1, sizeof *errors);
    if (!errors)
        return -ENOMEM;
    int r = audit_change_rules(&step->difference, errors);
    if (r < 0)
        log_error("not all audit rules could be set: %s, trying again within a minute",
                  strerror(-r));
    judge_change(step, errors);
    return 0;
}

// What the kernel has now is what may be missed at the next look.
static int remember(struct step *step)
{
    struct audit_look *look = step->look;
    struct audit_rules found = {0};
    int r = audit_list_rules(&found);
    if (r < 0)
        return r;
    audit_rules_clear(&look->had);
    look->had = found;
    audit_places_clear(&look->places);
    look->places = step->places;
    step->places = (struct audit_places){0};
    bool whole = true;
    for (size_t i = 0; i < step->wanted.n; i++)
        whole &= audit_rules_hold(&look->had, step->wanted.items[i]);
    text_copy(step->memory->rules, sizeof step->memory->rules, whole ? step->hash : "");
    look->looked = true;
    return 0;
}

static int run(struct step *step, const struct audit_places_sources *sources, bool locked)
{
    int r = want(step, sources);
    if (r == 0)
        r = audit_list_rules(&step->found);
    if (r == 0)
        r = audit_rules_compare(&step->wanted, &step->found, &step->difference);
    if (r < 0)
        return r;
    renew_moved(step);
    bool differs = step->difference.n_missing + step->difference.n_surplus > 0;
    if (differs && locked)
        note(step, AUDIT_FINDING_LOCKED, NULL, 0);
    else if (differs)
        r = change(step);
    if (r < 0)
        return r;
    if (step->places.cut)
        note(step, AUDIT_FINDING_TOO_MANY, NULL, 0);
    if (step->difference.no_tasks)
        note(step, AUDIT_FINDING_NO_TASKS, NULL, 0);
    r = audit_file_write(&step->lasting);
    if (r < 0)
        log_error("cannot write %s/%s: %s; after a boot the rules come with sekishod",
                  AUDIT_RULES_FOLDER, AUDIT_RULES_FILE, strerror(-r));
    return remember(step);
}

int audit_look_run(struct audit_look *look, const struct audit_places_sources *sources,
                   struct audit_memory *memory, bool locked, struct audit_seen *ret)
{
    CLEANUP(step_clear) struct step step = {.look = look, .memory = memory};
    int r = run(&step, sources, locked);
    if (r < 0)
        return r;
    *ret = step.seen;
    step.seen = (struct audit_seen){0};
    return 0;
}
