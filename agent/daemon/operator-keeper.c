// SPDX-License-Identifier: GPL-3.0-or-later
// Four kinds of rows, each with all of the entry, and the list of what they leave.
#include "daemon/operator-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#define RECORD_SIZE 16384 // of one account, with its texts

// ---- Accounts ----------------------------------------------------------------------------------

// −ENOENT: there is none of that name. A directory service may have to be asked: a person waits.
static int find_account(const char *login, uint32_t *ret_uid)
{
    char buffer[RECORD_SIZE];
    struct passwd record, *found = NULL;
    int r = getpwnam_r(login, &record, buffer, sizeof buffer, &found);
    if (!found)
        return r > 0 && r != ENOENT ? -r : -ENOENT;
    *ret_uid = found->pw_uid;
    return 0;
}

static const char *account_of(const struct operator_entry *entry)
{
    uint32_t uid = 0;
    int r = find_account(entry->login, &uid);
    if (r < 0)
        return r == -ENOENT ? "missing" : "unknown";
    return uid == entry->uid ? "there" : "changed";
}

// ---- The register ------------------------------------------------------------------------------

static const struct operator_entry *find(const struct registers *registers, const char *login)
{
    size_t n;
    struct operator_entry *const *operators = registers_operators(registers, &n);
    for (size_t i = n; i-- > 0;)
        if (operators[i]->ended_ns == 0 && text_equal(operators[i]->login, login))
            return operators[i];
    return NULL;
}

static bool has_room(const struct registers *registers)
{
    size_t n;
    struct operator_entry *const *operators = registers_operators(registers, &n);
    for (size_t i = 0; n >= OPERATORS_MAX && i < n; i++)
        if (operators[i]->ended_ns != 0)
            return true;
    return n < OPERATORS_MAX;
}

// Somebody else had this login name, or this number, before: then old rows speak of two persons.
static bool is_reused(const struct registers *registers, const struct operator_entry *added)
{
    size_t n;
    struct operator_entry *const *operators = registers_operators(registers, &n);
    for (size_t i = 0; i < n; i++) {
        const struct operator_entry *old = operators[i];
        bool same = text_equal(old->login, added->login), number = old->uid == added->uid;
        if ((same || number) && (!same || !number || !text_equal(old->person, added->person)))
            return true;
    }
    return false;
}

bool operator_keeper_handles(const struct registers *registers, const char *login,
                             const char *folder, bool *ret_anybody)
{
    size_t n;
    struct operator_entry *const *operators = registers_operators(registers, &n);
    uint64_t now_ns = moment_now().wall_ns;
    bool handles = false;
    for (size_t i = 0; i < n; i++) {
        const struct operator_entry *entry = operators[i];
        bool is_over = entry->ended_ns != 0 || (entry->until_ns != 0 && now_ns >= entry->until_ns);
        if (is_over || !operator_has_folder(entry, folder))
            continue;
        *ret_anybody = true;
        handles |= text_equal(entry->login, login);
    }
    return handles;
}

// ---- Rows --------------------------------------------------------------------------------------

static int put(const struct operator_keeper *keeper, const struct bus_person *who,
               enum fact_kind kind, const struct operator_entry *entry, const char *outcome,
               uint64_t *ret_sequence, char **ret_why)
{
    CLEANUP_FREE char *json = NULL;
    int r = operator_to_json(entry, &json);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("A text is missing or too long, or the end lies before the "
                             "beginning."));
    struct fact *row = recorder_fact(kind, entry->login, outcome, NULL);
    if (row)
        row->details = TAKE_PTR(json);
    r = person_record(who, keeper->recorder, row, ret_sequence, ret_why);
    if (r == 0)
        keeper->changed(keeper->context);
    return r;
}

static int refuse_unknown(char **ret_why)
{
    return bus_refuse(-ENOENT, ret_why,
                      N_("Nobody is registered by this login name. See: sekisho operator list"));
}

// ---- What is asked for -------------------------------------------------------------------------

static int take_text(json_object *terms, const char *key, char **field)
{
    const char *text = json_get_text(terms, key);
    if (!text || text[0] == '\0')
        return 0;
    char *escaped = text_escape(text, strlen(text), OPERATOR_TEXT_MAX + 1);
    if (!escaped)
        return -ENOMEM;
    free(*field);
    *field = escaped;
    return 0;
}

static bool is_protected(const struct policy *policy, const char *folder)
{
    for (size_t i = 0; policy && i < policy->n_folders; i++)
        if (text_equal(policy->folders[i], folder))
            return true;
    return false;
}

static void drop_folders(struct operator_entry *entry)
{
    for (size_t i = 0; i < entry->n_folders; i++)
        free(entry->folders[i]);
    entry->n_folders = 0;
}

static int take_folders(const struct operator_keeper *keeper, json_object *terms,
                        struct operator_entry *entry, char **ret_why)
{
    const struct policy *policy = policy_store_get(keeper->policy);
    json_object *list = json_get(terms, "folders");
    if (!json_object_is_type(list, json_type_array))
        return 0;
    drop_folders(entry);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);
        const char *folder =
            json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
        if (!is_protected(policy, folder))
            return bus_refuse(-EINVAL, ret_why,
                              N_("A folder is none of those that the policy protects "
                                 "(files.protected); write it as it stands there."));
        int r = operator_add_folder(entry, folder);
        if (r < 0)
            return bus_refuse(r == -ENOSPC ? -EINVAL : r, ret_why, N_("Too many folders."));
    }
    return 0;
}

static int take_terms(const struct operator_keeper *keeper, json_object *terms,
                      struct operator_entry *entry, char **ret_why)
{
    if (json_get(terms, "from_ns"))
        entry->from_ns = json_get_number(terms, "from_ns");
    if (json_get(terms, "until_ns"))
        entry->until_ns = json_get_number(terms, "until_ns");
    if (entry->until_ns != 0 && entry->from_ns >= entry->until_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The term ends before it begins."));
    int r = take_text(terms, "person", &entry->person);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    return take_folders(keeper, terms, entry, ret_why);
}

// ---- Adding ------------------------------------------------------------------------------------

static int new_operator(const struct bus_person *who, const char *login,
                        struct operator_entry **ret, char **ret_why)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = calloc(1, sizeof *entry);
    if (!entry || text_set(&entry->login, login) < 0 || text_set(&entry->by, who->name) < 0)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    entry->by_uid = who->uid;
    entry->made_ns = moment_now().wall_ns;
    if (!operator_is_login(login))
        return bus_refuse(-EINVAL, ret_why, N_("This is no login name."));
    int r = find_account(login, &entry->uid);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("There is no account of this name on this PC. Make it first: "
                             "sudo adduser NAME"));
    if (entry->uid == 0)
        return bus_refuse(-EINVAL, ret_why,
                          N_("root is no person: register the account that the person logs in "
                             "with."));
    *ret = TAKE_PTR(entry);
    return 0;
}

int operator_keeper_add(const struct operator_keeper *keeper, const struct bus_person *who,
                        const char *login, json_object *terms, json_object **ret_answer,
                        char **ret_why)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = NULL;
    uint64_t sequence;
    if (!has_room(keeper->registers))
        return bus_refuse(-ENOSPC, ret_why,
                          N_("The register is full. Remove those who have left."));
    if (find(keeper->registers, login))
        return bus_refuse(-EEXIST, ret_why,
                          N_("Somebody is registered by this login name already. Change the entry, "
                             "or remove it first."));
    int r = new_operator(who, login, &entry, ret_why);
    if (r == 0)
        r = take_terms(keeper, terms, entry, ret_why);
    if (r < 0)
        return r;
    if (!entry->person)
        return bus_refuse(-EINVAL, ret_why, N_("The person's name is missing."));
    bool reused = is_reused(keeper->registers, entry);
    r = put(keeper, who, FACT_OPERATOR_ADDED, entry, reused ? "added again" : "added", &sequence,
            ret_why);
    if (r < 0)
        return r;
    *ret_answer = bus_answer_number(sequence);
    json_add_bool(*ret_answer, "reused", reused);
    return 0;
}

// ---- Changing ----------------------------------------------------------------------------------

static int copy_of(const struct operator_keeper *keeper, const char *login,
                   struct operator_entry **ret, char **ret_why)
{
    const struct operator_entry *entry = find(keeper->registers, login);
    if (!entry)
        return refuse_unknown(ret_why);
    int r = operator_copy(entry, ret);
    return r < 0 ? bus_refuse(r, ret_why, N_("No memory.")) : 0;
}

int operator_keeper_change(const struct operator_keeper *keeper, const struct bus_person *who,
                           const char *login, json_object *terms, json_object **ret_answer,
                           char **ret_why)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = NULL;
    uint64_t sequence;
    int r = copy_of(keeper, login, &entry, ret_why);
    if (r == 0)
        r = take_terms(keeper, terms, entry, ret_why);
    if (r == 0)
        r = put(keeper, who, FACT_OPERATOR_CHANGED, entry, "changed", &sequence, ret_why);
    if (r == 0)
        *ret_answer = bus_answer_number(sequence);
    return r;
}

// What has been attended, not what is planned: today counts, whatever the hour.
static bool lies_ahead(const char *date)
{
    uint64_t wall_ns;
    return moment_parse(date, &wall_ns) == 0 && wall_ns > moment_now().wall_ns;
}

int operator_keeper_train(const struct operator_keeper *keeper, const struct bus_person *who,
                          const char *login, json_object *terms, json_object **ret_answer,
                          char **ret_why)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = NULL;
    CLEANUP_FREE char *subject = NULL;
    const char *date = json_get_text(terms, "date");
    uint64_t sequence;
    int r = copy_of(keeper, login, &entry, ret_why);
    if (r < 0)
        return r;
    if (!date || lies_ahead(date))
        return bus_refuse(-EINVAL, ret_why,
                          N_("Give the date on which the training was attended; it cannot lie "
                             "ahead."));
    r = take_text(terms, "subject", &subject);
    if (r == 0)
        r = operator_add_training(entry, date, subject);
    if (r < 0)
        return bus_refuse(
            r, ret_why, r == -EINVAL ? N_("This is no date; write YYYY-MM-DD.") : N_("No memory."));
    r = put(keeper, who, FACT_OPERATOR_TRAINED, entry, "trained", &sequence, ret_why);
    if (r == 0)
        *ret_answer = bus_answer_number(sequence);
    return r;
}

int operator_keeper_remove(const struct operator_keeper *keeper, const struct bus_person *who,
                           const char *login, json_object *terms, json_object **ret_answer,
                           char **ret_why)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = NULL;
    uint64_t sequence;
    int r = copy_of(keeper, login, &entry, ret_why);
    if (r < 0)
        return r;
    entry->ended_ns = moment_now().wall_ns;
    entry->ended_by_uid = who->uid;
    if (text_set(&entry->ended_by, who->name) < 0 || take_text(terms, "reason", &entry->reason) < 0)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    r = put(keeper, who, FACT_OPERATOR_REMOVED, entry, "removed", &sequence, ret_why);
    if (r == 0)
        *ret_answer = bus_answer_number(entry->number);
    return r;
}

// ---- Listing -----------------------------------------------------------------------------------

static int describe(const struct operator_entry *entry, const struct training_policy *training,
                    json_object **ret)
{
    uint64_t now_ns = moment_now().wall_ns;
    const struct permit_clock clock = {now_ns, now_ns};
    const struct operator_terms terms = operator_terms(entry, training);
    int r = operator_to_object(entry, ret);
    if (r < 0)
        return r;
    json_add_text(*ret, "state",
                  operator_standing_to_str(operator_may_work(entry, training, &clock)));
    if (entry->n_trainings > 0 && terms.overdue_ns != 0)
        json_add_number(*ret, "overdue_ns", terms.overdue_ns);
    if (entry->n_trainings > 0 && terms.untrained_ns != 0)
        json_add_number(*ret, "untrained_ns", terms.untrained_ns);
    json_add_text(*ret, "account", account_of(entry));
    return 0;
}

int operator_keeper_list(const struct operator_keeper *keeper, json_object **ret_answer)
{
    static const struct training_policy usual = {.every = TRAINING_YEAR};
    const struct policy *policy = policy_store_get(keeper->policy);
    const struct training_policy *training = policy ? &policy->operators.training : &usual;
    size_t n;
    struct operator_entry *const *operators = registers_operators(keeper->registers, &n);
    CLEANUP_JSON json_object *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        int r = describe(operators[i], training, &object);
        if (r < 0)
            return r;
        json_object_array_add(list, object);
    }
    *ret_answer = TAKE_PTR(list);
    return 0;
}
