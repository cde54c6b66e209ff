// SPDX-License-Identifier: GPL-3.0-or-later
// The face on the system bus: org.sekisho.Agent1. The server side belongs to the daemon, the client
// side to the command line. Reading is free to every local user, but for the registers, which name
// persons; a change asks polkit, and its caller must be a person: a caller without an audit login
// uid is refused.
#pragma once

#include "base/text.h"
#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BUS_NAME "org.sekisho.Agent1"
#define BUS_PATH "/org/sekisho/Agent1"

// ---- Server ------------------------------------------------------------------------------------

// Who asked: the audit login, also behind sudo.
struct bus_person {
    uint32_t uid;
    char *name; // login name, borrowed until the handler returns
    uint32_t pid;
    char *exe;     // NULL if unknown
    char *session; // audit session, NULL if none
    bool is_root;  // it asked with root's rights: an administrator
};

// What the daemon answers. Objects travel as a{sv} and are the same documents that the command line
// prints with --json; their keys stand in org.sekisho.Agent1.xml. A handler returns 0 and
// *ret_answer (owned by the bus from then on; may stay NULL), or −errno and a sentence in *ret_why
// (allocated, freed by the bus; may stay NULL). The sentence is sent untranslated: N_(), not _(),
// because the caller's language is not the daemon's; the client translates it. What names and
// commands it needs stand behind a line break, untranslated. −EACCES becomes exit status 3, −EINVAL
// 2, all else 4. Texts that a handler gets are printable; they are not checked otherwise.
struct bus_handlers {
    int (*status)(void *context, json_object **ret_answer);
    // May this person see what concerns others, too? Whoever may reads the registers without being
    // asked for anything; of all others polkit is asked.
    bool (*may_see_others)(void *context, const struct bus_person *who);
    int (*list_devices)(void *context, json_object **ret_answer); // an array
    int (*list_network)(void *context, json_object **ret_answer);
    int (*list_permits)(void *context, json_object **ret_answer); // an array
    // sequence: of a row of the alert
    int (*get_alert)(void *context, const struct bus_person *who, uint64_t sequence,
                     json_object **ret_answer, char **ret_why);
    // since: a sequence; an array
    int (*list_alerts)(void *context, const struct bus_person *who, uint64_t since,
                       json_object **ret_answer, char **ret_why);
    int (*acknowledge)(void *context, const struct bus_person *who, uint64_t sequence,
                       json_object **ret_answer, char **ret_why);
    // device: "VID:PID[:SERIAL]" or sysname; options: read_only, encrypted, port (b), luks
    // (s or b), until_ns (t), reason, permit (s)
    int (*allow)(void *context, const struct bus_person *who, const char *device,
                 json_object *options, json_object **ret_answer, char **ret_why);
    // device: as of allow; a keyboard that waits for an answer (reason "asked")
    int (*accept)(void *context, const struct bus_person *who, const char *device,
                  json_object **ret_answer, char **ret_why);
    int (*forget)(void *context, const struct bus_person *who, const char *device,
                  json_object **ret_answer, char **ret_why);
    int (*learn)(void *context, const struct bus_person *who, json_object **ret_answer,
                 char **ret_why);
    // permit: the city's number, or ""; terms: links, peers (as in the air gap's file), from_ns,
    // until_ns (t), reason (s)
    int (*grant_permit)(void *context, const struct bus_person *who, const char *permit,
                        json_object *terms, json_object **ret_answer, char **ret_why);
    // which: the city's number, or that of its row
    int (*end_permit)(void *context, const struct bus_person *who, const char *which,
                      json_object **ret_answer, char **ret_why);
    // name: of a register in policy/records.def; fields: clause, statement (s), document (name,
    // sha256, size), from_ns, until_ns (t), and what its form asks for (s)
    int (*add_record)(void *context, const struct bus_person *who, const char *name,
                      json_object *fields, json_object **ret_answer, char **ret_why);
    // number: of the row that added it
    int (*end_record)(void *context, const struct bus_person *who, const char *name,
                      const char *number, json_object *fields, json_object **ret_answer,
                      char **ret_why);
    // An array. name: "" for all registers. Not free to every user: it names persons
    int (*list_records)(void *context, const char *name, json_object **ret_answer, char **ret_why);
    // login: name of an account; terms: person (s), from_ns, until_ns (t), folders (as)
    int (*add_operator)(void *context, const struct bus_person *who, const char *login,
                        json_object *terms, json_object **ret_answer, char **ret_why);
    // terms: the same; what is not there stays as it is
    int (*change_operator)(void *context, const struct bus_person *who, const char *login,
                           json_object *terms, json_object **ret_answer, char **ret_why);
    // terms: date, subject (s)
    int (*train_operator)(void *context, const struct bus_person *who, const char *login,
                          json_object *terms, json_object **ret_answer, char **ret_why);
    // terms: reason (s)
    int (*remove_operator)(void *context, const struct bus_person *who, const char *login,
                           json_object *terms, json_object **ret_answer, char **ret_why);
    // An array. Not free to every user: it names persons
    int (*list_operators)(void *context, json_object **ret_answer, char **ret_why);
    // what: "device", "peer", "link" or "take-out"; terms: purpose (s), until_ns (t), and device
    // (s), identity (s, of it), read_only, encrypted (b); or links, peers as of grant_permit; or
    // medium, contents, destination (s)
    int (*make_request)(void *context, const struct bus_person *who, const char *what,
                        json_object *terms, json_object **ret_answer, char **ret_why);
    // number: of the row that made it; options: until_ns (t), read_only, encrypted, port (b),
    // reason, permit (s)
    int (*approve_request)(void *context, const struct bus_person *who, const char *number,
                           json_object *options, json_object **ret_answer, char **ret_why);
    int (*refuse_request)(void *context, const struct bus_person *who, const char *number,
                          const char *reason, json_object **ret_answer, char **ret_why);
    int (*withdraw_request)(void *context, const struct bus_person *who, const char *number,
                            json_object **ret_answer, char **ret_why);
    // number: 0 for all that are the caller's to see; an array
    int (*list_requests)(void *context, const struct bus_person *who, uint64_t number,
                         json_object **ret_answer, char **ret_why);
    // fields: of the register of take-outs
    int (*take_out)(void *context, const struct bus_person *who, json_object *fields,
                    json_object **ret_answer, char **ret_why);
    int (*bring_back)(void *context, const struct bus_person *who, const char *number,
                      json_object *fields, json_object **ret_answer, char **ret_why);
    int (*set_mode)(void *context, const struct bus_person *who, const char *guard,
                    const char *mode, bool unattended, json_object **ret_answer, char **ret_why);
    int (*confirm_mode)(void *context, const struct bus_person *who, json_object **ret_answer,
                        char **ret_why);
    int (*reload)(void *context, const struct bus_person *who, json_object **ret_answer,
                  char **ret_why);
    // reason: "export", …; answers {"sequence", "hash", "epoch", "month", "head_code"} once the
    // seal is durable
    int (*seal)(void *context, const struct bus_person *who, const char *reason,
                json_object **ret_answer, char **ret_why);
    // kind: "export.created", "report.created" or "antivirus.updated" only
    int (*record)(void *context, const struct bus_person *who, const char *kind, const char *object,
                  json_object *details, json_object **ret_answer, char **ret_why);
    // details: files [{"path" s, "inode", "size" t, "sha256" s}], reason s, whole s
    int (*begin_erasure)(void *context, const struct bus_person *who, json_object *details,
                         json_object **ret_answer, char **ret_why);
    // number: that BeginErasure answered; details: files [{"level" or "error" s}], last b
    int (*end_erasure)(void *context, const struct bus_person *who, const char *number,
                       json_object *details, json_object **ret_answer, char **ret_why);
    // options: remove (b), today (s): the day, where the clock alone can't be believed
    int (*prune)(void *context, const struct bus_person *who, json_object *options,
                 json_object **ret_answer, char **ret_why);
    // step: "request" (name, key_sha256, board, links s), "bundle", "refused" (reason,
    // bundle_sha256, site_sha256 s, version t) or "anew"
    int (*enrol)(void *context, const struct bus_person *who, const char *step,
                 json_object *details, json_object **ret_answer, char **ret_why);
    // fields: kind, what (s), known_ns (t), on_purpose (b)
    int (*open_incident)(void *context, const struct bus_person *who, json_object *fields,
                         json_object **ret_answer, char **ret_why);
    int (*acknowledge_incident)(void *context, const struct bus_person *who, const char *number,
                                json_object **ret_answer, char **ret_why);
    int (*note_incident)(void *context, const struct bus_person *who, const char *number,
                         const char *text, json_object **ret_answer, char **ret_why);
    // stage: "first", "final"; fields: reference (s), at_ns (t), on_purpose (b)
    int (*report_incident)(void *context, const struct bus_person *who, const char *number,
                           const char *stage, json_object *fields, json_object **ret_answer,
                           char **ret_why);
    // fields: cause, measure, no_report (s)
    int (*close_incident)(void *context, const struct bus_person *who, const char *number,
                          json_object *fields, json_object **ret_answer, char **ret_why);
    // since: a number; an array of those that the caller may see
    int (*list_incidents)(void *context, const struct bus_person *who, uint64_t since,
                          json_object **ret_answer, char **ret_why);
    int (*get_incident)(void *context, const struct bus_person *who, uint64_t number,
                        json_object **ret_answer, char **ret_why);
};

// What a handler that does not do it returns: `error`, with the sentence in *ret_why. Here, so that
// whoever analyzes a caller sees that it is no success.
static inline int bus_refuse(int error, char **ret_why, const char *sentence)
{
    *ret_why = text_dup(sentence);
    return error;
}
// {"number": NUMBER}: an answer that names the entry. The caller puts it.
json_object *bus_answer_number(uint64_t number);

struct bus_server;
// Takes the name on `bus` (attached to an event loop by the caller).
must_check int bus_server_new(sd_bus *bus, const struct bus_handlers *handlers, void *context,
                              struct bus_server **ret);
void bus_server_free(struct bus_server *server);
DEFINE_CLEANUP(struct bus_server, bus_server_free)
// Signal Alert(t sequence, s kind, s severity).
must_check int bus_server_alert(struct bus_server *server, uint64_t sequence, const char *kind,
                                const char *severity);

// ---- Client ------------------------------------------------------------------------------------

// Each calls one method, over a connection of its own. 0 and *ret_answer (caller puts it; empty
// rather than NULL); −EACCES refused; −ENOTCONN no daemon or no bus; other −errno. *ret_why, set on
// failure only: the daemon's own sentence or a description, printable; the caller frees it; NULL on
// lack of memory.
must_check int bus_call_status(json_object **ret_answer, char **ret_why);
must_check int bus_call_list_devices(json_object **ret_answer, char **ret_why);
must_check int bus_call_list_network(json_object **ret_answer, char **ret_why);
must_check int bus_call_list_permits(json_object **ret_answer, char **ret_why);
must_check int bus_call_allow(const char *device, json_object *options, json_object **ret_answer,
                              char **ret_why);
must_check int bus_call_accept(const char *device, json_object **ret_answer, char **ret_why);
must_check int bus_call_forget(const char *device, json_object **ret_answer, char **ret_why);
must_check int bus_call_learn(json_object **ret_answer, char **ret_why);
must_check int bus_call_grant_permit(const char *permit, json_object *terms,
                                     json_object **ret_answer, char **ret_why);
must_check int bus_call_end_permit(const char *which, json_object **ret_answer, char **ret_why);
must_check int bus_call_add_record(const char *name, json_object *fields, json_object **ret_answer,
                                   char **ret_why);
must_check int bus_call_end_record(const char *name, const char *number, json_object *fields,
                                   json_object **ret_answer, char **ret_why);
must_check int bus_call_list_records(const char *name, json_object **ret_answer, char **ret_why);
// Those of all registers, if they are the caller's to read without a password.
must_check int bus_call_see_records(json_object **ret_answer, char **ret_why);
// `method`: "AddOperator", "ChangeOperator", "TrainOperator" or "RemoveOperator".
must_check int bus_call_change_operator(const char *method, const char *login, json_object *terms,
                                        json_object **ret_answer, char **ret_why);
must_check int bus_call_list_operators(json_object **ret_answer, char **ret_why);
// The same, if they are the caller's to read without a password.
must_check int bus_call_see_operators(json_object **ret_answer, char **ret_why);
must_check int bus_call_make_request(const char *what, json_object *terms, json_object **ret_answer,
                                     char **ret_why);
must_check int bus_call_approve_request(const char *number, json_object *options,
                                        json_object **ret_answer, char **ret_why);
must_check int bus_call_refuse_request(const char *number, const char *reason,
                                       json_object **ret_answer, char **ret_why);
must_check int bus_call_withdraw_request(const char *number, json_object **ret_answer,
                                         char **ret_why);
must_check int bus_call_list_requests(uint64_t number, json_object **ret_answer, char **ret_why);
must_check int bus_call_take_out(json_object *fields, json_object **ret_answer, char **ret_why);
must_check int bus_call_bring_back(const char *number, json_object *fields,
                                   json_object **ret_answer, char **ret_why);
must_check int bus_call_set_mode(const char *guard, const char *mode, bool unattended,
                                 json_object **ret_answer, char **ret_why);
must_check int bus_call_confirm_mode(json_object **ret_answer, char **ret_why);
must_check int bus_call_reload(json_object **ret_answer, char **ret_why);
must_check int bus_call_seal(const char *reason, json_object **ret_answer, char **ret_why);
must_check int bus_call_record(const char *kind, const char *object, json_object *details,
                               json_object **ret_answer, char **ret_why);
must_check int bus_call_begin_erasure(json_object *details, json_object **ret_answer,
                                      char **ret_why);
must_check int bus_call_end_erasure(const char *number, json_object *details,
                                    json_object **ret_answer, char **ret_why);
must_check int bus_call_enrol(const char *step, json_object *details, json_object **ret_answer,
                              char **ret_why);
must_check int bus_call_prune(json_object *options, json_object **ret_answer, char **ret_why);
must_check int bus_call_open_incident(json_object *fields, json_object **ret_answer,
                                      char **ret_why);
must_check int bus_call_acknowledge_incident(const char *number, json_object **ret_answer,
                                             char **ret_why);
must_check int bus_call_note_incident(const char *number, const char *text,
                                      json_object **ret_answer, char **ret_why);
must_check int bus_call_report_incident(const char *number, const char *stage, json_object *fields,
                                        json_object **ret_answer, char **ret_why);
must_check int bus_call_close_incident(const char *number, json_object *fields,
                                       json_object **ret_answer, char **ret_why);
must_check int bus_call_list_incidents(uint64_t since, json_object **ret_answer, char **ret_why);
must_check int bus_call_get_incident(uint64_t number, json_object **ret_answer, char **ret_why);

// ---- Both --------------------------------------------------------------------------------------

// A JSON object as a{sv}, an array as av (nested ones likewise), and back. Integers travel as x (as
// t beyond INT64_MAX), floats as d, null as an empty signature (g), because D-Bus has none.
// −EMSGSIZE: nested deeper than 16, or more than 100,000 values. Reading takes integers of every
// width; −EBADMSG for what no JSON document can say (other containers, doubled keys, infinite
// numbers).
must_check int bus_append_json(sd_bus_message *message, json_object *object);
must_check int bus_read_json(sd_bus_message *message, json_object **ret);
