// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: one way to write each, and what each is by a given time.
#include "policy/request.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define PEER                                                                                       \
    "{\"name\":\"printer\",\"address\":\"192.168.10.20\",\"protocol\":\"tcp\",\"ports\":\"9100\"," \
    "\"direction\":\"out\"}"
#define DEVICE                                                                                     \
    "\"subject\":\"0951:1666:A stick\",\"device\":{\"number\":0,\"vendor\":\"0951\","              \
    "\"product\":\"1666\",\"read_only\":false,\"encrypted\":true,\"until_ns\":0,"                  \
    "\"approver_uid\":0,\"granted_ns\":0,\"serial\":\"A\"}"
#define SCOPE "\"subject\":\"printer\",\"links\":[],\"peers\":[" PEER "]"
#define GOES_OUT "\"subject\":\"USB 3\",\"contents\":\"tax forms\",\"destination\":\"city hall\""
#define OPEN "\"state\":\"open\""
#define DECIDED(state, self, behind)                                                               \
    "\"state\":\"" state "\",\"decider\":\"sato\",\"decider_uid\":1001,\"decided_ns\":60,"         \
    "\"reason\":\"seen\",\"self_approval\":" self behind
#define REQUEST(what, subject, rest)                                                               \
    "{\"number\":7,\"what\":\"" what "\"," subject ",\"purpose\":\"delivery\",\"until_ns\":200,"   \
    "\"asker\":\"tanaka\",\"asker_uid\":1000,\"made_ns\":50,\"expires_ns\":100," rest "}"

static struct request *read_request(const char *json)
{
    struct request *request = NULL;
    cr_assert_eq(request_from_json(json, &request), 0, "%s", json);
    return request;
}

static void expect_same(const char *json)
{
    CLEANUP(request_free_p) struct request *request = read_request(json);
    CLEANUP(request_free_p) struct request *copy = NULL;
    CLEANUP_FREE char *again = NULL;
    cr_assert_eq(request_copy(request, &copy), 0);
    cr_assert_eq(request_to_json(copy, &again), 0);
    cr_expect_str_eq(again, json);
}

static void expect_refused(const char *json)
{
    struct request *request = NULL;
    cr_expect_eq(request_from_json(json, &request), -EBADMSG, "%s", json);
    cr_expect_null(request);
}

Test(request, what_was_written_is_read_and_written_again)
{
    expect_same(REQUEST("device", DEVICE, OPEN));
    expect_same(REQUEST("peer", SCOPE, OPEN));
    expect_same(REQUEST("take-out", GOES_OUT, OPEN));
    expect_same(REQUEST("device", DEVICE, DECIDED("approved", "false", ",\"grant\":9")));
    expect_same(REQUEST("peer", SCOPE, DECIDED("approved", "true", ",\"grant\":9")));
    expect_same(REQUEST("take-out", GOES_OUT, DECIDED("approved", "false", "")));
    expect_same(REQUEST("device", DEVICE, DECIDED("refused", "false", "")));
    expect_same(REQUEST("device", DEVICE, DECIDED("withdrawn", "false", "")));
}

Test(request, anything_else_is_refused)
{
    expect_refused("");
    expect_refused("{}");
    expect_refused("[]");
    expect_refused(REQUEST("device", DEVICE, OPEN) " ");
    expect_refused(REQUEST("device", DEVICE, OPEN ",\"more\":1"));
    expect_refused(REQUEST("device", DEVICE, OPEN ",\"number\":8"));
    expect_refused(REQUEST("device", SCOPE, OPEN));
    expect_refused(REQUEST("peer", DEVICE, OPEN));
    expect_refused(REQUEST("take-out", SCOPE, OPEN));
    expect_refused(REQUEST("house", GOES_OUT, OPEN));
    expect_refused(REQUEST("device", DEVICE, "\"state\":\"expired\"")); // nobody writes that
}

Test(request, one_is_approved_only_with_what_came_of_it)
{
    expect_refused(REQUEST("device", DEVICE, DECIDED("approved", "false", "")));
    expect_refused(REQUEST("device", DEVICE, DECIDED("refused", "false", ",\"grant\":9")));
    expect_refused(REQUEST("device", DEVICE, DECIDED("refused", "true", "")));
    expect_refused(REQUEST("device", DEVICE, OPEN ",\"decider\":\"sato\""));
    expect_refused(REQUEST("take-out", GOES_OUT, DECIDED("approved", "false", ",\"grant\":9")));
}

Test(request, one_that_nobody_decides_runs_out_and_a_decided_one_does_not)
{
    CLEANUP(request_free_p) struct request *open = read_request(REQUEST("device", DEVICE, OPEN));
    CLEANUP(request_free_p)
    struct request *refused =
        read_request(REQUEST("device", DEVICE, DECIDED("refused", "false", "")));
    cr_expect_eq(request_state_at(open, 99), REQUEST_OPEN);
    cr_expect_eq(request_state_at(open, 100), REQUEST_EXPIRED);
    cr_expect_eq(request_state_at(refused, 1000), REQUEST_REFUSED);
}

Test(request, the_same_person_asks_for_the_same_whatever_it_is_for)
{
    CLEANUP(request_free_p) struct request *one = read_request(REQUEST("device", DEVICE, OPEN));
    CLEANUP(request_free_p) struct request *two = read_request(REQUEST("device", DEVICE, OPEN));
    CLEANUP(request_free_p) struct request *out = read_request(REQUEST("take-out", GOES_OUT, OPEN));
    CLEANUP(request_free_p) struct request *peer = read_request(REQUEST("peer", SCOPE, OPEN));
    cr_assert_eq(text_set(&two->purpose, "another"), 0);
    cr_expect(request_is_same(one, two));
    cr_expect(request_is_same(peer, peer));
    cr_expect_not(request_is_same(one, peer));
    two->asker_uid++;
    cr_expect_not(request_is_same(one, two));
    two->asker_uid--;
    cr_assert_eq(text_set(&two->device->serial, "B"), 0);
    cr_expect_not(request_is_same(one, two));
    CLEANUP(request_free_p) struct request *other = NULL;
    cr_assert_eq(request_copy(out, &other), 0);
    cr_expect(request_is_same(out, other));
    cr_assert_eq(text_set(&other->destination, "home"), 0);
    cr_expect_not(request_is_same(out, other));
}
