// SPDX-License-Identifier: GPL-3.0-or-later
// The kinds' table and the life of a fact.
#include "fact/fact.h"

#include "base/json.h"
#include "base/text.h"
#include "fact/audit_event.h"
#include "fact/audit_place.h"
#include "fact/medium.h"
#include "fact/net_link.h"
#include "fact/radio.h"
#include "fact/usb.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct kind_row {
    const char *name;
    enum severity severity;
    const char *object;
};

static const struct kind_row rows[] = {
#define KIND(identifier, text, default_severity, type)                                             \
    [FACT_##identifier] = {text, SEVERITY_##default_severity, #type},
#include "fact/kinds.def"
#undef KIND
};
static_assert(ELEMENTS(rows) == FACT_KIND_MAX, "a row for each kind");

const char *fact_kind_to_str(enum fact_kind kind)
{
    assert(kind < FACT_KIND_MAX);
    return rows[kind].name;
}

int fact_kind_from_str(const char *text, enum fact_kind *ret)
{
    for (enum fact_kind k = 0; k < FACT_KIND_MAX; k++) {
        if (text_equal(rows[k].name, text)) {
            *ret = k;
            return 0;
        }
    }
    return -EINVAL;
}

enum severity fact_kind_severity(enum fact_kind kind)
{
    assert(kind < FACT_KIND_MAX);
    return rows[kind].severity;
}

const char *fact_kind_object(enum fact_kind kind)
{
    assert(kind < FACT_KIND_MAX);
    return rows[kind].object;
}

bool fact_kind_is_observation(enum fact_kind kind)
{
    return strcmp(fact_kind_object(kind), "observation") == 0;
}

struct fact *fact_new(enum fact_kind kind)
{
    struct fact *fact = calloc(1, sizeof *fact);
    if (!fact)
        return NULL;
    fact->kind = kind;
    fact->severity = fact_kind_severity(kind);
    fact->at = moment_now();
    fact->uid = FACT_NO_UID;
    return fact;
}

void fact_free(struct fact *fact)
{
    if (!fact)
        return;
    free(fact->user);
    free(fact->session);
    free(fact->exe);
    free(fact->object);
    free(fact->outcome);
    free(fact->details);
    usb_device_free(fact->usb);
    usb_setting_free(fact->setting);
    medium_free(fact->medium);
    mount_free(fact->mount);
    audit_event_free(fact->audit);
    audit_place_free(fact->place);
    net_link_free(fact->link);
    free(fact->attempt);
    radio_free(fact->radio);
    free(fact->packets);
    free(fact);
}

struct json_object *fact_read_details(const struct fact *fact)
{
    const char *text = fact->details;
    return text ? json_parse(text, strlen(text), json_type_object) : NULL;
}

int fact_copy(const struct fact *fact, struct fact **ret)
{
    CLEANUP(fact_free_p) struct fact *copy = calloc(1, sizeof *copy);
    if (!copy)
        return -ENOMEM;
    copy->kind = fact->kind;
    copy->severity = fact->severity;
    copy->at = fact->at;
    copy->uid = fact->uid;
    copy->pid = fact->pid;
    if (text_set(&copy->user, fact->user) < 0 || text_set(&copy->session, fact->session) < 0 ||
        text_set(&copy->exe, fact->exe) < 0 || text_set(&copy->object, fact->object) < 0 ||
        text_set(&copy->outcome, fact->outcome) < 0 || text_set(&copy->details, fact->details) < 0)
        return -ENOMEM;
    *ret = TAKE_PTR(copy);
    return 0;
}
