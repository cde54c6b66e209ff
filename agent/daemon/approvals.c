// SPDX-License-Identifier: GPL-3.0-or-later
// usb allow, usb forget, usb learn.
#include "daemon/approvals.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"
#include "fact/luks_set.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 500 // bytes of a reason or permit number
// Many rows at once on a slow disk: none is begun after this time, so that the daemon answers, and
// its watchdog hears of it.
#define ROWS_NS (10 * NS_PER_S)

// ---- What is to be approved --------------------------------------------------------------------

struct search {
    const char *name; // sysname or identity
    struct approval *approval;
    char *port, *luks; // where it is, and what is on it
    size_t found;
    int error;
};

static void search_clear(struct search *search)
{
    free(search->port);
    free(search->luks);
}

static int describe(const struct usb_device *device, struct approval *approval)
{
    approval->vendor = device->vendor;
    approval->product = device->product;
    approval->has_hash = true;
    memcpy(approval->hash, device->hash, sizeof approval->hash);
    int r = text_set(&approval->serial, device->serial);
    if (r == 0 && !device->serial) // nothing tells it from its like, but where it is
        r = text_set(&approval->port, device->port);
    if (r < 0)
        return r;
    free(approval->description);
    approval->description = text_format("%s %s", device->manufacturer ? device->manufacturer : "",
                                        device->name ? device->name : "");
    return approval->description ? 0 : -ENOMEM;
}

static int match(void *context, const struct usb_device *device, const struct verdict *verdict)
{
    struct search *search = context;
    (void)verdict;
    CLEANUP_FREE char *identity = usb_device_identity(device);
    if (!identity)
        return -ENOMEM;
    if (!text_equal(search->name, device->sysname) && !text_equal(search->name, identity))
        return 0;
    if (device->malformed) {
        search->error = -EBADMSG;
        return 0;
    }
    search->found++;
    int r = text_set(&search->port, device->port);
    if (r == 0)
        r = text_set(&search->luks, device->luks);
    return r < 0 ? r : describe(device, search->approval);
}

// From what is plugged in, or from "VID:PID[:SERIAL]" alone.
static int find_device(const struct approvals_context *context, struct search *search,
                       char **ret_why)
{
    int r = usb_guard_visit(context->usb, match, search);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The devices could not be read."));
    if (search->error < 0)
        return bus_refuse(
            search->error, ret_why,
            N_("This device contradicts itself in its descriptors and can't be approved."));
    if (search->found > 1 && !strchr(search->name, '-'))
        return bus_refuse(
            -ENOTUNIQ, ret_why,
            N_("Several devices have this name. Choose one by its number in: sekisho usb list"));
    if (search->found > 0)
        return 0;
    if (approval_parse_device(search->name, false, search->approval) < 0)
        return bus_refuse(
            -EINVAL, ret_why,
            N_("No such device. Give its number in `sekisho usb list`, or VID:PID:SERIAL."));
    return 0;
}

// ---- How ---------------------------------------------------------------------------------------

static int take_words(json_object *options, const char *key, char **field)
{
    json_object *value;
    if (!json_object_object_get_ex(options, key, &value))
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return -EINVAL;
    const char *text = json_object_get_string(value);
    free(*field);
    *field = text_escape(text, strlen(text), WORDS_MAX);
    return *field ? 0 : -ENOMEM;
}

static bool flag(json_object *options, const char *key)
{
    json_object *value;
    return json_object_object_get_ex(options, key, &value) && json_object_get_boolean(value);
}

// true: the one that is on it now.
static int take_luks(json_object *options, const struct search *search, char **ret_why)
{
    json_object *luks;
    char uuid[UUID_TEXT_SIZE];
    if (!json_object_object_get_ex(options, "luks", &luks))
        return 0;
    search->approval->encrypted = true;
    if (json_object_is_type(luks, json_type_string)) {
        if (text_to_uuid(json_object_get_string(luks), uuid) < 0)
            return bus_refuse(-EINVAL, ret_why, N_("This is no LUKS UUID."));
        return text_set(&search->approval->luks, uuid);
    }
    const char *rest = search->luks;
    if (!json_object_get_boolean(luks) || !luks_set_next(&rest, uuid))
        return bus_refuse(
            -ENODATA, ret_why,
            N_("Nobody has looked at what is on it yet. Approve it with --encrypted first "
               "and repeat this, or name its UUID."));
    if (*rest != '\0')
        return bus_refuse(
            -ENOTUNIQ, ret_why,
            N_("There are several LUKS containers on it. Approve each by its UUID; they "
               "stand in: sekisho usb list"));
    return text_set(&search->approval->luks, uuid);
}

static int take_port(json_object *options, const struct search *search, char **ret_why)
{
    if (!flag(options, "port"))
        return 0;
    if (search->found == 0)
        return bus_refuse(
            -ENODEV, ret_why,
            N_("It is not plugged in, so nobody knows at which port it is to be used."));
    return text_set(&search->approval->port, search->port);
}

static int take_options(json_object *options, const struct bus_person *who,
                        struct approval *approval, char **ret_why)
{
    json_object *until;
    approval->read_only = flag(options, "read_only");
    approval->encrypted = flag(options, "encrypted");
    approval->granted_ns = moment_now().wall_ns;
    approval->approver_uid = who->uid;
    if (json_object_object_get_ex(options, "until_ns", &until))
        approval->until_ns = (uint64_t)json_object_get_int64(until);
    if (approval->until_ns && approval->until_ns <= approval->granted_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The end of the approval lies in the past."));
    if (take_words(options, "reason", &approval->reason) < 0 ||
        take_words(options, "permit", &approval->permit) < 0)
        return bus_refuse(-EINVAL, ret_why, N_("Reason and permit must be texts."));
    return text_set(&approval->approver, who->name) < 0
               ? bus_refuse(-ENOMEM, ret_why, N_("No memory."))
               : 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static char *approval_name(const struct approval *approval)
{
    return approval->serial
               ? text_format("%04x:%04x:%s", approval->vendor, approval->product, approval->serial)
               : text_format("%04x:%04x", approval->vendor, approval->product);
}

static int record(const struct approvals_context *context, enum fact_kind kind, const char *outcome,
                  const struct approval *approval, const struct bus_person *who,
                  uint64_t *ret_sequence)
{
    CLEANUP_FREE char *name = approval_name(approval), *json = NULL;
    int r = approval_to_json(approval, &json);
    if (r < 0 || !name)
        return r < 0 ? r : -ENOMEM;
    CLEANUP(fact_free_p) struct fact *fact = recorder_fact(kind, name, outcome, NULL);
    if (!fact)
        return -ENOMEM;
    fact->details = TAKE_PTR(json);
    person_sign(fact, who);
    return recorder_put_and_wait(context->recorder, TAKE_PTR(fact), ret_sequence);
}

static int grant(const struct approvals_context *context, const struct approval *approval,
                 const struct bus_person *who, uint64_t *ret_sequence, char **ret_why)
{
    size_t n;
    (void)registers_approvals(context->registers, &n);
    if (n >= APPROVALS_MAX)
        return bus_refuse(-ENOSPC, ret_why,
                          N_("The register is full. Forget approvals that nobody needs."));
    int r = record(context, FACT_APPROVAL_GRANTED, "granted", approval, who, ret_sequence);
    return r < 0 ? bus_refuse(r, ret_why,
                              N_("The approval could not be recorded, so it was not granted. See: "
                                 "sekisho status"))
                 : 0;
}

// ---- Keyboards that wait -----------------------------------------------------------------------

struct waiting {
    const char *name; // sysname or identity
    char *sysname, *identity;
    size_t found;
};

static void waiting_clear(struct waiting *waiting)
{
    free(waiting->sysname);
    free(waiting->identity);
}

// ---- Public ------------------------------------------------------------------------------------

int approvals_allow(const struct approvals_context *context, const struct bus_person *who,
                    const char *device, json_object *options, json_object **ret_answer,
                    char **ret_why)
{
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    uint64_t sequence;
    if (!approval)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    CLEANUP(search_clear) struct search search = {.name = device, .approval = approval};
    int r = find_device(context, &search, ret_why);
    if (r == 0)
        r = take_options(options, who, approval, ret_why);
    if (r == 0)
        r = take_luks(options, &search, ret_why);
    if (r == 0)
        r = take_port(options, &search, ret_why);
    if (r == 0)
        r = grant(context, approval, who, &sequence, ret_why);
    if (r < 0)
        return r;
    context->changed(context->context);
    json_object *answer = json_object_new_object();
    CLEANUP_FREE char *name = approval_name(approval);
    json_add_number(answer, "number", sequence);
    json_add_text(answer, "device", name ? name : "");
    *ret_answer = answer;
    return 0;
}

int approvals_describe(const struct approvals_context *context, const char *device,
                       struct approval **ret, char **ret_why)
{
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    if (!approval)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    CLEANUP(search_clear) struct search search = {.name = device, .approval = approval};
    int r = find_device(context, &search, ret_why);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(approval);
    return 0;
}

// The port at which it is now.
static int take_its_port(const struct approvals_context *context, json_object *options,
                         struct approval *approval, char **ret_why)
{
    CLEANUP(approval_free_p) struct approval *found = calloc(1, sizeof *found);
    CLEANUP_FREE char *name = approval_name(approval);
    if (!flag(options, "port") || approval->port)
        return 0;
    if (!found || !name)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    CLEANUP(search_clear) struct search search = {.name = name, .approval = found};
    int r = usb_guard_visit(context->usb, match, &search);
    if (r < 0 || search.found != 1)
        return bus_refuse(
            r < 0 ? r : -ENODEV, ret_why,
            N_("It is not plugged in, so nobody knows at which port it is to be used."));
    return text_set(&approval->port, search.port);
}

int approvals_grant_request(const struct approvals_context *context, const struct bus_person *who,
                            const struct approval *device, json_object *options, uint64_t request,
                            uint64_t *ret_number, char **ret_why)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    int r = approval_copy(device, &approval);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    r = take_options(options, who, approval, ret_why);
    if (r < 0)
        return r;
    approval->request = request;
    r = take_its_port(context, options, approval, ret_why);
    if (r == 0)
        r = grant(context, approval, who, ret_number, ret_why);
    if (r < 0)
        return r;
    context->changed(context->context);
    return 0;
}

static int find_waiting(void *context, const struct usb_device *device,
                        const struct verdict *verdict)
{
    struct waiting *waiting = context;
    CLEANUP_FREE char *identity = usb_device_identity(device);
    if (!identity)
        return -ENOMEM;
    if (verdict->reason != REASON_ASKED ||
        (!text_equal(waiting->name, device->sysname) && !text_equal(waiting->name, identity)))
        return 0;
    waiting->found++;
    int r = text_set(&waiting->identity, identity);
    return r < 0 ? r : text_set(&waiting->sysname, device->sysname);
}

int approvals_accept(const struct approvals_context *context, const struct bus_person *who,
                     const char *device, json_object **ret_answer, char **ret_why)
{
    CLEANUP(waiting_clear) struct waiting waiting = {.name = device};
    uint64_t sequence;
    int r = usb_guard_visit(context->usb, find_waiting, &waiting);
    if (r < 0)
        return bus_refuse(r, ret_why, _("The devices could not be read."));
    if (waiting.found != 1)
        return bus_refuse(
            -ENOENT, ret_why,
            _("No keyboard of this number waits for an answer. See: sekisho usb list"));
    struct fact *fact = recorder_fact(FACT_REQUEST_APPROVED, waiting.identity, "accepted", NULL);
    if (fact)
        person_sign(fact, who);
    r = recorder_put_and_wait(context->recorder, fact, &sequence);
    if (r < 0)
        return bus_refuse(
            r, ret_why,
            _("The answer could not be recorded, so the keyboard stays shut. See: sekisho "
              "status"));
    usb_guard_accept(context->usb, waiting.sysname);
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "sequence", sequence);
    json_add_text(*ret_answer, "device", waiting.identity);
    return 0;
}

// An approval that names another port or other contents is a twin's.
static bool is_for_plugged(const struct approval *approval, const struct search *plugged)
{
    const struct approval *found = plugged->approval;
    return plugged->found > 0 && found->vendor == approval->vendor &&
           found->product == approval->product && text_equal(found->serial, approval->serial) &&
           (!approval->port || text_equal(plugged->port, approval->port)) &&
           (!approval->luks || !plugged->luks || luks_set_has(plugged->luks, approval->luks));
}

// Does `name` mean this approval: its number, VID:PID[:SERIAL], or a device that is plugged in?
static bool is_meant(const struct approval *approval, const char *name,
                     const struct search *plugged)
{
    CLEANUP_FREE char *own = approval_name(approval),
                      *number = text_format("%llu", (unsigned long long)approval->number);
    return text_equal(own, name) || text_equal(number, name) || is_for_plugged(approval, plugged);
}

static int end_all(const struct approvals_context *context, const struct bus_person *who,
                   const struct search *plugged, int *ret_ended)
{
    int ended = 0;
    uint64_t begun_ns = moment_now().monotonic_ns;
    for (bool again = true; again;) {
        size_t n;
        if (moment_now().monotonic_ns > begun_ns + ROWS_NS)
            return -ETIMEDOUT;
        struct approval *const *all = registers_approvals(context->registers, &n);
        again = false;
        for (size_t i = 0; i < n && !again; i++) {
            uint64_t sequence;
            if (!is_meant(all[i], plugged->name, plugged))
                continue;
            int r = record(context, FACT_APPROVAL_ENDED, "forgotten", all[i], who, &sequence);
            if (r < 0)
                return r;
            ended++;
            again = true; // the register has moved
        }
    }
    *ret_ended = ended;
    return 0;
}

int approvals_forget(const struct approvals_context *context, const struct bus_person *who,
                     const char *device, json_object **ret_answer, char **ret_why)
{
    CLEANUP(approval_free_p) struct approval *plugged = calloc(1, sizeof *plugged);
    int ended = 0;
    if (!plugged)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    CLEANUP(search_clear) struct search search = {.name = device, .approval = plugged};
    int r = usb_guard_visit(context->usb, match, &search);
    if (r == 0)
        r = end_all(context, who, &search, &ended);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("The end of the approval could not be recorded; it stays in force."));
    if (ended == 0)
        return bus_refuse(
            -ENOENT, ret_why,
            N_("The register has no approval of this device. One in the policy file is "
               "ended there."));
    context->changed(context->context);
    *ret_answer = json_object_new_object();
    json_object_object_add(*ret_answer, "ended", json_object_new_int(ended));
    return 0;
}

struct lesson {
    const struct approvals_context *context;
    const struct bus_person *who;
    uint64_t begun_ns;
    json_object *learned;
    char **ret_why;
};

static int learn_one(void *context, const struct usb_device *device, const struct verdict *verdict)
{
    struct lesson *lesson = context;
    uint64_t sequence;
    if (device->malformed || (verdict->allowed && !verdict->partial))
        return 0;
    if (moment_now().monotonic_ns > lesson->begun_ns + ROWS_NS)
        return bus_refuse(
            -ETIMEDOUT, lesson->ret_why,
            N_("The ledger is slow, and only some devices were approved. Try again."));
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    json_object *none = json_object_new_object();
    int r = approval ? describe(device, approval) : -ENOMEM;
    if (r == 0)
        r = take_options(none, lesson->who, approval, lesson->ret_why);
    json_object_put(none);
    if (r == 0)
        r = text_set(&approval->reason, "usb learn");
    if (r == 0)
        r = grant(lesson->context, approval, lesson->who, &sequence, lesson->ret_why);
    CLEANUP_FREE char *name = r == 0 ? approval_name(approval) : NULL;
    if (name)
        json_object_array_add(lesson->learned, json_object_new_string(name));
    return r;
}

int approvals_learn(const struct approvals_context *context, const struct bus_person *who,
                    json_object **ret_answer, char **ret_why)
{
    struct lesson lesson = {context, who, moment_now().monotonic_ns, json_object_new_array(),
                            ret_why};
    int r = usb_guard_visit(context->usb, learn_one, &lesson);
    context->changed(context->context);
    if (r < 0) {
        json_object_put(lesson.learned);
        return *ret_why ? r : bus_refuse(r, ret_why, N_("Not every device could be approved."));
    }
    *ret_answer = json_object_new_object();
    json_object_object_add(*ret_answer, "learned", lesson.learned);
    return 0;
}
