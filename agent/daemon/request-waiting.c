// SPDX-License-Identifier: GPL-3.0-or-later
// From open requests to alerts.
#include "daemon/request-waiting.h"

#include "base/json.h"
#include "base/text.h"
#include "daemon/person.h"

#include <errno.h>
#include <inttypes.h>

#define WAITING_MAX 20 // leaves room in a notifier for what is worse

static int describe(const struct request *request, json_object **ret)
{
    CLEANUP_FREE char *cause = text_format("request %" PRIu64 " waits", request->number);
    json_object *details = NULL;
    int r = cause ? request_to_object(request, &details) : -ENOMEM;
    if (r < 0)
        return r;
    json_object *object = json_object_new_object();
    json_add_number(object, "sequence", request->number);
    json_add_number(object, "count", 1);
    json_add_bool(object, "answered", false);
    json_add_bool(object, "concerns", true);
    json_add_number(object, "reminded", 0);
    json_add_text(object, "cause", cause);
    json_add_text(object, "kind", fact_kind_to_str(FACT_REQUEST_MADE));
    json_add_text(object, "severity", severity_to_str(SEVERITY_NOTICE));
    json_add_number(object, "time_ns", request->made_ns);
    json_add_number(object, "uid", request->asker_uid);
    json_add_text(object, "user", request->asker);
    json_add_text(object, "object", request->subject);
    json_add_text(object, "outcome", "waiting");
    json_add(object, "details", details);
    json_add_number(object, "request", request->number);
    *ret = object;
    return 0;
}

int request_waiting_list(const struct request_keeper *keeper, const struct bus_person *who,
                         uint64_t since, json_object *list)
{
    size_t n, listed = 0;
    uint64_t now_ns = request_keeper_now(keeper);
    struct request *const *requests = registers_requests(keeper->registers, &n);
    if (!person_is_administrator(who, keeper->policy))
        return 0;
    for (size_t i = 0; i < n && listed < WAITING_MAX; i++) {
        json_object *object = NULL;
        if (requests[i]->number <= since || requests[i]->asker_uid == who->uid ||
            request_state_at(requests[i], now_ns) != REQUEST_OPEN)
            continue;
        int r = describe(requests[i], &object);
        if (r < 0)
            return r;
        json_object_array_add(list, object);
        listed++;
    }
    return 0;
}
