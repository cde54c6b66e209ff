// SPDX-License-Identifier: GPL-3.0-or-later
// Who may read the protected folders, against those who work with them by the policy.
#include "report/storage-check-parts.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/storage-people.h"

#include <errno.h>
#include <string.h>

#define FOLDERS_SHOWN 3
#define NAMES_SHOWN 8

// From good to bad; the worst of all folders decides.
enum reading {
    READING_OK,
    READING_UNSEEN,    // nobody can tell who may
    READING_UNHANDLED, // the policy does not say who should
    READING_STRANGERS, // somebody who is no handler
    READING_WORLD,     // anybody
    READING_MAX,
};

struct survey {
    const struct check_sources *sources;
    struct people people;
    bool people_whole; // nobody but those of the files can have an account
    struct notes found[READING_MAX];
    struct notes subject;
    enum reading worst;
};

static void survey_clear(struct survey *survey)
{
    people_clear(&survey->people);
    for (size_t i = 0; i < READING_MAX; i++)
        notes_clear(&survey->found[i]);
    notes_clear(&survey->subject);
}

// ---- One folder --------------------------------------------------------------------------------

struct readers {
    struct notes all;              // names, for the subject
    struct notes shown, strangers; // … as many as are told
};

static void readers_clear(struct readers *readers)
{
    notes_clear(&readers->all);
    notes_clear(&readers->shown);
    notes_clear(&readers->strangers);
}

static const struct handlers *find_handlers(const struct policy *policy, const char *folder)
{
    for (size_t i = 0; i < policy->n_handlers; i++)
        if (strcmp(policy->handlers[i]->folder, folder) == 0)
            return policy->handlers[i];
    return NULL;
}

static bool is_handler(const struct survey *survey, const struct handlers *handlers,
                       const struct person *person)
{
    if (person->named && policy_names_have(&handlers->users, person->name))
        return true;
    for (size_t i = 0; person->named && i < handlers->groups.n; i++)
        if (person_is_in(&survey->people, person, handlers->groups.items[i]))
            return true;
    return false;
}

static int note_readers(const struct survey *survey, const struct handlers *handlers,
                        const struct people *people, json_object *steps, struct readers *readers)
{
    for (size_t i = 0; i < people->n; i++) {
        const struct person *person = &people->items[i];
        int r = person_may_read(person, steps);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        notes_add(&readers->all, "%s", person->name);
        notes_add(&readers->shown, "%s", person->name);
        if (handlers && !is_handler(survey, handlers, person))
            notes_add(&readers->strangers, "%s", person->name);
    }
    return 0;
}

static enum reading judge(const struct survey *survey, const struct handlers *handlers,
                          const struct readers *readers)
{
    if (readers->strangers.n > 0)
        return READING_STRANGERS;
    if (!survey->people_whole)
        return READING_UNSEEN;
    return handlers ? READING_OK : READING_UNHANDLED;
}

static int note_folder(struct survey *survey, const char *folder, enum reading reading,
                       const char *names)
{
    if (reading > survey->worst)
        survey->worst = reading;
    if (!names)
        return -ENOMEM;
    notes_add(&survey->found[reading], "%s: %s", folder, names[0] ? names : "root");
    return 0;
}

// The subject names everybody: one more is a change, whatever the finding.
static int add_readers(struct survey *survey, const char *folder, json_object *steps,
                       struct readers *readers)
{
    const struct handlers *handlers = find_handlers(survey->sources->policy, folder);
    CLEANUP(people_clear) struct people numbers = {0};
    int r = people_of_numbers(&survey->people, steps, &numbers);
    if (r == 0)
        r = note_readers(survey, handlers, &survey->people, steps, readers);
    if (r == 0)
        r = note_readers(survey, handlers, &numbers, steps, readers);
    if (r < 0)
        return r;
    enum reading reading = judge(survey, handlers, readers);
    bool strange = reading == READING_STRANGERS;
    CLEANUP_FREE char *all = notes_end(&readers->all);
    CLEANUP_FREE char *told = notes_end(strange ? &readers->strangers : &readers->shown);
    if (!all)
        return -ENOMEM;
    notes_add(&survey->subject, "%s: %s", folder, all);
    return note_folder(survey, folder, reading, told);
}

static int add_folder(struct survey *survey, const char *folder)
{
    json_object *found = storage_find_folder(survey->sources->storage.facts, folder);
    json_object *steps = json_get(found, "steps");
    const char *error = json_get_text(found, "error");
    int world = json_get_bool(found, "steps_whole") ? person_may_read(NULL, steps) : -EBADMSG;
    if (world < 0)
        return note_folder(survey, folder, READING_UNSEEN, error ? error : "?");
    if (world > 0) {
        notes_add(&survey->subject, "%s: *", folder);
        return note_folder(survey, folder, READING_WORLD, "*");
    }
    if (!survey->people.items)
        return note_folder(survey, folder, READING_UNSEEN, "/etc/passwd, /etc/group");
    CLEANUP(readers_clear) struct readers readers = {0};
    int r = notes_begin(&readers.all, SIZE_MAX);
    if (r == 0)
        r = notes_begin(&readers.shown, NAMES_SHOWN);
    if (r == 0)
        r = notes_begin(&readers.strangers, NAMES_SHOWN);
    return r < 0 ? r : add_readers(survey, folder, steps, &readers);
}

// ---- All of them -------------------------------------------------------------------------------

// Words of nsswitch.conf behind which stands no other list of accounts: "[!UNAVAIL=return]" is
// none.
static bool are_files_all(json_object *facts)
{
    static const char *const known[] = {"files", "systemd", "compat"};
    json_object *sources = json_get(facts, "sources");
    bool all = json_object_is_type(sources, json_type_array) && !json_get(facts, "sources_error");
    for (size_t i = 0; all && i < json_object_array_length(sources); i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(sources, i));
        all = word[0] == '[';
        for (size_t j = 0; !all && j < ELEMENTS(known); j++)
            all = strcmp(word, known[j]) == 0;
    }
    return all;
}

static int survey_begin(struct survey *survey, const struct check_sources *sources)
{
    int r = people_read(sources->storage.facts, &survey->people);
    survey->sources = sources;
    survey->people_whole = r == 0 && are_files_all(sources->storage.facts);
    if (r == -EBADMSG) // the world's rights can be told without names
        r = 0;
    for (size_t i = 0; r == 0 && i < READING_MAX; i++)
        r = notes_begin(&survey->found[i], FOLDERS_SHOWN);
    return r < 0 ? r : notes_begin(&survey->subject, SIZE_MAX);
}

static char *describe(enum reading reading, const char *found)
{
    switch (reading) {
    case READING_OK:
        return text_format(_("only handlers may read: %s"), found);
    case READING_UNSEEN:
        return text_format(_("nobody can tell who may read: %s"), found);
    case READING_UNHANDLED:
        return text_format(_("the policy names no handlers; who may read: %s"), found);
    case READING_STRANGERS:
        return text_format(_("may read and are no handlers: %s"), found);
    case READING_WORLD:
        return text_format(_("anybody may read: %s"), found);
    case READING_MAX:
        break;
    }
    return NULL;
}

static const char *remedy_for(enum reading reading)
{
    static const char *const remedies[] = {
        [READING_UNSEEN] = N_("run “sekisho check” as root; accounts of a directory service "
                              "(nsswitch.conf) are not seen"),
        [READING_UNHANDLED] = N_("name those who work with the folder in “files.handlers” of the "
                                 "policy"),
        [READING_STRANGERS] = N_("take their rights away (chmod, setfacl, gpasswd -d), or name "
                                 "them in “files.handlers” of the policy"),
        [READING_WORLD] = N_("take the rights of others away: “sudo chmod o-rwx FOLDER”"),
    };
    return reading == READING_OK ? NULL : _(remedies[reading]);
}

static int give(struct survey *survey, struct check_result *ret)
{
    static const enum finding_value values[] = {
        [READING_OK] = FINDING_OK,
        [READING_UNSEEN] = FINDING_UNVERIFIED,
        [READING_UNHANDLED] = FINDING_UNVERIFIED,
        [READING_STRANGERS] = FINDING_VIOLATION,
        [READING_WORLD] = FINDING_VIOLATION,
    };
    enum reading worst = survey->worst;
    CLEANUP_FREE char *found = notes_end(&survey->found[worst]);
    const char *remedy = remedy_for(worst);
    return check_give_about(ret, values[worst], found ? describe(worst, found) : NULL,
                            remedy ? text_dup(remedy) : NULL, notes_end_subject(&survey->subject));
}

int storage_look_at_readers(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    CLEANUP(survey_clear) struct survey survey = {0};
    (void)check;
    int r = storage_give_unprotected(sources, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    if (!sources->storage.facts)
        return check_give_unseen(&sources->storage, ret);
    r = survey_begin(&survey, sources);
    for (size_t i = 0; r == 0 && i < sources->policy->n_folders; i++)
        r = add_folder(&survey, sources->policy->folders[i]);
    return r < 0 ? r : give(&survey, ret);
}
