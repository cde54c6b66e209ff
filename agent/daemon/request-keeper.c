// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that make and decide requests, and the list of what they leave.
#include "daemon/request-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"
#include "daemon/request-terms.h"
#include "policy/record.h"

#include <errno.h>
#include <string.h>

static const enum fact_kind kinds[] = {
    [REQUEST_OPEN] = FACT_REQUEST_MADE,
    [REQUEST_APPROVED] = FACT_REQUEST_APPROVED,
    [REQUEST_REFUSED] = FACT_REQUEST_REFUSED,
    [REQUEST_WITHDRAWN] = FACT_REQUEST_WITHDRAWN,
};

uint64_t request_keeper_now(const struct request_keeper *keeper)
{
    struct ledger_head head;
    uint64_t now_ns = moment_now().wall_ns;
    ledger_get_head(keeper->ledger, &head);
    return head.latest.wall_ns > now_ns ? head.latest.wall_ns : now_ns;
}

const struct request *request_keeper_find(const struct request_keeper *keeper, uint64_t number)
{
    size_t n;
    struct request *const *requests = registers_requests(keeper->registers, &n);
    for (size_t i = 0; i < n; i++)
        if (requests[i]->number == number)
            return requests[i];
    return NULL;
}

// ---- Rows --------------------------------------------------------------------------------------

static struct fact *make_row(const struct request *request, const char *outcome)
{
    CLEANUP_FREE char *json = NULL;
    if (request_to_json(request, &json) < 0)
        return NULL;
    struct fact *row = recorder_fact(kinds[request->state], request->subject, outcome, NULL);
    if (row)
        row->details = TAKE_PTR(json);
    return row;
}

// Durable, and its number.
static int put(const struct request_keeper *keeper, const struct bus_person *who,
               const struct request *request, const char *outcome, uint64_t *ret_sequence,
               char **ret_why)
{
    struct fact *row = make_row(request, outcome);
    if (!row)
        return bus_refuse(-EINVAL, ret_why, N_("The texts are too long together."));
    person_sign(row, who);
    int r = recorder_put_and_wait(keeper->recorder, row, ret_sequence);
    return r == 0 ? 0
                  : bus_refuse(r, ret_why,
                               N_("The request could not be recorded. See: sekisho status"));
}

static json_object *answer(uint64_t number, const char *state)
{
    json_object *object = json_object_new_object();
    json_add_number(object, "number", number);
    json_add_text(object, "state", state);
    return object;
}

// ---- Making ------------------------------------------------------------------------------------

static const struct request *find_same(const struct request_keeper *keeper,
                                       const struct request *request)
{
    size_t n;
    struct request *const *requests = registers_requests(keeper->registers, &n);
    for (size_t i = 0; i < n; i++)
        if (request_state_at(requests[i], request->made_ns) == REQUEST_OPEN &&
            request_is_same(requests[i], request))
            return requests[i];
    return NULL;
}

static int check_room(const struct request_keeper *keeper, const struct bus_person *who,
                      char **ret_why)
{
    size_t n, open = 0, own = 0;
    uint64_t now_ns = request_keeper_now(keeper);
    struct request *const *requests = registers_requests(keeper->registers, &n);
    for (size_t i = 0; i < n; i++) {
        if (request_state_at(requests[i], now_ns) != REQUEST_OPEN)
            continue;
        open++;
        own += requests[i]->asker_uid == who->uid;
    }
    if (own >= REQUESTS_OPEN_PER_PERSON_MAX)
        return bus_refuse(-EDQUOT, ret_why,
                          N_("Too many of your requests wait for an answer. Withdraw one with: "
                             "sekisho request withdraw NUMBER"));
    if (open >= REQUESTS_OPEN_MAX)
        return bus_refuse(-ENOSPC, ret_why,
                          N_("Too many requests wait for an answer. Ask an administrator."));
    return 0;
}

// One that ran out leaves no row; only where the register has no room for a new one does the
// oldest of them get its own, so that it can make room.
static int end_expired(const struct request_keeper *keeper, const struct bus_person *who)
{
    size_t n;
    uint64_t sequence, now_ns = request_keeper_now(keeper);
    struct request *const *requests = registers_requests(keeper->registers, &n);
    const struct request *expired = NULL;
    for (size_t i = 0; i < n; i++) {
        if (requests[i]->state != REQUEST_OPEN)
            return 0;
        if (!expired && request_state_at(requests[i], now_ns) == REQUEST_EXPIRED)
            expired = requests[i];
    }
    CLEANUP(request_free_p) struct request *ended = NULL;
    if (n < REQUESTS_KEPT_MAX || !expired)
        return 0;
    int r = request_copy(expired, &ended);
    if (r == 0)
        r = text_set(&ended->decider, "sekishod");
    if (r < 0)
        return r;
    ended->state = REQUEST_WITHDRAWN;
    ended->decided_ns = now_ns;
    struct fact *row = make_row(ended, "expired");
    if (row)
        person_sign(row, who);
    return recorder_put_and_wait(keeper->recorder, row, &sequence);
}

int request_keeper_make(const struct request_keeper *keeper, const struct bus_person *who,
                        const char *what, json_object *terms, json_object **ret_answer,
                        char **ret_why)
{
    CLEANUP(request_free_p) struct request *request = NULL;
    uint64_t sequence;
    int r = request_terms_take(keeper, who, what, terms, &request, ret_why);
    if (r < 0)
        return r;
    const struct request *same = find_same(keeper, request);
    if (same) { // pressed twice
        *ret_answer = answer(same->number, "open");
        return 0;
    }
    r = check_room(keeper, who, ret_why);
    if (r < 0)
        return r;
    r = end_expired(keeper, who);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The request could not be recorded. See: sekisho status"));
    r = put(keeper, who, request, "made", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer(sequence, "open");
    return 0;
}

// ---- Settling ----------------------------------------------------------------------------------

// What has come of it: who approved it, and the number of what he granted.
struct grant {
    uint64_t number, granted_ns;
    const char *approver;
    uint32_t approver_uid;
};

static bool find_grant(const struct request_keeper *keeper, uint64_t number, struct grant *ret)
{
    size_t n;
    struct approval *const *approvals = registers_approvals(keeper->registers, &n);
    for (size_t i = 0; i < n; i++)
        if (approvals[i]->request == number) {
            *ret = (struct grant){approvals[i]->number, approvals[i]->granted_ns,
                                  approvals[i]->approver, approvals[i]->approver_uid};
            return true;
        }
    struct permit *const *permits = registers_permits(keeper->registers, &n);
    for (size_t i = 0; i < n; i++)
        if (permits[i]->request == number) {
            *ret = (struct grant){permits[i]->number, permits[i]->granted_ns, permits[i]->approver,
                                  permits[i]->approver_uid};
            return true;
        }
    return false;
}

static int settle_one(const struct request_keeper *keeper, const struct request *request,
                      const struct grant *grant)
{
    CLEANUP(request_free_p) struct request *approved = NULL;
    uint64_t sequence;
    int r = request_copy(request, &approved);
    if (r == 0)
        r = text_set(&approved->decider, grant->approver);
    if (r < 0)
        return r;
    approved->state = REQUEST_APPROVED;
    approved->decider_uid = grant->approver_uid;
    approved->decided_ns = grant->granted_ns;
    approved->self_approval = grant->approver_uid == request->asker_uid;
    approved->grant = grant->number;
    struct fact *row = make_row(approved, "settled");
    if (row) {
        row->uid = grant->approver_uid;
        if (text_set(&row->user, grant->approver) < 0)
            return fact_free(row), -ENOMEM;
    }
    return recorder_put_and_wait(keeper->recorder, row, &sequence);
}

void request_keeper_settle(const struct request_keeper *keeper)
{
    size_t n;
    int r = 0;
    bool again = true;
    while (again && r == 0) {
        struct request *const *requests = registers_requests(keeper->registers, &n);
        again = false;
        for (size_t i = 0; i < n && !again; i++) {
            struct grant grant;
            again = requests[i]->state == REQUEST_OPEN &&
                    find_grant(keeper, requests[i]->number, &grant);
            if (again)
                r = settle_one(keeper, requests[i], &grant); // the register moves
        }
    }
    if (r < 0)
        log_error("cannot record that a request is approved, as what it asks for is granted: %s, "
                  "trying again within a minute",
                  strerror(-r));
}

// ---- Deciding ----------------------------------------------------------------------------------

static int find_open(const struct request_keeper *keeper, const char *number,
                     const struct request **ret, char **ret_why)
{
    uint64_t wanted;
    request_keeper_settle(keeper);
    const struct request *request = text_to_u64(number, 10, INT64_MAX, &wanted) == 0
                                        ? request_keeper_find(keeper, wanted)
                                        : NULL;
    if (!request)
        return bus_refuse(-ENOENT, ret_why,
                          N_("There is no request with this number. See: sekisho request list"));
    switch (request_state_at(request, request_keeper_now(keeper))) {
    case REQUEST_OPEN:
        *ret = request;
        return 0;
    case REQUEST_EXPIRED:
        return bus_refuse(-ESTALE, ret_why,
                          N_("Nobody has decided this request in time. It has to be made anew."));
    case REQUEST_APPROVED:
    case REQUEST_REFUSED:
    case REQUEST_WITHDRAWN:
    case REQUEST_STATE_MAX:
        break;
    }
    return bus_refuse(-EALREADY, ret_why, N_("This request has been decided already."));
}

// A copy that this person has decided now.
static int copy_decided(const struct request_keeper *keeper, const struct request *request,
                        const struct bus_person *who, enum request_state state,
                        struct request **ret)
{
    CLEANUP(request_free_p) struct request *copy = NULL;
    int r = request_copy(request, &copy);
    if (r == 0)
        r = text_set(&copy->decider, who->name);
    if (r < 0)
        return r;
    copy->state = state;
    copy->decider_uid = who->uid;
    copy->decided_ns = request_keeper_now(keeper);
    *ret = TAKE_PTR(copy);
    return 0;
}

static int take_reason(struct request *request, const char *reason, char **ret_why)
{
    if (!reason || reason[0] == '\0')
        return 0;
    request->reason = record_is_text(reason, REQUEST_TEXT_MAX)
                          ? text_dup(reason)
                          : text_escape(reason, strlen(reason), REQUEST_TEXT_MAX + 1);
    if (!request->reason)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    return strlen(request->reason) > REQUEST_TEXT_MAX
               ? bus_refuse(-EINVAL, ret_why, N_("The reason is too long."))
               : 0;
}

// Sooner than asked for, never later.
static int narrow_until(const struct request_keeper *keeper, struct request *request,
                        json_object *options, char **ret_why)
{
    uint64_t until_ns = json_get_number(options, "until_ns");
    if (until_ns > request->until_ns)
        return bus_refuse(-EINVAL, ret_why, N_("That is longer than was asked for."));
    if (until_ns > 0)
        request->until_ns = until_ns;
    return request->until_ns <= request_keeper_now(keeper)
               ? bus_refuse(-EINVAL, ret_why, N_("The end of what was asked for has passed."))
               : 0;
}

// As of Allow and GrantPermit: what was asked for, narrowed by who approves it.
static json_object *grant_terms(const struct request_keeper *keeper, const struct request *request,
                                json_object *options)
{
    json_object *terms = json_object_new_object();
    bool encrypted = json_get(options, "encrypted")
                         ? json_get_bool(options, "encrypted")
                         : !keeper->policy || keeper->policy->request_encrypted;
    json_add_number(terms, "until_ns", request->until_ns);
    json_add_text(terms, "reason", request->purpose);
    json_add_text(terms, "permit", json_get_text(options, "permit"));
    if (request->what != REQUEST_DEVICE)
        return terms;
    json_add_bool(terms, "read_only",
                  request->device->read_only || json_get_bool(options, "read_only"));
    json_add_bool(terms, "encrypted", request->device->encrypted || encrypted);
    json_add_bool(terms, "port", json_get_bool(options, "port"));
    return terms;
}

static int grant_network(const struct request_keeper *keeper, const struct bus_person *who,
                         const struct request *request, json_object *terms, uint64_t *ret_grant,
                         char **ret_why)
{
    const char *permit = json_get_text(terms, "permit");
    int r = airgap_scope_to_object(&request->scope, terms);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    return permit_keeper_grant_request(keeper->permits, who, permit ? permit : "", terms,
                                       request->number, ret_grant, ret_why);
}

static int grant(const struct request_keeper *keeper, const struct bus_person *who,
                 const struct request *request, json_object *options, uint64_t *ret_grant,
                 char **ret_why)
{
    CLEANUP_JSON json_object *terms = grant_terms(keeper, request, options);
    switch (request->what) {
    case REQUEST_DEVICE:
        return approvals_grant_request(&keeper->approvals, who, request->device, terms,
                                       request->number, ret_grant, ret_why);
    case REQUEST_PEER:
    case REQUEST_LINK:
        return grant_network(keeper, who, request, terms, ret_grant, ret_why);
    case REQUEST_TAKE_OUT: // its row alone lets it go
    case REQUEST_WHAT_MAX:
        break;
    }
    *ret_grant = 0;
    return 0;
}

// A person is the audit login: sudo and su make no second one.
static int check_approver(const struct request_keeper *keeper, const struct bus_person *who,
                          const struct request *request, bool *ret_self, char **ret_why)
{
    *ret_self = who->uid == request->asker_uid;
    if (*ret_self && !(keeper->policy && keeper->policy->self_approval))
        return bus_refuse(-EACCES, ret_why,
                          N_("Nobody approves what he has asked for himself. Another person has "
                             "to log in and do it."));
    return 0;
}

int request_keeper_approve(const struct request_keeper *keeper, const struct bus_person *who,
                           const char *number, json_object *options, json_object **ret_answer,
                           char **ret_why)
{
    CLEANUP(request_free_p) struct request *approved = NULL;
    const struct request *request = NULL;
    uint64_t sequence;
    bool self;
    int r = find_open(keeper, number, &request, ret_why);
    if (!request)
        return r;
    r = check_approver(keeper, who, request, &self, ret_why);
    if (r < 0)
        return r;
    r = copy_decided(keeper, request, who, REQUEST_APPROVED, &approved);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    approved->self_approval = self;
    r = take_reason(approved, json_get_text(options, "reason"), ret_why);
    if (r == 0)
        r = narrow_until(keeper, approved, options, ret_why);
    if (r == 0)
        r = grant(keeper, who, approved, options, &approved->grant, ret_why);
    if (r < 0)
        return r;
    r = put(keeper, who, approved, self ? "self-approved" : "approved", &sequence, ret_why);
    if (r < 0 && approved->grant == 0)
        return r;
    if (r < 0) { // what opens is recorded and open: the rest follows
        free(TAKE_PTR(*ret_why));
        log_error("request %s is granted, but that it is approved could not be recorded: %s, "
                  "trying again within a minute",
                  number, strerror(-r));
    }
    *ret_answer = answer(approved->number, "approved");
    json_add_number(*ret_answer, "grant", approved->grant);
    json_add_bool(*ret_answer, "self_approval", self);
    return 0;
}

static int end_request(const struct request_keeper *keeper, const struct bus_person *who,
                       const struct request *request, enum request_state state, const char *reason,
                       json_object **ret_answer, char **ret_why)
{
    CLEANUP(request_free_p) struct request *closed = NULL;
    uint64_t sequence;
    int r = copy_decided(keeper, request, who, state, &closed);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    r = take_reason(closed, reason, ret_why);
    if (r == 0)
        r = put(keeper, who, closed, request_state_to_str(state), &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer(closed->number, request_state_to_str(state));
    return 0;
}

int request_keeper_refuse(const struct request_keeper *keeper, const struct bus_person *who,
                          const char *number, const char *reason, json_object **ret_answer,
                          char **ret_why)
{
    const struct request *request = NULL;
    int r = find_open(keeper, number, &request, ret_why);
    return r < 0 ? r
                 : end_request(keeper, who, request, REQUEST_REFUSED, reason, ret_answer, ret_why);
}

int request_keeper_withdraw(const struct request_keeper *keeper, const struct bus_person *who,
                            const char *number, json_object **ret_answer, char **ret_why)
{
    const struct request *request = NULL;
    int r = find_open(keeper, number, &request, ret_why);
    if (!request)
        return r;
    if (request->asker_uid != who->uid)
        return bus_refuse(-EACCES, ret_why,
                          N_("Only the person who has made a request withdraws it; an "
                             "administrator may refuse it."));
    return end_request(keeper, who, request, REQUEST_WITHDRAWN, NULL, ret_answer, ret_why);
}

// ---- Listing -----------------------------------------------------------------------------------

int request_keeper_list(const struct request_keeper *keeper, const struct bus_person *who,
                        uint64_t number, json_object **ret_answer, char **ret_why)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    bool all = person_may_see_others(who, keeper->policy);
    uint64_t now_ns = request_keeper_now(keeper);
    size_t n;
    struct request *const *requests = registers_requests(keeper->registers, &n);
    (void)ret_why;
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        if ((number > 0 && requests[i]->number != number) ||
            !(all || requests[i]->asker_uid == who->uid))
            continue;
        int r = request_to_object(requests[i], &object);
        if (r < 0)
            return r;
        json_object_object_del(object, "state");
        json_add_text(object, "state", request_state_to_str(request_state_at(requests[i], now_ns)));
        json_object_array_add(list, object);
    }
    *ret_answer = TAKE_PTR(list);
    return 0;
}
