// SPDX-License-Identifier: GPL-3.0-or-later
// The details of such a fact, written and read.
#include "fact/look.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

int look_put(const struct fact_sink *sink, enum fact_kind kind, json_object *facts, const char *why)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    CLEANUP_JSON json_object *details = json_object_new_object();
    if (!fact || !details)
        return -ENOMEM;
    if (facts)
        json_add(details, "facts", json_object_get(facts));
    else
        json_add_text(details, "why", why ? why : "?");
    int r = text_set(&fact->details, json_to_line(details));
    if (r == 0)
        sink->put(sink->context, TAKE_PTR(fact));
    return r;
}

int look_read(const struct fact *fact, struct look_found *ret)
{
    CLEANUP_JSON json_object *details = fact_read_details(fact);
    if (!details)
        return -EBADMSG;
    struct look_found found = {.facts = json_object_get(json_get(details, "facts"))};
    const char *why = json_get_text(details, "why");
    if (!found.facts) {
        found.why = text_dup(why ? why : "?");
        if (!found.why)
            return -ENOMEM;
    }
    *ret = found;
    return 0;
}

void look_found_clear(struct look_found *found)
{
    json_object_put(found->facts);
    free(found->why);
    *found = (struct look_found){0};
}
