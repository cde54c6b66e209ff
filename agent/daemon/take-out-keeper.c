// SPDX-License-Identifier: GPL-3.0-or-later
// From an approved request to a row of what has left, and what is overdue.
#include "daemon/take-out-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/record-fields.h"
#include "daemon/record-keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TOLD_AT_ONCE 8 // the others a minute later: the loop waits for the rows
#define AGAIN_NS (UINT64_C(24) * 3600 * NS_PER_S) // between two alerts of one that is overdue

static struct record_keeper records_of(const struct request_keeper *keeper)
{
    return (struct record_keeper){
        .recorder = keeper->recorder, .registers = keeper->registers, .ledger = keeper->ledger};
}

static int field_number(const char *name)
{
    return record_field_find(record_form_of(RECORD_TAKEOUTS), name);
}

static int set_field(struct record *record, const char *name, const char *value)
{
    return text_set(&record->fields[field_number(name)], value);
}

// ---- By which request --------------------------------------------------------------------------

static bool is_used(const struct request_keeper *keeper, const char *number)
{
    size_t n;
    struct record *const *records = registers_records(keeper->registers, RECORD_TAKEOUTS, &n);
    for (size_t i = 0; i < n; i++)
        if (text_equal(record_get(records[i], "request"), number))
            return true;
    return false;
}

static int find_request(const struct request_keeper *keeper, const struct bus_person *who,
                        const char *number, const struct request **ret, char **ret_why)
{
    uint64_t wanted;
    const struct request *request = number && text_to_u64(number, 10, INT64_MAX, &wanted) == 0
                                        ? request_keeper_find(keeper, wanted)
                                        : NULL;
    // The same words whether there is none or it is another person's.
    if (!request || request->what != REQUEST_TAKE_OUT || request->asker_uid != who->uid)
        return bus_refuse(-ENOENT, ret_why,
                          N_("You have no request with this number for taking something out. See: "
                             "sekisho request list"));
    if (request->state != REQUEST_APPROVED)
        return bus_refuse(-EACCES, ret_why,
                          N_("This request is not approved, so nothing may leave by it."));
    if (request->until_ns <= request_keeper_now(keeper))
        return bus_refuse(-EACCES, ret_why, N_("The end of what was asked for has passed."));
    CLEANUP_FREE char *plain = text_format("%" PRIu64, request->number);
    if (!plain || is_used(keeper, plain))
        return bus_refuse(plain ? -EACCES : -ENOMEM, ret_why,
                          N_("Something has left by this request already; each serves once."));
    *ret = request;
    return 0;
}

// ---- Is it encrypted? --------------------------------------------------------------------------

struct sight {
    const char *name; // sysname or identity
    size_t found;
    bool is_encrypted; // whatever can be read on it
};

static int look(void *context, const struct usb_device *device, const struct verdict *verdict)
{
    struct sight *sight = context;
    CLEANUP_FREE char *identity = usb_device_identity(device);
    if (!identity)
        return -ENOMEM;
    if (!text_equal(sight->name, device->sysname) && !text_equal(sight->name, identity))
        return 0;
    sight->found++;
    // Only where the approval asks for encryption is nothing readable beside the containers.
    sight->is_encrypted = verdict->allowed && verdict->encrypted && device->luks;
    return 0;
}

static int find_encryption(const struct request_keeper *keeper, json_object *fields,
                           const char **ret, char **ret_why)
{
    struct sight sight = {.name = json_get_text(fields, "device")};
    if (!sight.name || sight.name[0] == '\0') {
        *ret =
            json_get_bool(fields, "encrypted") ? RECORD_TAKEOUT_STATED : RECORD_TAKEOUT_STATED_NONE;
        return 0;
    }
    int r = usb_guard_visit(keeper->approvals.usb, look, &sight);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The devices could not be read."));
    if (sight.found != 1)
        return bus_refuse(-ENODEV, ret_why,
                          N_("This device is not plugged in, or there are several of this name. "
                             "See: sekisho usb list"));
    *ret = sight.is_encrypted ? RECORD_TAKEOUT_LUKS : RECORD_TAKEOUT_NONE;
    return 0;
}

static int check_encryption(const char *encryption, json_object *fields, char **ret_why)
{
    const char *permit = json_get_text(fields, "permit");
    bool is_plain = text_equal(encryption, RECORD_TAKEOUT_NONE) ||
                    text_equal(encryption, RECORD_TAKEOUT_STATED_NONE);
    if (!is_plain || (permit && permit[0]))
        return 0;
    return bus_refuse(-EACCES, ret_why,
                      N_("Nothing leaves unencrypted without the city's permit: give its number. "
                         "A plugged medium counts as encrypted if its approval asks for that and "
                         "a LUKS container was found on it."));
}

// ---- Taking out --------------------------------------------------------------------------------

static json_object *choose_fields(const struct request *request, json_object *fields)
{
    static const char *const own[] = {"carrier", "copies", "permit"};
    json_object *chosen = json_object_new_object();
    json_add_text(chosen, "medium", request->subject);
    json_add_text(chosen, "contents", request->contents);
    json_add_text(chosen, "destination", request->destination);
    for (size_t i = 0; i < ELEMENTS(own); i++)
        if (json_get(fields, own[i]))
            json_add(chosen, own[i], json_object_get(json_get(fields, own[i])));
    uint64_t until_ns = json_get_number(fields, "until_ns");
    json_add_number(chosen, "until_ns", until_ns ? until_ns : request->until_ns);
    return chosen;
}

static int fill_in(const struct request *request, json_object *fields, const char *encryption,
                   struct record *record, char **ret_why)
{
    CLEANUP_JSON json_object *chosen = choose_fields(request, fields);
    CLEANUP_FREE char *number = text_format("%" PRIu64, request->number);
    if (json_get_number(chosen, "until_ns") > request->until_ns)
        return bus_refuse(-EINVAL, ret_why, N_("That is longer than was asked for."));
    int r = record_fields_take(record, RECORD_ADDING, chosen, ret_why);
    if (r < 0)
        return r;
    r = number ? set_field(record, "request", number) : -ENOMEM;
    if (r == 0)
        r = set_field(record, "encryption", encryption);
    return r < 0 ? bus_refuse(r, ret_why, N_("No memory.")) : 0;
}

// An empty entry of this person.
static int begin(const struct request_keeper *keeper, const struct bus_person *who,
                 struct record **ret, char **ret_why)
{
    const struct record_keeper records = records_of(keeper);
    if (!record_keeper_has_room(&records, RECORD_TAKEOUTS))
        return bus_refuse(-ENOSPC, ret_why, N_("The register is full. End entries that are over."));
    int r = record_keeper_begin(RECORD_TAKEOUTS, who, ret);
    return r < 0 ? bus_refuse(r, ret_why, N_("No memory.")) : 0;
}

static int fill_in_export(const struct bus_person *who, const char *package, json_object *details,
                          struct record *record, char **ret_why)
{
    const char *encryption = json_get_text(details, "encryption");
    CLEANUP_JSON json_object *chosen = json_object_new_object();
    if (!text_equal(encryption, RECORD_TAKEOUT_LUKS) &&
        !text_equal(encryption, RECORD_TAKEOUT_NONE))
        return bus_refuse(-EINVAL, ret_why, N_("Say whether it is encrypted: luks or none."));
    json_add_text(chosen, "medium", json_get_text(details, "medium"));
    json_add_text(chosen, "contents", package);
    json_add_text(chosen, "destination", json_get_text(details, "destination"));
    json_add_text(chosen, "carrier", who->name);
    int r = record_fields_take(record, RECORD_ADDING, chosen, ret_why);
    if (r < 0)
        return r;
    r = set_field(record, "encryption", encryption);
    return r < 0 ? bus_refuse(r, ret_why, N_("No memory.")) : 0;
}

int take_out_keeper_enter_export(const struct request_keeper *keeper, const struct bus_person *who,
                                 const char *package, json_object *details, uint64_t *ret_number,
                                 char **ret_why)
{
    CLEANUP(record_free_p) struct record *record = NULL;
    const struct record_keeper records = records_of(keeper);
    int r = begin(keeper, who, &record, ret_why);
    if (r == 0)
        r = fill_in_export(who, package, details, record, ret_why);
    return r < 0 ? r
                 : record_keeper_put(&records, who, FACT_MEDIUM_TAKEN, record, "exported",
                                     ret_number, ret_why);
}

int take_out_keeper_take(const struct request_keeper *keeper, const struct bus_person *who,
                         json_object *fields, json_object **ret_answer, char **ret_why)
{
    CLEANUP(record_free_p) struct record *record = NULL;
    const struct record_keeper records = records_of(keeper);
    const struct request *request;
    const char *encryption;
    uint64_t sequence;
    int r = find_request(keeper, who, json_get_text(fields, "request"), &request, ret_why);
    if (r == 0)
        r = find_encryption(keeper, fields, &encryption, ret_why);
    if (r == 0)
        r = check_encryption(encryption, fields, ret_why);
    if (r < 0)
        return r;
    r = begin(keeper, who, &record, ret_why);
    if (r < 0)
        return r;
    r = fill_in(request, fields, encryption, record, ret_why);
    if (r == 0)
        r = record_keeper_put(&records, who, FACT_MEDIUM_TAKEN, record, "taken", &sequence,
                              ret_why);
    if (r < 0)
        return r;
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "number", sequence);
    json_add_text(*ret_answer, "encryption", encryption);
    return 0;
}

// ---- Back again --------------------------------------------------------------------------------

static const struct record *find(const struct request_keeper *keeper, const char *number)
{
    size_t n;
    uint64_t wanted;
    struct record *const *records = registers_records(keeper->registers, RECORD_TAKEOUTS, &n);
    for (size_t i = 0; text_to_u64(number, 10, INT64_MAX, &wanted) == 0 && i < n; i++)
        if (records[i]->number == wanted)
            return records[i];
    return NULL;
}

int take_out_keeper_bring_back(const struct request_keeper *keeper, const struct bus_person *who,
                               const char *number, json_object *fields, json_object **ret_answer,
                               char **ret_why)
{
    const struct record_keeper records = records_of(keeper);
    const struct record *record = find(keeper, number);
    if (!record || !(who->is_root || record->by_uid == who->uid))
        return bus_refuse(-ENOENT, ret_why,
                          N_("You have taken nothing out under this number; an administrator can "
                             "enter what another person brings back."));
    return record_keeper_end(&records, who, record_form_of(RECORD_TAKEOUTS)->name, number, fields,
                             ret_answer, ret_why);
}

// ---- Overdue -----------------------------------------------------------------------------------

static bool is_told(const struct alerts *alerts, const struct record *record, uint64_t now_ns)
{
    CLEANUP_FREE char *name = text_format("%" PRIu64 " %s", record->number, record_name(record));
    const struct alert *alert;
    for (size_t i = 0; (alert = alerts_at(alerts, i)); i++)
        if (alert->fact->kind == FACT_MEDIUM_OVERDUE && text_equal(alert->fact->object, name))
            return alert->fact->at.wall_ns <= now_ns && now_ns - alert->fact->at.wall_ns < AGAIN_NS;
    return false;
}

// Durable when it returns, so that it is told once.
static int tell(const struct request_keeper *keeper, const struct record *record)
{
    CLEANUP_FREE char *name = text_format("%" PRIu64 " %s", record->number, record_name(record));
    uint64_t sequence;
    json_object *details = json_object_new_object();
    json_add_number(details, "number", record->number);
    json_add_number(details, "until_ns", record->until_ns);
    json_add_text(details, "destination", record_get(record, "destination"));
    json_add_text(details, "carrier", record_get(record, "carrier"));
    struct fact *row = recorder_fact(FACT_MEDIUM_OVERDUE, name, "overdue", details);
    if (row) {
        row->uid = record->by_uid;
        if (text_set(&row->user, record->by) < 0)
            log_warning("no memory for a name in the row of what is overdue");
    }
    return recorder_put_and_wait(keeper->recorder, row, &sequence);
}

static const struct record *find_overdue(const struct request_keeper *keeper,
                                         const struct alerts *alerts)
{
    size_t n;
    uint64_t now_ns = request_keeper_now(keeper);
    struct record *const *records = registers_records(keeper->registers, RECORD_TAKEOUTS, &n);
    for (size_t i = 0; i < n; i++)
        if (record_state_at(records[i], now_ns) == RECORD_EXPIRED &&
            !is_told(alerts, records[i], now_ns))
            return records[i];
    return NULL;
}

void take_out_keeper_settle(const struct request_keeper *keeper, const struct alerts *alerts)
{
    const struct record *record;
    int r = 0;
    for (size_t i = 0; r == 0 && i < TOLD_AT_ONCE && (record = find_overdue(keeper, alerts)); i++)
        r = tell(keeper, record);
    if (r < 0)
        log_warning("cannot record what is overdue: %s, trying again within a minute",
                    strerror(-r));
}
