// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked for, what for, and until when.
#include "daemon/request-terms.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/permit-keeper.h"
#include "policy/record.h"

#include <errno.h>
#include <string.h>

#define LONGEST_NS (UINT64_C(31) * 24 * 3600 * NS_PER_S) // without a policy
#define EXPIRES_NS (UINT64_C(7) * 24 * 3600 * NS_PER_S)

// −ENODATA: it is not said.
static int take_text(json_object *terms, const char *key, char **field)
{
    const char *text = json_get_text(terms, key);
    if (!text || text[0] == '\0')
        return -ENODATA;
    if (strlen(text) > REQUEST_TEXT_MAX)
        return -EINVAL;
    // What the bus had to escape is not escaped once more.
    char *escaped = record_is_text(text, REQUEST_TEXT_MAX)
                        ? text_dup(text)
                        : text_escape(text, strlen(text), REQUEST_TEXT_MAX);
    if (!escaped)
        return -ENOMEM;
    free(*field);
    *field = escaped;
    return strlen(escaped) > REQUEST_TEXT_MAX ? -EINVAL : 0;
}

static int need_text(json_object *terms, const char *key, char **field, const char *missing,
                     char **ret_why)
{
    int r = take_text(terms, key, field);
    if (r == -ENODATA)
        return bus_refuse(-EINVAL, ret_why, missing);
    return r < 0 ? bus_refuse(r, ret_why, N_("A text of the request is too long.")) : 0;
}

static int take_until(const struct request_keeper *keeper, json_object *terms,
                      struct request *request, char **ret_why)
{
    uint64_t longest_ns = keeper->policy ? keeper->policy->request_longest_ns : LONGEST_NS;
    request->until_ns = json_get_number(terms, "until_ns");
    if (request->until_ns == 0)
        return bus_refuse(-EINVAL, ret_why, N_("Until when? What is asked for has an end."));
    if (request->until_ns <= request->made_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The end lies in the past."));
    if (request->until_ns - request->made_ns > longest_ns)
        return bus_refuse(-EINVAL, ret_why,
                          N_("That is longer than the policy allows to ask for."));
    return 0;
}

// ---- What --------------------------------------------------------------------------------------

static char *device_name(const struct approval *device)
{
    const char *description = device->description ? device->description : "";
    CLEANUP_FREE char *text =
        text_format("%04x:%04x%s%s %s", device->vendor, device->product, device->serial ? ":" : "",
                    device->serial ? device->serial : "", description);
    if (!text)
        return NULL;
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
        text[--n] = '\0';
    if (strlen(text) > REQUEST_TEXT_MAX) // its maker was talkative; `device` has it all
        return text_format("%04x:%04x", device->vendor, device->product);
    return TAKE_PTR(text);
}

// Another one may be plugged in there by now.
static int check_identity(const struct approval *device, const char *identity, char **ret_why)
{
    if (!identity)
        return 0;
    CLEANUP_FREE char *found =
        text_format("%04x:%04x%s%s", device->vendor, device->product, device->serial ? ":" : "",
                    device->serial ? device->serial : "");
    if (!found)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    return text_equal(found, identity)
               ? 0
               : bus_refuse(-ENODEV, ret_why,
                            N_("This device is not plugged in any longer. Plug it in again."));
}

static int take_device(const struct request_keeper *keeper, json_object *terms,
                       struct request *request, char **ret_why)
{
    const char *name = json_get_text(terms, "device");
    if (!name || name[0] == '\0')
        return bus_refuse(-EINVAL, ret_why, N_("Which device? See: sekisho usb list"));
    int r = approvals_describe(&keeper->approvals, name, &request->device, ret_why);
    if (r < 0)
        return r;
    r = check_identity(request->device, json_get_text(terms, "identity"), ret_why);
    if (r < 0)
        return r;
    request->device->read_only = json_get_bool(terms, "read_only");
    request->device->encrypted = json_get_bool(terms, "encrypted");
    request->subject = device_name(request->device);
    return request->subject ? 0 : bus_refuse(-ENOMEM, ret_why, N_("No memory."));
}

static int take_scope(json_object *terms, struct request *request, char **ret_why)
{
    struct airgap *scope = &request->scope;
    int r = permit_keeper_take_scope(terms, scope,
                                     N_("Nothing is asked for: name a link or a peer."), ret_why);
    if (r < 0)
        return r;
    struct permit permit = {.scope = *scope}; // borrows it
    request->subject = permit_name(&permit);
    return request->subject ? 0 : bus_refuse(-ENOMEM, ret_why, N_("No memory."));
}

static int take_take_out(json_object *terms, struct request *request, char **ret_why)
{
    int r = need_text(terms, "medium", &request->subject,
                      N_("On what does it leave? Name the medium."), ret_why);
    if (r == 0)
        r = need_text(terms, "contents", &request->contents,
                      N_("What leaves? Say what stands on the medium."), ret_why);
    if (r == 0)
        r = need_text(terms, "destination", &request->destination,
                      N_("Where does it go? Name the destination."), ret_why);
    return r;
}

static int take_subject(const struct request_keeper *keeper, json_object *terms,
                        struct request *request, char **ret_why)
{
    switch (request->what) {
    case REQUEST_DEVICE:
        return take_device(keeper, terms, request, ret_why);
    case REQUEST_PEER:
    case REQUEST_LINK:
        return take_scope(terms, request, ret_why);
    case REQUEST_TAKE_OUT:
        return take_take_out(terms, request, ret_why);
    case REQUEST_WHAT_MAX:
        break;
    }
    return -EINVAL;
}

int request_terms_take(const struct request_keeper *keeper, const struct bus_person *who,
                       const char *what, json_object *terms, struct request **ret, char **ret_why)
{
    CLEANUP(request_free_p) struct request *request = calloc(1, sizeof *request);
    if (!request || text_set(&request->asker, who->name) < 0)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    if (request_what_from_str(what, &request->what) < 0)
        return bus_refuse(-EINVAL, ret_why,
                          N_("This can't be asked for: device, peer, link or take-out can."));
    request->asker_uid = who->uid;
    request->made_ns = request_keeper_now(keeper);
    request->expires_ns =
        request->made_ns + (keeper->policy ? keeper->policy->request_expires_ns : EXPIRES_NS);
    int r = take_subject(keeper, terms, request, ret_why);
    if (r == 0)
        r = need_text(terms, "purpose", &request->purpose, N_("What for? Name the purpose."),
                      ret_why);
    if (r == 0)
        r = take_until(keeper, terms, request, ret_why);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(request);
    return 0;
}
