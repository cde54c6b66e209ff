// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: what each is by now, and what it is as JSON.
#include "policy/request.h"

#include "base/json.h"
#include "base/text.h"
#include "policy/record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const whats[] = {
    [REQUEST_DEVICE] = "device",
    [REQUEST_PEER] = "peer",
    [REQUEST_LINK] = "link",
    [REQUEST_TAKE_OUT] = "take-out",
};
static_assert(ELEMENTS(whats) == REQUEST_WHAT_MAX, "a name for each");

static const char *const states[] = {
    [REQUEST_OPEN] = "open",       [REQUEST_APPROVED] = "approved",
    [REQUEST_REFUSED] = "refused", [REQUEST_WITHDRAWN] = "withdrawn",
    [REQUEST_EXPIRED] = "expired",
};
static_assert(ELEMENTS(states) == REQUEST_STATE_MAX, "a name for each state");

int request_what_from_str(const char *text, enum request_what *ret)
{
    for (size_t i = 0; i < ELEMENTS(whats); i++)
        if (text_equal(whats[i], text)) {
            *ret = (enum request_what)i;
            return 0;
        }
    return -EINVAL;
}

const char *request_state_to_str(enum request_state state)
{
    assert(state < REQUEST_STATE_MAX);
    return states[state];
}

static int state_from_str(const char *text, enum request_state *ret)
{
    for (size_t i = 0; i < REQUEST_EXPIRED; i++)
        if (text_equal(states[i], text)) {
            *ret = (enum request_state)i;
            return 0;
        }
    return -EBADMSG;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    free(request->subject);
    approval_free(request->device);
    airgap_clear(&request->scope);
    free(request->contents);
    free(request->destination);
    free(request->purpose);
    free(request->asker);
    free(request->decider);
    free(request->reason);
    free(request);
}

enum request_state request_state_at(const struct request *request, uint64_t now_ns)
{
    if (request->state == REQUEST_OPEN && now_ns >= request->expires_ns)
        return REQUEST_EXPIRED;
    return request->state;
}

static bool is_same_scope(const struct airgap *a, const struct airgap *b)
{
    CLEANUP_JSON json_object *first = json_object_new_object(), *second = json_object_new_object();
    return airgap_scope_to_object(a, first) == 0 && airgap_scope_to_object(b, second) == 0 &&
           text_equal(json_to_line(first), json_to_line(second));
}

bool request_is_same(const struct request *a, const struct request *b)
{
    if (a->what != b->what || a->asker_uid != b->asker_uid)
        return false;
    switch (a->what) {
    case REQUEST_DEVICE:
        return approval_is_for_same(a->device, b->device);
    case REQUEST_PEER:
    case REQUEST_LINK:
        return is_same_scope(&a->scope, &b->scope);
    case REQUEST_TAKE_OUT:
        return text_equal(a->subject, b->subject) && text_equal(a->contents, b->contents) &&
               text_equal(a->destination, b->destination);
    case REQUEST_WHAT_MAX:
        break;
    }
    return false;
}

// ---- Writing -----------------------------------------------------------------------------------

static bool is_text(const char *text)
{
    return text && record_is_text(text, REQUEST_TEXT_MAX);
}

static bool may_be_text(const char *text)
{
    return !text || record_is_text(text, REQUEST_TEXT_MAX);
}

static bool is_scope_sound(const struct airgap *scope)
{
    bool sound = true;
    for (size_t i = 0; i < scope->n_links; i++)
        sound &= scope->links[i].permit == 0;
    for (size_t i = 0; i < scope->n_peers; i++)
        sound &= scope->peers[i].permit == 0 && scope->peers[i].until_ns == 0 &&
                 !airgap_objection(&scope->peers[i]);
    return sound;
}

// What its kind asks for is there, and nothing else.
static bool is_subject_sound(const struct request *request)
{
    const struct airgap *scope = &request->scope;
    bool goes_out = request->what == REQUEST_TAKE_OUT;
    bool opens = request->what == REQUEST_PEER || request->what == REQUEST_LINK;
    bool device = (request->device != NULL) == (request->what == REQUEST_DEVICE);
    bool texts = goes_out ? is_text(request->contents) && is_text(request->destination)
                          : !request->contents && !request->destination;
    return is_text(request->subject) && device && texts &&
           (scope->n_links + scope->n_peers > 0) == opens && is_scope_sound(scope);
}

static bool is_decision_sound(const struct request *request)
{
    if (request->state == REQUEST_OPEN)
        return !request->decider && request->decider_uid == 0 && request->decided_ns == 0 &&
               !request->reason && !request->self_approval && request->grant == 0;
    bool approved = request->state == REQUEST_APPROVED;
    return request->state < REQUEST_EXPIRED && is_text(request->decider) &&
           request->decided_ns > 0 && request->decided_ns <= INT64_MAX &&
           may_be_text(request->reason) && (approved || !request->self_approval) &&
           (approved && request->what != REQUEST_TAKE_OUT) == (request->grant > 0);
}

static bool is_sound(const struct request *request)
{
    bool numbers = request->number <= INT64_MAX && request->grant <= INT64_MAX &&
                   request->made_ns > 0 && request->made_ns < request->expires_ns &&
                   request->expires_ns <= INT64_MAX && request->until_ns > request->made_ns &&
                   request->until_ns <= INT64_MAX;
    return numbers && is_text(request->purpose) && is_text(request->asker) &&
           is_subject_sound(request) && is_decision_sound(request);
}

static int add_subject(const struct request *request, json_object *object)
{
    json_object *device = NULL;
    json_add_text(object, "subject", request->subject);
    if (request->what == REQUEST_DEVICE) {
        int r = approval_to_object(request->device, &device);
        if (r == 0)
            json_add(object, "device", device);
        return r;
    }
    if (request->what != REQUEST_TAKE_OUT)
        return airgap_scope_to_object(&request->scope, object);
    json_add_text(object, "contents", request->contents);
    json_add_text(object, "destination", request->destination);
    return 0;
}

static void add_decision(const struct request *request, json_object *object)
{
    json_add_text(object, "state", states[request->state]);
    if (request->state == REQUEST_OPEN)
        return;
    json_add_text(object, "decider", request->decider);
    json_add_number(object, "decider_uid", request->decider_uid);
    json_add_number(object, "decided_ns", request->decided_ns);
    json_add_text(object, "reason", request->reason);
    json_add_bool(object, "self_approval", request->self_approval);
    if (request->grant > 0)
        json_add_number(object, "grant", request->grant);
}

int request_to_object(const struct request *request, json_object **ret)
{
    if (!is_sound(request))
        return -EINVAL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", request->number);
    json_add_text(object, "what", whats[request->what]);
    int r = add_subject(request, object);
    if (r < 0)
        return r;
    json_add_text(object, "purpose", request->purpose);
    json_add_number(object, "until_ns", request->until_ns);
    json_add_text(object, "asker", request->asker);
    json_add_number(object, "asker_uid", request->asker_uid);
    json_add_number(object, "made_ns", request->made_ns);
    json_add_number(object, "expires_ns", request->expires_ns);
    add_decision(request, object);
    const char *line = json_to_line(object);
    if (!line)
        return -ENOMEM;
    if (strlen(line) > REQUEST_JSON_MAX)
        return -EINVAL;
    *ret = TAKE_PTR(object);
    return 0;
}

int request_to_json(const struct request *request, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = request_to_object(request, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_texts(json_object *object, struct request *request)
{
    const struct {
        const char *key;
        char **field;
    } texts[] = {
        {"subject", &request->subject},
        {"contents", &request->contents},
        {"destination", &request->destination},
        {"purpose", &request->purpose},
        {"asker", &request->asker},
        {"decider", &request->decider},
        {"reason", &request->reason},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = text_set(texts[i].field, json_get_text(object, texts[i].key));
    return r;
}

static void read_numbers(json_object *object, struct request *request)
{
    request->number = json_get_number(object, "number");
    request->until_ns = json_get_number(object, "until_ns");
    request->asker_uid = (uint32_t)json_get_number(object, "asker_uid");
    request->made_ns = json_get_number(object, "made_ns");
    request->expires_ns = json_get_number(object, "expires_ns");
    request->decider_uid = (uint32_t)json_get_number(object, "decider_uid");
    request->decided_ns = json_get_number(object, "decided_ns");
    request->self_approval = json_get_bool(object, "self_approval");
    request->grant = json_get_number(object, "grant");
}

static int read_subject(json_object *object, struct request *request)
{
    if (request->what == REQUEST_DEVICE)
        return approval_from_object(json_get(object, "device"), &request->device);
    return request->what == REQUEST_TAKE_OUT ? 0
                                             : airgap_scope_from_object(object, &request->scope);
}

int request_from_object(json_object *object, struct request **ret)
{
    CLEANUP(request_free_p) struct request *request = calloc(1, sizeof *request);
    CLEANUP_JSON json_object *again = NULL;
    if (!request)
        return -ENOMEM;
    if (request_what_from_str(json_get_text(object, "what"), &request->what) < 0 ||
        state_from_str(json_get_text(object, "state"), &request->state) < 0)
        return -EBADMSG;
    read_numbers(object, request);
    int r = read_texts(object, request);
    if (r == 0)
        r = read_subject(object, request);
    if (r == 0)
        r = request_to_object(request, &again);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(request);
    return 0;
}

int request_from_json(const char *json, struct request **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, REQUEST_JSON_MAX);
    return object ? request_from_object(object, ret) : -EBADMSG;
}

int request_copy(const struct request *request, struct request **ret)
{
    CLEANUP_FREE char *json = NULL;
    int r = request_to_json(request, &json);
    return r < 0 ? r : request_from_json(json, ret);
}
