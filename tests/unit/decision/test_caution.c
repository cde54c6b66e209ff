// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/decision.h"

#include <criterion/criterion.h>

#define TEXT(text) ((char *)(text))

// One keyboard works; another device has just come.
struct scene {
    struct usb_interface first, come[2];
    struct usb_device old, new;
    struct usb_device *plugged[2];
    struct gate gate;
    struct host host;
    struct verdict verdict;
};

static void begin(struct scene *s)
{
    *s = (struct scene){
        .first = {1, 0, 0, 3, 1, 1, .granted = true, .driven = true},
        .come = {{1, 0, 0, 3, 1, 1}, {1, 1, 0, 3, 1, 2}},
        .old = {.sysname = TEXT("1-1"), .bus = 1, .address = 2, .authorized = true},
        .new = {.sysname = TEXT("1-2"), .bus = 1, .address = 3, .n_interfaces = 1},
        .gate = {.mode = MODE_ENFORCE},
        .host = {.agent_alive = true, .n_plugged = 2},
    };
    s->old.interfaces = &s->first;
    s->old.n_interfaces = 1;
    s->new.interfaces = s->come;
    s->plugged[0] = &s->old;
    s->plugged[1] = &s->new;
    s->host.plugged = s->plugged;
}

static void expect(struct scene *s, bool allowed, enum reason reason)
{
    decide_usb(&s->gate, &s->host, &s->new, &s->verdict);
    cr_expect_eq(s->verdict.allowed, allowed);
    cr_expect_eq(s->verdict.reason, reason, "%s", reason_to_str(s->verdict.reason));
}

Test(caution, a_second_keyboard_passes_by_default)
{
    struct scene s;
    begin(&s);
    expect(&s, true, REASON_DEFAULT);
}

Test(caution, a_second_keyboard_waits_or_is_refused_where_the_gate_says_so)
{
    struct scene s;
    begin(&s);
    s.gate.further_keyboards = CAUTION_ASK;
    expect(&s, false, REASON_ASKED);
    s.host.accepted = true;
    expect(&s, true, REASON_ACCEPTED);
    s.gate.further_keyboards = CAUTION_REFUSE;
    expect(&s, false, REASON_FURTHER);
}

Test(caution, the_only_keyboard_is_never_a_further_one)
{
    struct scene s;
    begin(&s);
    s.gate.further_keyboards = CAUTION_REFUSE;
    s.host.n_plugged = 0;
    expect(&s, true, REASON_DEFAULT);
    s.host.n_plugged = 2;
    s.first.driven = false; // it does not work
    expect(&s, true, REASON_DEFAULT);
}

Test(caution, one_that_works_already_keeps_working)
{
    struct scene s;
    begin(&s);
    s.gate.further_keyboards = s.gate.keyboards_while_locked = CAUTION_REFUSE;
    s.host.locked = true;
    s.new.authorized = s.come[0].driven = true;
    expect(&s, true, REASON_DEFAULT);
    s.host.accepted = true; // which stays known as long as it is plugged in
    expect(&s, true, REASON_ACCEPTED);
}

Test(caution, a_locked_screen_counts_only_while_it_is_locked)
{
    struct scene s;
    begin(&s);
    s.gate.keyboards_while_locked = CAUTION_REFUSE;
    expect(&s, true, REASON_DEFAULT);
    s.host.locked = true;
    expect(&s, false, REASON_LOCKED);
    s.host.accepted = true;
    expect(&s, false, REASON_LOCKED);
    s.gate.keyboards_while_locked = CAUTION_ASK;
    expect(&s, true, REASON_ACCEPTED);
}

Test(caution, other_input_is_asked_about_and_a_mouse_is_not)
{
    struct scene s;
    begin(&s);
    s.gate.further_keyboards = CAUTION_ASK;
    s.come[0] = (struct usb_interface){1, 0, 0, 3, 0, 0};
    expect(&s, false, REASON_ASKED);
    s.come[0] = (struct usb_interface){1, 0, 0, 3, 1, 2};
    expect(&s, true, REASON_DEFAULT);
}

Test(caution, the_mouse_in_a_receiver_works_while_its_keyboard_waits)
{
    struct scene s;
    begin(&s);
    s.gate.further_keyboards = CAUTION_ASK;
    s.new.n_interfaces = 2;
    expect(&s, true, REASON_ASKED);
    cr_expect(s.verdict.partial);
    cr_expect_not(s.verdict.interface[0]);
    cr_expect(s.verdict.interface[1]);
}

Test(caution, a_named_or_approved_keyboard_is_not_asked_about)
{
    struct scene s;
    begin(&s);
    struct approval any = {.any_serial = true}, *list = &any;
    s.gate.further_keyboards = CAUTION_REFUSE;
    s.gate.keyboards = (struct gate_class){DEFAULT_NAMED, &list, 1};
    expect(&s, true, REASON_NAMED);
    s.gate.keyboards = (struct gate_class){0};
    s.gate.approvals = &list;
    s.gate.n_approvals = 1;
    expect(&s, true, REASON_APPROVED);
}
