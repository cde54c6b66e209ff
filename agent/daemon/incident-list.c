// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents as documents, for those who may see them.
#include "daemon/incident-keeper-parts.h"

#include "base/i18n.h"
#include "base/json.h"
#include "bus/bus.h"

#include <errno.h>

bool incident_is_own(const struct incident *incident, uint32_t uid)
{
    if (incident->what)
        return incident->opened.uid == uid;
    return incident->uid == FACT_NO_UID || incident->uid == uid;
}

// What officers write down is for those who may read all.
static void hide_notes(json_object *object)
{
    static const char *const keys[] = {"notes", "notes_gone", "found", "measure", "waived"};
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        json_object_object_del(object, keys[i]);
}

static int describe(const struct incident_keeper *keeper, const struct incident *incident, bool all,
                    json_object **ret)
{
    CLEANUP(incident_free_p) struct incident *current = NULL;
    json_object *object = NULL;
    int r = incident_keeper_copy(keeper, incident, &current);
    if (r == 0)
        r = incident_to_object(current, &object);
    if (r < 0)
        return r;
    json_add_text(object, "state", incident_state_to_str(incident_state_of(current)));
    json_add_text(object, "name", incident_name(current));
    if (!all)
        hide_notes(object);
    *ret = object;
    return 0;
}

int incident_keeper_list(const struct incident_keeper *keeper, const struct bus_person *who,
                         bool all, uint64_t since, json_object **ret_answer)
{
    size_t n;
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    CLEANUP_JSON json_object *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        if (incidents[i]->number <= since || (!all && !incident_is_own(incidents[i], who->uid)))
            continue;
        int r = describe(keeper, incidents[i], all, &object);
        if (r < 0)
            return r;
        json_object_array_add(list, object);
    }
    *ret_answer = TAKE_PTR(list);
    return 0;
}

// The same words whether there is none or it is another person's.
int incident_keeper_get(const struct incident_keeper *keeper, const struct bus_person *who,
                        bool all, uint64_t number, json_object **ret_answer, char **ret_why)
{
    const struct incident *incident = incident_keeper_find(keeper, number);
    if (!incident || (!all && !incident_is_own(incident, who->uid)))
        return bus_refuse(-ENOENT, ret_why, N_("There is no incident with this number for you."));
    return describe(keeper, incident, all, ret_answer);
}
