// SPDX-License-Identifier: GPL-3.0-or-later
// Permits: when they hold, and what they are as JSON.
#include "policy/permit.h"

#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define JSON_MAX (256u * 1024)

static const char *const states[] = {
    [PERMIT_AHEAD] = "ahead", [PERMIT_IN_FORCE] = "in-force", [PERMIT_ENDED] = "ended"};
static_assert(ELEMENTS(states) == PERMIT_STATE_MAX, "a name for each state");

const char *permit_state_to_str(enum permit_state state)
{
    assert(state < PERMIT_STATE_MAX);
    return states[state];
}

void permit_free(struct permit *permit)
{
    if (!permit)
        return;
    free(permit->permit);
    airgap_clear(&permit->scope);
    free(permit->reason);
    free(permit->approver);
    free(permit);
}

static char *link_name(const struct airgap_link *link)
{
    char mac[NET_MAC_TEXT_SIZE];
    net_mac_format(link->mac, mac);
    return text_dup(link->name      ? link->name
                    : link->has_mac ? mac
                    : link->driver  ? link->driver
                                    : link->path);
}

char *permit_name(const struct permit *permit)
{
    if (permit->permit)
        return text_dup(permit->permit);
    return permit->scope.n_peers > 0 ? text_dup(permit->scope.peers[0].name)
                                     : link_name(&permit->scope.links[0]);
}

enum permit_state permit_state_at(const struct permit *permit, const struct permit_clock *clock)
{
    if (permit->until_ns != 0 && clock->latest_ns >= permit->until_ns)
        return PERMIT_ENDED;
    return clock->earliest_ns < permit->from_ns ? PERMIT_AHEAD : PERMIT_IN_FORCE;
}

int permit_add_scope(const struct permit *permit, struct airgap *airgap)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < permit->scope.n_links; i++) {
        struct airgap_link link = permit->scope.links[i]; // borrows its texts
        link.permit = permit->number;
        r = airgap_add_link(airgap, &link);
    }
    for (size_t i = 0; r == 0 && i < permit->scope.n_peers; i++) {
        struct airgap_peer peer = permit->scope.peers[i]; // borrows its name
        peer.permit = permit->number;
        peer.until_ns = permit->until_ns;
        r = airgap_add_peer(airgap, &peer);
    }
    return r;
}

// ---- Writing -----------------------------------------------------------------------------------

// A scope has its number and its end from the permit.
static bool is_scope_sound(const struct airgap *scope)
{
    bool sound = scope->n_links + scope->n_peers > 0;
    for (size_t i = 0; i < scope->n_links; i++)
        sound &= scope->links[i].permit == 0;
    for (size_t i = 0; i < scope->n_peers; i++)
        sound &= scope->peers[i].permit == 0 && scope->peers[i].until_ns == 0 &&
                 !airgap_objection(&scope->peers[i]);
    return sound;
}

static bool is_sound(const struct permit *permit)
{
    bool numbers = permit->number <= INT64_MAX && permit->from_ns <= INT64_MAX &&
                   permit->until_ns <= INT64_MAX && permit->granted_ns <= INT64_MAX &&
                   permit->request <= INT64_MAX;
    bool ends = permit->until_ns == 0 || permit->from_ns < permit->until_ns;
    bool texts = (!permit->permit || airgap_is_text(permit->permit, PERMIT_TEXT_MAX)) &&
                 (!permit->reason || airgap_is_text(permit->reason, PERMIT_TEXT_MAX)) &&
                 permit->approver && airgap_is_text(permit->approver, PERMIT_TEXT_MAX);
    return numbers && ends && texts && is_scope_sound(&permit->scope);
}

int permit_to_object(const struct permit *permit, json_object **ret)
{
    if (!is_sound(permit))
        return -EINVAL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", permit->number);
    json_add_text(object, "permit", permit->permit);
    json_add_number(object, "from_ns", permit->from_ns);
    json_add_number(object, "until_ns", permit->until_ns);
    int r = airgap_scope_to_object(&permit->scope, object);
    if (r < 0)
        return r;
    json_add_text(object, "reason", permit->reason);
    json_add_text(object, "approver", permit->approver);
    json_add_number(object, "approver_uid", permit->approver_uid);
    json_add_number(object, "granted_ns", permit->granted_ns);
    if (permit->request > 0)
        json_add_number(object, "request", permit->request);
    *ret = TAKE_PTR(object);
    return 0;
}

int permit_to_json(const struct permit *permit, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = permit_to_object(permit, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_texts(json_object *object, struct permit *permit)
{
    int r = text_set(&permit->permit, json_get_text(object, "permit"));
    if (r == 0)
        r = text_set(&permit->reason, json_get_text(object, "reason"));
    return r < 0 ? r : text_set(&permit->approver, json_get_text(object, "approver"));
}

int permit_from_object(json_object *object, struct permit **ret)
{
    CLEANUP(permit_free_p) struct permit *permit = calloc(1, sizeof *permit);
    CLEANUP_JSON json_object *again = NULL;
    if (!permit)
        return -ENOMEM;
    uint64_t uid = json_get_number(object, "approver_uid");
    permit->number = json_get_number(object, "number");
    permit->from_ns = json_get_number(object, "from_ns");
    permit->until_ns = json_get_number(object, "until_ns");
    permit->granted_ns = json_get_number(object, "granted_ns");
    permit->request = json_get_number(object, "request");
    permit->approver_uid = (uint32_t)uid;
    int r = read_texts(object, permit);
    if (r == 0)
        r = airgap_scope_from_object(object, &permit->scope);
    if (r == 0)
        r = permit_to_object(permit, &again);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(permit);
    return 0;
}

int permit_from_json(const char *json, struct permit **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, JSON_MAX);
    return object ? permit_from_object(object, ret) : -EBADMSG;
}
