// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/decision.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

// The structures own their texts elsewhere; here nobody frees them.
#define TEXT(text) ((char *)(text))
#define NOW (UINT64_C(1800000000) * 1000000000)
#define DAY (UINT64_C(86400) * 1000000000)

static const struct usb_interface storage = {1, 0, 0, 8, 6, 0x50};
static const struct usb_interface uas = {1, 0, 1, 8, 6, 0x62};
static const struct usb_interface keyboard = {1, 1, 0, 3, 1, 1};
static const struct usb_interface mouse = {1, 2, 0, 3, 1, 2};
static const struct usb_interface media_keys = {1, 3, 0, 3, 0, 0};
static const struct usb_interface hub = {1, 0, 0, 9, 0, 0};
static const struct usb_interface vendor = {1, 4, 0, 0xFF, 0, 0};

// A device with the given interfaces, and a gate that knows nobody.
struct scene {
    struct usb_device device;
    struct usb_interface interfaces[8];
    struct approval approvals[4];
    struct approval *list[4];
    struct gate gate;
    struct host host;
    struct verdict verdict;
};

static void scene_begin(struct scene *s, size_t n, const struct usb_interface *const *interfaces)
{
    *s = (struct scene){
        .device = {.sysname = TEXT("1-2"),
                   .port = TEXT("pci-0000:00:04.0-usb-0:2"),
                   .bus = 1,
                   .address = 5,
                   .vendor = 0x0951,
                   .product = 0x1666,
                   .serial = TEXT("S1"),
                   .hash = {1}},
        .gate = {.mode = MODE_ENFORCE, .clock_floor_ns = NOW - DAY},
        .host = {.agent_alive = true, .wall_ns = NOW},
    };
    for (size_t i = 0; i < n; i++)
        s->interfaces[i] = *interfaces[i];
    s->device.interfaces = s->interfaces;
    s->device.n_interfaces = n;
    s->gate.approvals = s->list;
}

#define SCENE(...)                                                                                 \
    struct scene s;                                                                                \
    const struct usb_interface *const given[] = {__VA_ARGS__};                                     \
    scene_begin(&s, ELEMENTS(given), given)

// An approval of just this device; to be narrowed by the test.
static struct approval *approve(struct scene *s)
{
    struct approval *a = &s->approvals[s->gate.n_approvals];
    *a = (struct approval){.number = 100 + s->gate.n_approvals,
                           .vendor = 0x0951,
                           .product = 0x1666,
                           .serial = TEXT("S1"),
                           .has_hash = true,
                           .hash = {1}};
    s->list[s->gate.n_approvals++] = a;
    return a;
}

static void expect(struct scene *s, bool allowed, enum reason reason, const char *rule)
{
    decide_usb(&s->gate, &s->host, &s->device, &s->verdict);
    cr_expect_eq(s->verdict.allowed, allowed);
    cr_expect_eq(s->verdict.reason, reason, "%s", reason_to_str(s->verdict.reason));
    cr_expect_str_eq(s->verdict.rule, rule, "%s", s->verdict.rule);
}

// ---- Defaults ---------------------------------------------------------------------------------

Test(decide_usb, a_stick_without_approval_is_refused)
{
    SCENE(&storage, &uas);
    expect(&s, false, REASON_NO_APPROVAL, "none");
    cr_expect(!s.verdict.interface[0] && !s.verdict.interface[1]);
    cr_expect(!verdict_covers(&s.verdict, &s.device, 1, 0));
}

Test(decide_usb, a_keyboard_passes_by_default_and_needs_no_record)
{
    SCENE(&keyboard);
    expect(&s, true, REASON_DEFAULT, "default:keyboard");
    cr_expect(!s.verdict.needs_record);
    cr_expect_null(s.verdict.approval);
    cr_expect(verdict_covers(&s.verdict, &s.device, 1, 1));
    cr_expect(!verdict_covers(&s.verdict, &s.device, 1, 9), "nobody described that one");
}

Test(decide_usb, a_hub_passes_by_default)
{
    SCENE(&hub);
    s.device.class = 9;
    expect(&s, true, REASON_DEFAULT, "default:hub");
}

Test(decide_usb, of_a_keyboard_with_a_stick_in_it_only_the_keyboard_passes)
{
    SCENE(&storage, &keyboard);
    expect(&s, true, REASON_PARTLY, "default:keyboard");
    cr_expect(!s.verdict.interface[0]);
    cr_expect(s.verdict.interface[1]);
}

Test(decide_usb, a_hub_that_is_also_something_else_passes_by_no_default)
{
    SCENE(&hub, &keyboard);
    expect(&s, false, REASON_NO_APPROVAL, "none");

    s.interfaces[0] = keyboard;
    s.device.n_interfaces = 1;
    s.device.class = 9;
    expect(&s, false, REASON_NO_APPROVAL, "none");
}

Test(decide_usb, an_alternate_setting_that_does_not_pass_holds_the_interface_back)
{
    SCENE(&keyboard, &storage);
    s.interfaces[1] = (struct usb_interface){1, 1, 1, 8, 6, 0x50}; // of the keyboard's interface
    expect(&s, false, REASON_NO_APPROVAL, "none");
    s.interfaces[1].configuration = 2; // the same number in another configuration is another one
    expect(&s, true, REASON_PARTLY, "default:keyboard");
    cr_expect(verdict_covers(&s.verdict, &s.device, 1, 1));
    cr_expect(!verdict_covers(&s.verdict, &s.device, 2, 1));
}

Test(decide_usb, a_class_that_the_policy_refuses_does_not_pass)
{
    SCENE(&mouse, &media_keys);
    s.gate.mice.rule = DEFAULT_REFUSE;
    expect(&s, true, REASON_PARTLY, "default:hid");
    s.gate.other_input.rule = DEFAULT_REFUSE;
    expect(&s, false, REASON_NO_APPROVAL, "none");
    approve(&s);
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(decide_usb, only_named_keyboards_pass_where_the_policy_names_them)
{
    SCENE(&keyboard);
    struct approval named = {.vendor = 0x0951, .product = 0x1666, .any_serial = true};
    struct approval *names[] = {&named};
    s.gate.keyboards = (struct gate_class){.rule = DEFAULT_NAMED, .named = names, .n_named = 1};
    expect(&s, true, REASON_NAMED, "named:keyboard");
    named.product++;
    expect(&s, false, REASON_NOT_NAMED, "none");
}

Test(decide_usb, a_root_hub_always_passes)
{
    SCENE(&hub);
    s.device.root_hub = true;
    s.device.malformed = "odd";
    s.gate.hubs.rule = DEFAULT_REFUSE;
    expect(&s, true, REASON_ROOT_HUB, "root-hub");
}

Test(decide_usb, what_contradicts_itself_is_refused_though_approved)
{
    SCENE(&keyboard);
    approve(&s);
    s.device.malformed = "odd";
    expect(&s, false, REASON_MALFORMED, "none");
    cr_expect(!s.verdict.interface[0]);
}

Test(decide_usb, what_is_given_to_another_computer_is_refused_though_approved)
{
    SCENE(&keyboard);
    approve(&s);
    s.device.exported = true;
    expect(&s, false, REASON_EXPORTED, "none");
    cr_expect(!s.verdict.interface[0]);
}

Test(decide_usb, a_device_without_interfaces_is_refused)
{
    SCENE(&keyboard);
    s.device.n_interfaces = 0;
    expect(&s, false, REASON_NO_APPROVAL, "none");
}

// ---- Approvals --------------------------------------------------------------------------------

Test(decide_usb, an_approval_covers_all_interfaces_and_asks_for_a_record)
{
    SCENE(&storage, &uas, &vendor);
    approve(&s);
    expect(&s, true, REASON_APPROVED, "approval:100");
    cr_expect(s.verdict.needs_record);
    cr_expect_eq(s.verdict.approval, &s.approvals[0]);
    cr_expect(verdict_covers(&s.verdict, &s.device, 1, 0));
    cr_expect(verdict_covers(&s.verdict, &s.device, 1, 4));
}

Test(decide_usb, an_approval_of_the_policy_is_named_by_its_place)
{
    SCENE(&storage);
    approve(&s)->serial = TEXT("another");
    approve(&s)->number = 0;
    expect(&s, true, REASON_APPROVED, "policy:2");
}

Test(decide_usb, conditions_are_handed_on)
{
    SCENE(&storage);
    struct approval *a = approve(&s);
    a->read_only = a->encrypted = true;
    a->until_ns = NOW + DAY;
    expect(&s, true, REASON_APPROVED, "approval:100");
    cr_expect(s.verdict.read_only && s.verdict.encrypted);
    cr_expect_eq(s.verdict.until_ns, NOW + DAY);
}

Test(decide_usb, an_approval_ends_at_its_very_moment)
{
    SCENE(&storage);
    approve(&s)->until_ns = NOW + 1;
    expect(&s, true, REASON_APPROVED, "approval:100");
    s.host.wall_ns++;
    expect(&s, false, REASON_EXPIRED, "none");
}

Test(decide_usb, a_clock_that_was_set_back_revives_no_approval)
{
    SCENE(&storage);
    struct approval *a = approve(&s);
    a->until_ns = NOW - 2 * DAY; // before the last row: ended, whatever the clock says
    s.host.wall_ns = NOW - 3 * DAY;
    expect(&s, false, REASON_EXPIRED, "none");
    a->until_ns = NOW + DAY; // it may have ended or not
    expect(&s, false, REASON_CLOCK_UNTRUSTED, "approval:100");
    a->until_ns = 0;
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(decide_usb, without_the_agent_only_plain_approvals_hold)
{
    SCENE(&storage);
    struct approval *a = approve(&s);
    s.host.agent_alive = false;
    expect(&s, true, REASON_APPROVED, "approval:100");
    a->read_only = true;
    expect(&s, false, REASON_AGENT_AWAY, "approval:100");
    a->read_only = false;
    a->encrypted = true;
    expect(&s, false, REASON_AGENT_AWAY, "approval:100");
    a->encrypted = false;
    a->until_ns = NOW + DAY;
    expect(&s, false, REASON_AGENT_AWAY, "approval:100");
    cr_expect_null(s.verdict.approval);
}

Test(decide_usb, an_approved_number_on_another_model_is_refused)
{
    SCENE(&storage, &keyboard);
    approve(&s);
    s.device.hash[0] = 2;
    expect(&s, true, REASON_MODEL_CHANGED, "default:keyboard");
    cr_expect(!s.verdict.interface[0]);
    s.device.n_interfaces = 1;
    expect(&s, false, REASON_MODEL_CHANGED, "none");
}

Test(decide_usb, a_device_without_serial_is_held_to_its_port)
{
    SCENE(&storage);
    struct approval *a = approve(&s);
    s.device.serial = a->serial = NULL;
    a->port = TEXT("pci-0000:00:04.0-usb-0:2");
    expect(&s, true, REASON_APPROVED, "approval:100");
    s.device.port = TEXT("pci-0000:00:04.0-usb-0:3");
    expect(&s, false, REASON_WRONG_PORT, "none");
}

Test(decide_usb, a_near_miss_is_no_reason_where_another_approval_holds)
{
    SCENE(&storage);
    approve(&s)->hash[0] = 9;
    approve(&s);
    approve(&s)->hash[0] = 8;
    expect(&s, true, REASON_APPROVED, "approval:101");
}

// ---- Several approvals ------------------------------------------------------------------------

Test(decide_usb, the_most_specific_approval_counts_in_any_order)
{
    for (int order = 0; order < 2; order++) {
        SCENE(&storage);
        struct approval *a = approve(&s), *b = approve(&s);
        struct approval *wide = order ? a : b, *narrow = order ? b : a;
        wide->any_serial = true;
        wide->serial = NULL;
        wide->has_hash = false;
        narrow->read_only = true;
        expect(&s, true, REASON_APPROVED, narrow == a ? "approval:100" : "approval:101");
        cr_expect(s.verdict.read_only);
        wide->encrypted = true;
        narrow->read_only = false;
        expect(&s, true, REASON_APPROVED, narrow == a ? "approval:100" : "approval:101");
        cr_expect(!s.verdict.encrypted && !s.verdict.read_only);
    }
}

Test(decide_usb, conditions_of_equally_specific_approvals_add_up)
{
    SCENE(&storage);
    approve(&s)->read_only = true;
    approve(&s)->encrypted = true;
    approve(&s)->until_ns = NOW + 2 * DAY;
    approve(&s)->until_ns = NOW + DAY;
    expect(&s, true, REASON_APPROVED, "approval:100");
    cr_expect(s.verdict.read_only && s.verdict.encrypted);
    cr_expect_eq(s.verdict.until_ns, NOW + DAY);
}

Test(decide_usb, a_wide_approval_does_not_stand_in_for_a_narrow_one_that_cant_be_used)
{
    SCENE(&storage);
    struct approval *wide = approve(&s);
    wide->any_serial = true;
    wide->serial = NULL;
    wide->has_hash = false;
    approve(&s)->read_only = true;
    s.host.agent_alive = false;
    expect(&s, false, REASON_AGENT_AWAY, "approval:101");
}

Test(decide_usb, an_ended_approval_is_as_if_it_were_not_there)
{
    SCENE(&storage);
    approve(&s)->until_ns = NOW - 1;
    struct approval *wide = approve(&s);
    wide->has_hash = false;
    expect(&s, true, REASON_APPROVED, "approval:101");
}

// ---- Twins ------------------------------------------------------------------------------------

static void plug_twin(struct scene *s, struct usb_device *twin, struct usb_device **list)
{
    *twin = s->device;
    twin->address = 4;
    twin->authorized = true;
    list[0] = &s->device;
    list[1] = twin;
    s->host.plugged = list;
    s->host.n_plugged = 2;
}

Test(decide_usb, the_second_of_two_identical_sticks_is_refused)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s);
    plug_twin(&s, &twin, list);
    expect(&s, false, REASON_TWIN, "approval:100");
    twin.bus = 2;       // also from a bus with a higher number,
    twin.address = 100; // and with a later address
    expect(&s, false, REASON_TWIN, "approval:100");
}

Test(decide_usb, a_twin_that_is_shut_out_stands_in_nobodys_way)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s);
    plug_twin(&s, &twin, list);
    twin.authorized = false;
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(decide_usb, a_twin_that_is_about_to_be_let_in_is_in)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s);
    plug_twin(&s, &twin, list);
    twin.authorized = false;
    twin.admitted = true;
    twin.address = 100; // also before one that came first
    expect(&s, false, REASON_TWIN, "approval:100");
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_eq(s.verdict.reason, REASON_APPROVED);
}

Test(decide_usb, of_two_twins_that_are_both_in_exactly_one_stays)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s);
    s.device.authorized = true;
    plug_twin(&s, &twin, list);
    expect(&s, false, REASON_TWIN, "approval:100");
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_eq(s.verdict.reason, REASON_APPROVED);
}

Test(decide_usb, another_model_or_serial_is_no_twin)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s);
    plug_twin(&s, &twin, list);
    twin.serial = TEXT("S2");
    expect(&s, true, REASON_APPROVED, "approval:100");
    twin.serial = TEXT("S1");
    twin.hash[0]++;
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(decide_usb, keyboards_and_whole_models_have_no_twins)
{
    SCENE(&keyboard);
    struct usb_device twin, *list[2];
    plug_twin(&s, &twin, list);
    expect(&s, true, REASON_DEFAULT, "default:keyboard");
    s.interfaces[0] = storage;
    approve(&s)->any_serial = true;
    expect(&s, true, REASON_APPROVED, "approval:100");
}

// ---- What turns into something else -------------------------------------------------------------

Test(turned, no_default_and_no_name_lets_it_pass)
{
    SCENE(&keyboard);
    s.host.before = TENANT_OTHER;
    expect(&s, false, REASON_TURNED, "none");
    s.interfaces[0] = mouse;
    expect(&s, false, REASON_TURNED, "none");
    s.interfaces[0] = media_keys;
    s.interfaces[0].driven = true; // somebody was faster
    expect(&s, false, REASON_TURNED, "none");

    struct approval named = {.vendor = 0x0951, .product = 0x1666, .any_serial = true},
                    *list = &named;
    s.interfaces[0] = keyboard;
    s.gate.keyboards = (struct gate_class){DEFAULT_NAMED, &list, 1};
    expect(&s, false, REASON_TURNED, "none");
    s.host.before = TENANT_NONE;
    expect(&s, true, REASON_NAMED, "named:keyboard");
}

Test(turned, a_keyboard_that_grew_a_stick_is_shut_as_a_whole)
{
    SCENE(&keyboard, &storage);
    s.host.before = TENANT_CHANGED;
    expect(&s, false, REASON_TURNED, "none");
    cr_expect(!s.verdict.interface[0] && !s.verdict.interface[1]);
}

Test(turned, a_hub_passes_all_the_same)
{
    SCENE(&hub);
    s.device.class = 9;
    s.host.before = TENANT_OTHER;
    expect(&s, true, REASON_DEFAULT, "default:hub");
}

Test(turned, an_approval_of_this_very_model_lets_it_pass)
{
    SCENE(&storage, &keyboard);
    s.host.before = TENANT_CHANGED;
    struct approval *a = approve(&s);
    expect(&s, true, REASON_APPROVED, "approval:100");
    a->has_hash = false;
    expect(&s, false, REASON_TURNED, "approval:100");
    s.host.before = TENANT_OTHER; // of several modes, each with its own number
    expect(&s, true, REASON_APPROVED, "approval:100");
    a->has_hash = true;
    a->hash[0]++;
    s.host.before = TENANT_CHANGED;
    expect(&s, false, REASON_MODEL_CHANGED, "none");
}

// ---- Twins told apart by what is on them ------------------------------------------------------

#define ONE "7796db80-b101-43dd-b570-94d40c326ecd"
#define TWO "4f42f162-5415-4196-96ec-69f7b2c530af"
#define THREE "11111111-5415-4196-96ec-69f7b2c530af"

static struct approval *approve_luks(struct scene *s, const char *uuid)
{
    struct approval *a = approve(s);
    a->luks = TEXT(uuid);
    a->encrypted = true;
    return a;
}

Test(luks, before_anybody_has_looked_it_is_held_like_any_encrypted_one)
{
    SCENE(&storage);
    approve_luks(&s, ONE);
    expect(&s, true, REASON_APPROVED, "approval:100");
    cr_expect(s.verdict.encrypted && s.verdict.needs_record && !s.verdict.unidentified);
    approve_luks(&s, TWO);
    expect(&s, true, REASON_APPROVED, "luks");
    cr_expect(s.verdict.unidentified);
    s.host.agent_alive = false;
    expect(&s, false, REASON_AGENT_AWAY, "luks");
}

Test(luks, what_is_on_it_names_its_approval)
{
    SCENE(&storage);
    approve_luks(&s, ONE)->read_only = true;
    approve_luks(&s, TWO);
    s.device.luks = TEXT(TWO);
    expect(&s, true, REASON_APPROVED, "approval:101");
    cr_expect(!s.verdict.unidentified);
    cr_expect(s.verdict.read_only, "the conditions of approvals beside each other add up");
    s.device.luks = TEXT(ONE);
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(luks, foreign_contents_are_refused_and_each_container_is_asked_for)
{
    SCENE(&storage);
    approve_luks(&s, ONE);
    s.device.luks = TEXT(THREE);
    expect(&s, false, REASON_WRONG_MEDIUM, "approval:100");
    s.device.luks = TEXT(ONE " " TWO);
    expect(&s, false, REASON_WRONG_MEDIUM, "approval:100");
    approve_luks(&s, TWO);
    expect(&s, true, REASON_APPROVED, "approval:101");
    s.device.luks = TEXT(ONE " more");
    expect(&s, false, REASON_WRONG_MEDIUM, "luks");
}

Test(luks, a_wider_approval_does_not_stand_in_for_foreign_contents)
{
    SCENE(&storage);
    approve(&s);
    approve_luks(&s, ONE)->has_hash = false;
    s.device.luks = TEXT(TWO);
    expect(&s, false, REASON_WRONG_MEDIUM, "approval:101");
    s.approvals[1].any_serial = true; // the serial weighs more than the contents
    s.approvals[1].serial = NULL;
    expect(&s, true, REASON_APPROVED, "approval:100");
}

Test(luks, an_ended_approval_names_nothing)
{
    SCENE(&storage);
    approve_luks(&s, ONE)->until_ns = NOW;
    approve_luks(&s, TWO);
    s.device.luks = TEXT(ONE);
    expect(&s, false, REASON_WRONG_MEDIUM, "approval:101");
}

Test(luks, twins_pass_beside_each_other_unless_they_hold_the_same)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve_luks(&s, ONE);
    approve_luks(&s, TWO);
    plug_twin(&s, &twin, list);
    expect(&s, true, REASON_APPROVED, "luks");
    s.device.authorized = true;
    s.device.luks = TEXT(ONE);
    twin.luks = TEXT(TWO);
    expect(&s, true, REASON_APPROVED, "approval:100");
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_str_eq(s.verdict.rule, "approval:101");

    twin.luks = TEXT(ONE); // a copy, bit by bit
    expect(&s, false, REASON_TWIN, "approval:100");
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_eq(s.verdict.reason, REASON_APPROVED);
}

Test(luks, twins_are_told_apart_by_ports_too)
{
    SCENE(&storage);
    struct usb_device twin, *list[2];
    approve(&s)->port = s.device.port;
    plug_twin(&s, &twin, list);
    twin.port = TEXT("pci-0000:00:04.0-usb-0:3");
    expect(&s, true, REASON_APPROVED, "approval:100");
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_eq(s.verdict.reason, REASON_WRONG_PORT);
    approve(&s)->port = twin.port;
    decide_usb(&s.gate, &s.host, &twin, &s.verdict);
    cr_expect_str_eq(s.verdict.rule, "approval:101");
}

// ---- Whatever comes ---------------------------------------------------------------------------

static struct usb_interface any_interface(unsigned *seed)
{
    static const uint8_t classes[] = {1, 2, 3, 6, 7, 8, 9, 10, 11, 14, 0xE0, 0xEF, 0xFF, 3, 3, 9};
    return (struct usb_interface){
        .configuration = (uint8_t)(1 + rand_r(seed) % 2),
        .number = (uint8_t)(rand_r(seed) % 3),
        .alternate = (uint8_t)(rand_r(seed) % 3),
        .class = classes[(size_t)rand_r(seed) % ELEMENTS(classes)],
        .subclass = (uint8_t)(rand_r(seed) % 8),
        .protocol = (uint8_t)(rand_r(seed) % 4),
    };
}

static bool is_input_or_hub(const struct usb_interface *interface)
{
    return interface->class == 3 || interface->class == 9;
}

Test(decide_usb, without_approvals_nothing_but_input_and_hubs_ever_passes)
{
    unsigned seed = 7;
    SCENE(&storage);
    for (int round = 0; round < 50000; round++) {
        s.device.n_interfaces = 1 + (size_t)rand_r(&seed) % 8;
        s.device.class = rand_r(&seed) % 4 ? 0 : 9;
        s.host.agent_alive = rand_r(&seed) % 2;
        for (size_t i = 0; i < s.device.n_interfaces; i++)
            s.interfaces[i] = any_interface(&seed);
        decide_usb(&s.gate, &s.host, &s.device, &s.verdict);

        bool any = false;
        for (size_t i = 0; i < s.device.n_interfaces; i++) {
            const struct usb_interface *f = &s.interfaces[i];
            cr_assert(!s.verdict.interface[i] || is_input_or_hub(f));
            cr_assert_eq(verdict_covers(&s.verdict, &s.device, f->configuration, f->number),
                         s.verdict.interface[i], "all alternates have one answer");
            any |= s.verdict.interface[i];
        }
        cr_assert_eq(s.verdict.allowed, any);
        cr_assert(!s.verdict.needs_record && !s.verdict.approval);
    }
}

Test(decide_usb, an_approval_never_makes_a_device_pass_less)
{
    unsigned seed = 11;
    SCENE(&storage);
    approve(&s);
    for (int round = 0; round < 20000; round++) {
        struct verdict before;
        s.device.n_interfaces = 1 + (size_t)rand_r(&seed) % 8;
        for (size_t i = 0; i < s.device.n_interfaces; i++)
            s.interfaces[i] = any_interface(&seed);
        s.approvals[0].until_ns = rand_r(&seed) % 2 ? 0 : NOW - DAY + (uint64_t)rand_r(&seed) * DAY;
        s.host.agent_alive = rand_r(&seed) % 2;
        s.gate.n_approvals = 0;
        decide_usb(&s.gate, &s.host, &s.device, &before);
        s.gate.n_approvals = 1;
        decide_usb(&s.gate, &s.host, &s.device, &s.verdict);
        for (size_t i = 0; i < s.device.n_interfaces; i++)
            cr_assert(!before.interface[i] || s.verdict.interface[i]);
        cr_assert_eq(s.verdict.approval != NULL, s.verdict.needs_record);
    }
}

Test(decide_usb, a_device_with_as_many_interfaces_as_can_be_is_decided)
{
    static struct usb_interface many[USB_INTERFACES_MAX + 1];
    SCENE(&keyboard);
    for (size_t i = 0; i < ELEMENTS(many); i++)
        many[i] = (struct usb_interface){.number = (uint8_t)(i / 100), .class = 3};
    s.device.interfaces = many;
    s.device.n_interfaces = USB_INTERFACES_MAX;
    expect(&s, true, REASON_DEFAULT, "default:hid");
    s.device.n_interfaces++;
    expect(&s, false, REASON_MALFORMED, "none");
}

// ---- Words ------------------------------------------------------------------------------------

Test(reason, every_reason_has_a_word_that_reads_back_and_a_sentence)
{
    for (enum reason reason = 0; reason < REASON_MAX; reason++) {
        enum reason back;
        cr_assert_eq(reason_from_str(reason_to_str(reason), &back), 0);
        cr_expect_eq(back, reason);
        cr_expect_gt(strlen(reason_to_sentence(reason)), 10);
    }
    enum reason back;
    cr_expect_lt(reason_from_str("because", &back), 0);
    cr_expect_lt(reason_from_str("", &back), 0);
}
