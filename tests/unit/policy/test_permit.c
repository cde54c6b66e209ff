// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/permit.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define PEER                                                                                       \
    "{\"name\":\"printer\",\"address\":\"192.168.10.20\",\"protocol\":\"tcp\",\"ports\":\"9100\"," \
    "\"direction\":\"out\"}"
#define WRITTEN(from, until, peers, behind)                                                        \
    "{\"number\":7,\"permit\":\"R8-1\",\"from_ns\":" from ",\"until_ns\":" until                   \
    ",\"links\":[{\"name\":\"line\",\"mac\":\"52:54:00:00:00:01\"}],\"peers\":[" peers             \
    "],\"reason\":\"update\",\"approver\":\"sato\",\"approver_uid\":1000,\"granted_ns\":4" behind  \
    "}"
#define PERMIT WRITTEN("100", "200", PEER, "")

static struct permit *read_permit(const char *json)
{
    struct permit *permit = NULL;
    cr_assert_eq(permit_from_json(json, &permit), 0, "%s", json);
    return permit;
}

// ---- As JSON -----------------------------------------------------------------------------------

Test(permit, what_was_written_is_read_and_written_again)
{
    CLEANUP(permit_free_p) struct permit *permit = read_permit(PERMIT);
    CLEANUP_FREE char *again = NULL;
    cr_assert_eq(permit_to_json(permit, &again), 0);
    cr_expect_str_eq(again, PERMIT);
    cr_expect_eq(permit->scope.n_links, 1);
    cr_expect_eq(permit->scope.n_peers, 1);
    cr_expect_str_eq(permit->scope.peers[0].name, "printer");
}

static void expect_refused(const char *json)
{
    struct permit *permit = NULL;
    cr_expect_eq(permit_from_json(json, &permit), -EBADMSG, "%s", json);
    cr_expect_null(permit);
}

Test(permit, anything_else_is_refused)
{
    expect_refused("");
    expect_refused("{}");
    expect_refused("[]");
    expect_refused(PERMIT " ");
    expect_refused(WRITTEN("100", "200", PEER, ",\"more\":1"));
    expect_refused(WRITTEN("100", "200", PEER, ",\"number\":8"));
    expect_refused(WRITTEN("100", "200", "{}", ""));
    expect_refused(WRITTEN("\"100\"", "200", PEER, ""));
    expect_refused(WRITTEN("-100", "200", PEER, ""));
}

Test(permit, one_that_ends_before_it_begins_is_refused)
{
    expect_refused(WRITTEN("200", "100", PEER, ""));
    expect_refused(WRITTEN("200", "200", PEER, ""));
}

Test(permit, one_that_permits_nothing_is_refused)
{
    expect_refused("{\"number\":7,\"from_ns\":0,\"until_ns\":0,\"links\":[],\"peers\":[],"
                   "\"approver\":\"sato\",\"approver_uid\":1000,\"granted_ns\":4}");
}

Test(permit, one_that_nobody_has_granted_is_refused)
{
    expect_refused("{\"number\":7,\"from_ns\":0,\"until_ns\":0,\"links\":[],\"peers\":[" PEER
                   "],\"approver_uid\":1000,\"granted_ns\":4}");
}

Test(permit, is_named_by_the_citys_number_or_by_what_it_permits)
{
    CLEANUP(permit_free_p) struct permit *permit = read_permit(PERMIT);
    CLEANUP_FREE char *by_city = permit_name(permit);
    cr_expect_str_eq(by_city, "R8-1");
    free(TAKE_PTR(permit->permit));
    CLEANUP_FREE char *by_peer = permit_name(permit);
    cr_expect_str_eq(by_peer, "printer");
    permit->scope.n_peers = 0;
    CLEANUP_FREE char *by_link = permit_name(permit);
    cr_expect_str_eq(by_link, "line");
    permit->scope.n_peers = 1;
}

// ---- When --------------------------------------------------------------------------------------

static void expect_state(uint64_t earliest_ns, uint64_t latest_ns, enum permit_state expected)
{
    CLEANUP(permit_free_p) struct permit *permit = read_permit(PERMIT); // 100 to 200
    const struct permit_clock clock = {earliest_ns, latest_ns};
    cr_expect_eq(permit_state_at(permit, &clock), expected, "%llu to %llu",
                 (unsigned long long)earliest_ns, (unsigned long long)latest_ns);
}

Test(permit, holds_from_its_first_moment_up_to_its_last)
{
    expect_state(99, 99, PERMIT_AHEAD);
    expect_state(100, 100, PERMIT_IN_FORCE);
    expect_state(199, 199, PERMIT_IN_FORCE);
    expect_state(200, 200, PERMIT_ENDED);
}

Test(permit, holds_only_if_it_does_whatever_time_it_is)
{
    expect_state(99, 150, PERMIT_AHEAD);  // the clock was set forward, perhaps
    expect_state(150, 200, PERMIT_ENDED); // or back
    expect_state(99, 200, PERMIT_ENDED);
}

Test(permit, without_moments_it_holds_always)
{
    CLEANUP(permit_free_p) struct permit *permit = read_permit(WRITTEN("0", "0", PEER, ""));
    const struct permit_clock clock = {0, UINT64_MAX};
    cr_expect_eq(permit_state_at(permit, &clock), PERMIT_IN_FORCE);
}

Test(permit, its_end_is_that_of_its_peers)
{
    CLEANUP(permit_free_p) struct permit *permit = read_permit(PERMIT);
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    cr_assert_eq(airgap_new_fallback(MODE_ENFORCE, &airgap), 0);
    cr_assert_eq(permit_add_scope(permit, airgap), 0);
    cr_assert_eq(airgap->n_peers, 1);
    cr_assert_eq(airgap->n_links, 1);
    cr_expect_eq(airgap->peers[0].until_ns, 200);
    cr_expect_eq(airgap->peers[0].permit, 7);
    cr_expect_eq(airgap->links[0].permit, 7);
    CLEANUP(airgap_free_p) struct airgap *lasting = NULL;
    cr_assert_eq(airgap_copy_lasting(airgap, &lasting), 0);
    cr_expect(lasting->n_links == 0 && lasting->n_peers == 0);
}

Test(permit, of_this_computer_itself_is_none)
{
    expect_refused(WRITTEN("100", "200",
                           "{\"name\":\"x\",\"address\":\"127.0.0.1\",\"protocol\":\"tcp\","
                           "\"direction\":\"out\"}",
                           ""));
}
