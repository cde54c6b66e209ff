// SPDX-License-Identifier: GPL-3.0-or-later
// The sentences by kind and outcome, and how their {placeholders} are filled from a row.
#include "report/sentence.h"

#include "base/i18n.h"
#include "base/text.h"
#include "decision/decision.h"
#include "decision/network.h"
#include "fact/usb.h"
#include "report/cause.h"
#include "report/check-title.h"

#include <assert.h>
#include <string.h>

struct wording {
    enum fact_kind kind;
    const char *outcome; // NULL: any other
    const char *text;
    const char *with; // a key that the details must have, or one of these; NULL: none
};
// Of logins: a person who is logged in has done it, by su or sudo,
#define WITH_USER "user"
#define WITH_SELF "self"   // … and was asked for that person's own password
#define WITH_OTHER "other" // … to become the account that the details name

// Of a check (finding_row.h).
#define WITH_CHECK "check"

// The first that fits. {device} and {function} describe a USB device, {from} and {to} are local
// time, {target} is the second path of a file row, {where} the object and the address of a login;
// {object}, {outcome} and {user} are columns; anything else is a key of the details.
static const struct wording wordings[] = {
    {FACT_USB_BLOCKED, "observed", N_("{device} would be blocked ({function}): {reason}")},
    {FACT_USB_BLOCKED, "found open", N_("{device} was found open and was shut ({function})")},
    {FACT_USB_BLOCKED, "failed", N_("{device} could not be opened and stays shut ({function})")},
    {FACT_USB_BLOCKED, "flooded",
     N_("{device} plugs itself in again and again ({function}); its port is switched off")},
    {FACT_USB_BLOCKED, "folded", N_("At the port {object} {count} more plugs were not recorded")},
    {FACT_USB_BLOCKED, "asked", N_("{device} waits for an answer ({function})")},
    {FACT_USB_BLOCKED, "ended", N_("{device} was shut ({function}): {reason}")},
    {FACT_USB_BLOCKED, "kept",
     N_("{device} was not shut, because the system runs from it ({function}): {reason}")},
    {FACT_USB_BLOCKED, NULL, N_("{device} was blocked ({function}): {reason}")},
    {FACT_USB_ALLOWED, NULL, N_("{device} was allowed ({function}): {reason}")},
    {FACT_USB_REMOVED, NULL, N_("{device} was unplugged")},
    {FACT_APPROVAL_GRANTED, NULL, N_("{object} was approved by {user}")},
    {FACT_APPROVAL_ENDED, NULL, N_("The approval of {object} ended: {outcome}")},
    {FACT_REQUEST_APPROVED, "self-approved",
     N_("{decider} has approved for himself: {object}, {purpose}"), "decider"},
    {FACT_REQUEST_APPROVED, NULL, N_("{decider} has approved for {asker}: {object}, {purpose}"),
     "decider"},
    {FACT_REQUEST_APPROVED, NULL, N_("{object} was accepted by {user} until it is unplugged")},
    {FACT_REQUEST_MADE, NULL, N_("{asker} asks for: {object}, {purpose}")},
    {FACT_REQUEST_REFUSED, NULL, N_("{decider} has refused to {asker}: {object}, {reason}"),
     "reason"},
    {FACT_REQUEST_REFUSED, NULL, N_("{decider} has refused to {asker}: {object}")},
    {FACT_REQUEST_WITHDRAWN, "expired", N_("Nobody decided what {asker} asked for: {object}")},
    {FACT_REQUEST_WITHDRAWN, NULL, N_("{asker} does not ask any longer for: {object}")},
    {FACT_MEDIUM_MOUNTED, "observed", N_("{source} was mounted at {point} without approval")},
    {FACT_MEDIUM_MOUNTED, NULL, N_("{source} was mounted at {point}")},
    {FACT_MEDIUM_WRITTEN, "refused", N_("{user} tried to write {object} on a medium, refused")},
    {FACT_MEDIUM_WRITTEN, NULL, N_("{user} wrote {object} on a removable medium")},
    {FACT_MEDIUM_REFUSED, "unmounted", N_("{point} was unmounted: {source} is not permitted")},
    {FACT_MEDIUM_REFUSED, "failed", N_("{point} could not be unmounted; its device was shut")},
    {FACT_MEDIUM_REFUSED, NULL, N_("{object} was refused: {finding}")},
    {FACT_LOGIN_SUCCEEDED, NULL, N_("An account for emergencies was used: {user} ({where})"),
     "emergency"},
    {FACT_LOGIN_SUCCEEDED, NULL, N_("{user} became {as} ({where})"), "as"},
    {FACT_LOGIN_SUCCEEDED, NULL, N_("{user} logged in ({where})")},
    {FACT_LOGIN_FAILED, NULL, N_("{user} did not give the right password ({where})"), WITH_SELF},
    {FACT_LOGIN_FAILED, NULL, N_("{user} failed to become {account} ({where})"), WITH_OTHER},
    {FACT_LOGIN_FAILED, NULL, N_("{user} failed to become another account ({where})"), WITH_USER},
    {FACT_LOGIN_FAILED, NULL, N_("A login as {account} failed ({where})"), "account"},
    {FACT_LOGIN_FAILED, NULL, N_("A login failed under a name that nobody has ({where})"),
     "masked"},
    {FACT_LOGIN_FAILED, NULL, N_("A login failed ({where})")},
    {FACT_LOGIN_REFUSED, "observed", N_("{account} logged in and may not: {reason} ({where})"),
     "reason"},
    {FACT_LOGIN_REFUSED, NULL, N_("{account} may not log in: {reason} ({where})"), "reason"},
    {FACT_LOGIN_REFUSED, NULL, N_("{user} may not become {account} ({where})"), WITH_OTHER},
    {FACT_LOGIN_REFUSED, NULL, N_("{user} may not become another account ({where})"), WITH_USER},
    {FACT_LOGIN_REFUSED, NULL, N_("The login of {account} was refused ({where})"), "account"},
    {FACT_LOGIN_REFUSED, NULL, N_("A login was refused ({where})")},
    {FACT_LOGIN_ENDED, NULL, N_("{user} is no longer {as} ({where})"), "as"},
    {FACT_LOGIN_ENDED, "cut off",
     N_("The session of {user} was cut off by a crash or a power cut ({where})")},
    {FACT_LOGIN_ENDED, "not followed",
     N_("The session of {user} is not followed any more: there are too many ({where})")},
    {FACT_LOGIN_ENDED, NULL, N_("{user} logged out ({where})")},
    {FACT_SESSION_LOCKED, NULL, N_("The screen of {user} was locked")},
    {FACT_SESSION_UNLOCKED, NULL, N_("The screen of {user} was unlocked")},
    {FACT_FILE_READ, "refused", N_("{user} is no handler of {protected} and was refused {object}"),
     "protected"},
    {FACT_FILE_READ, NULL, N_("{user} is no handler of {protected} and opened {object}"),
     "protected"},
    {FACT_FILE_WRITTEN, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_WRITTEN, NULL, N_("{user} is no handler of {protected} and wrote to {object}"),
     "protected"},
    {FACT_FILE_CREATED, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_CREATED, NULL, N_("{user} is no handler of {protected} and created {object}"),
     "protected"},
    {FACT_FILE_DELETED, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_DELETED, NULL, N_("{user} is no handler of {protected} and deleted {object}"),
     "protected"},
    {FACT_FILE_RENAMED, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_RENAMED, NULL, N_("{user} is no handler of {protected} and renamed {object}"),
     "protected"},
    {FACT_FILE_CHANGED, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_CHANGED, NULL,
     N_("{user} is no handler of {protected} and changed attributes of {object}"), "protected"},
    {FACT_FILE_PRINTED, "refused",
     N_("{user} is no handler of {protected} and was refused {object}"), "protected"},
    {FACT_FILE_PRINTED, NULL, N_("{user} is no handler of {protected} and printed {object}"),
     "protected"},
    {FACT_FILE_READ, "refused", N_("{user} tried to open the folder {object}, refused"), "folder"},
    {FACT_FILE_READ, "refused", N_("{user} tried to read {object}, refused")},
    {FACT_FILE_READ, NULL, N_("{user} opened the folder {object}"), "folder"},
    {FACT_FILE_READ, NULL, N_("{user} read {object}")},
    {FACT_FILE_WRITTEN, "refused", N_("{user} tried to write to {object}, refused")},
    {FACT_FILE_WRITTEN, NULL, N_("{user} saved {object}"), "saved"},
    {FACT_FILE_WRITTEN, NULL, N_("{user} wrote to {object}")},
    {FACT_FILE_CREATED, "refused", N_("{user} tried to create {object}, refused")},
    {FACT_FILE_CREATED, NULL, N_("{user} gave {object} a second name, {target}"), "to"},
    {FACT_FILE_CREATED, NULL, N_("{user} created the folder {object}"), "folder"},
    {FACT_FILE_CREATED, NULL, N_("{user} created {object}")},
    {FACT_FILE_DELETED, "refused", N_("{user} tried to delete {object}, refused")},
    {FACT_FILE_DELETED, NULL, N_("{user} deleted the folder {object}"), "folder"},
    {FACT_FILE_DELETED, NULL, N_("{user} deleted {object}")},
    {FACT_FILE_RENAMED, "refused", N_("{user} tried to rename {object} to {target}, refused")},
    {FACT_FILE_RENAMED, NULL,
     N_("{user} renamed {object} to {target}, in place of what stood there"), "replaced"},
    {FACT_FILE_RENAMED, NULL, N_("{user} renamed {object} to {target}")},
    {FACT_FILE_CHANGED, "refused", N_("{user} tried to change attributes of {object}, refused")},
    {FACT_FILE_CHANGED, NULL, N_("{user} changed attributes of {object}")},
    {FACT_FILE_PRINTED, "refused", N_("{user} tried to print {object}, refused")},
    {FACT_FILE_PRINTED, NULL, N_("{user} printed {object}")},
    {FACT_TRAIL_READ, NULL, N_("Logins and file access are recorded up to here (checkpoint)")},
    {FACT_PERMIT_GRANTED, NULL, N_("The permit {object} was entered by {user}")},
    {FACT_PERMIT_ENDED, "expired", N_("The permit {object} has ended")},
    {FACT_PERMIT_ENDED, NULL, N_("The permit {object} was revoked by {user}")},
    {FACT_ATTESTATION_MADE, NULL, N_("{user} attested clause {object}")},
    {FACT_ATTESTATION_ENDED, NULL, N_("The attestation of clause {object} was ended by {user}")},
    {FACT_VISIT_RECORDED, NULL, N_("The visitor {object} entered the controlled area")},
    {FACT_VISIT_ENDED, NULL, N_("The visitor {object} left the controlled area")},
    {FACT_ASSET_LENT, NULL, N_("{object} was lent, entered by {user}")},
    {FACT_ASSET_RETURNED, NULL, N_("{object} was given back, entered by {user}")},
    {FACT_ERASE_BEGUN, NULL, N_("{user} began to erase {object}")},
    {FACT_ERASE_DONE, "erased", N_("{object} was erased by {user}")},
    {FACT_ERASE_DONE, NULL, N_("{object} could not be erased wholly by {user}")},
    {FACT_EQUIPMENT_DISPOSED, NULL, N_("{object} was disposed of, entered by {user}")},
    {FACT_REVIEW_SIGNED, NULL, N_("The review of {object} was signed by {user}")},
    {FACT_AUDIT_RECORDED, NULL, N_("An audit by {object} was entered by {user}")},
    {FACT_MEDIUM_TAKEN, NULL, N_("{object} was taken out by {user}")},
    {FACT_MEDIUM_RETURNED, NULL, N_("{object} came back, entered by {user}")},
    {FACT_MEDIUM_OVERDUE, NULL, N_("{object} has not come back in time, taken out by {user}")},
    {FACT_AUDIT_CLOSED, NULL, N_("The audit by {object} was closed by {user}")},
    {FACT_OPERATOR_ADDED, NULL, N_("{object} was registered to work here by {user}")},
    {FACT_OPERATOR_CHANGED, NULL, N_("What is registered of {object} was changed by {user}")},
    {FACT_OPERATOR_TRAINED, NULL, N_("A training of {object} was entered by {user}")},
    {FACT_OPERATOR_REMOVED, NULL, N_("The registration of {object} was ended by {user}")},
    {FACT_INCIDENT_OPENED, "reported", N_("{user} reported an incident: {object}")},
    {FACT_INCIDENT_OPENED, NULL, N_("An incident was opened: {object}")},
    {FACT_INCIDENT_ACKNOWLEDGED, NULL, N_("{user} has read of incident {object}")},
    {FACT_INCIDENT_CLOSED, NULL, N_("{user} closed incident {object}")},
    {FACT_INCIDENT_NOTED, NULL, N_("{user} made a note about incident {object}")},
    {FACT_INCIDENT_REPORTED, "first", N_("{user} recorded the first report of incident {object}")},
    {FACT_INCIDENT_REPORTED, NULL, N_("{user} recorded the final report of incident {object}")},
    {FACT_INCIDENT_OVERDUE, "first", N_("The first report of incident {object} is overdue")},
    {FACT_INCIDENT_OVERDUE, NULL, N_("The final report of incident {object} is overdue")},
    {FACT_NETWORK_ALLOWED, "suspended",
     N_("The clock can't be trusted: the permit {object} does not hold")},
    {FACT_NETWORK_ALLOWED, NULL, N_("The permit {object} holds from now on")},
    {FACT_NETWORK_BLOCKED, NULL, N_("Packets to others were stopped {folded} more times"),
     "folded"},
    {FACT_NETWORK_BLOCKED, "observed", N_("A packet to {object} would be stopped ({chain})")},
    {FACT_NETWORK_BLOCKED, NULL, N_("A packet to {object} was stopped ({chain})")},
    {FACT_NETWORK_CHANGED, "appeared", N_("The network link {object} appeared")},
    {FACT_NETWORK_CHANGED, "gone", N_("The network link {object} has gone")},
    {FACT_NETWORK_CHANGED, "up", N_("The network link {object} was set up")},
    {FACT_NETWORK_CHANGED, "down", N_("The network link {object} was set down")},
    {FACT_NETWORK_CHANGED, "renamed", N_("A network link is called {object} now")},
    {FACT_NETWORK_CHANGED, "address changed", N_("The network link {object} has another address")},
    {FACT_NETWORK_CHANGED, "default route", N_("A default route goes out by {object}")},
    {FACT_NETWORK_CHANGED, "no default route",
     N_("No default route goes out by {object} any more")},
    {FACT_NETWORK_CHANGED, "folded", N_("Network links changed {folded} more times")},
    {FACT_NETWORK_CHANGED, "radio appeared", N_("The radio {object} appeared")},
    {FACT_NETWORK_CHANGED, "radio gone", N_("The radio {object} has gone")},
    {FACT_NETWORK_CHANGED, "radio blocked", N_("The radio {object} was blocked")},
    {FACT_NETWORK_CHANGED, "radio unblocked", N_("The radio {object} was unblocked")},
    {FACT_NETWORK_CHANGED, "radio switched off", N_("The radio {object} was switched off")},
    {FACT_NETWORK_CHANGED, "radio switched on", N_("The radio {object} was switched on")},
    {FACT_NETWORK_CHANGED, "radios folded",
     N_("Radios changed {folded} more times; {breaches} times one broke the air gap")},
    {FACT_NETWORK_CHANGED, "overrun",
     N_("More happened to network links than could be taken; all were read anew")},
    {FACT_NETWORK_CHANGED, NULL, N_("The network changed: {outcome}")},
    {FACT_AIRGAP_BROKEN, "set down", N_("{object} broke the air gap and was set down: {breach}")},
    {FACT_AIRGAP_BROKEN, "brought back",
     N_("{object} broke the air gap; it was set down and brought back: {breach}")},
    {FACT_AIRGAP_BROKEN, "blocked", N_("{object} broke the air gap and was blocked: {breach}")},
    {FACT_AIRGAP_BROKEN, "failed",
     N_("{object} breaks the air gap and could not be blocked: {breach}"), "radio"},
    {FACT_AIRGAP_BROKEN, "route removed",
     N_("A default route by {object} broke the air gap and was taken away")},
    {FACT_AIRGAP_BROKEN, "cut off",
     N_("{object} broke the air gap; the firewall cuts it off: {breach}")},
    {FACT_AIRGAP_BROKEN, "failed",
     N_("{object} breaks the air gap and could not be set down: {breach}")},
    {FACT_AIRGAP_BROKEN, NULL, N_("{object} breaks the air gap: {breach}")},
    {FACT_AIRGAP_RESTORED, NULL, N_("{object} does not break the air gap any more")},
    {FACT_AGENT_STARTED, NULL, N_("The agent started")},
    {FACT_AGENT_STOPPED, NULL, N_("The agent stopped")},
    {FACT_AGENT_GAP, "begun", N_("Not watched or not recorded since {from}: {cause}")},
    {FACT_AGENT_GAP, "lost",
     N_("Not recorded from {from} to {to}: {cause} ({lost}, perhaps more)")},
    {FACT_AGENT_GAP, NULL, N_("Not watched or not recorded from {from} to {to}: {cause}")},
    {FACT_AGENT_TAMPERED, "restored", N_("{object} was changed from outside and put back")},
    {FACT_AGENT_TAMPERED, "failed", N_("{object} was changed and could not be put back")},
    {FACT_AGENT_TAMPERED, "set aside",
     N_("The ledger did not continue its own chain: it was set aside in {folder}, a new one "
        "begins")},
    {FACT_AGENT_TAMPERED, "unbound",
     N_("This computer was set up as a USB device of another ({found}) and was unplugged from it")},
    {FACT_AGENT_TAMPERED, "observed",
     N_("This computer is set up as a USB device of another ({found})")},
    {FACT_AGENT_TAMPERED, NULL, N_("{object} was tampered with")},
    {FACT_POLICY_LOADED, NULL, N_("The policy was loaded")},
    {FACT_POLICY_REJECTED, NULL,
     N_("The policy has mistakes ({count}) and was refused; the one before stays in force")},
    {FACT_MODE_CHANGED, "rolled back", N_("The guard “{object}” fell back to the mode {mode}")},
    {FACT_MODE_CHANGED, NULL, N_("The guard “{object}” is in the mode {mode}")},
    {FACT_CLOCK_STEPPED, NULL, N_("The clock was set from {from} to {to}")},
    {FACT_HOST_ENROLLED, "requested", N_("A certificate was requested for this PC as {name}")},
    {FACT_HOST_ENROLLED, "applied",
     N_("The bundle of the site {site}, version {version}, holds here")},
    {FACT_HOST_ENROLLED, "refused", N_("A site's bundle or a request was refused: {reason}")},
    {FACT_HOST_ENROLLED, "leaving", N_("This PC is about to get another identity")},
    {FACT_HOST_ENROLLED, "anew",
     N_("This PC has another identity; what it had recorded before is in {folder}")},
    {FACT_HOST_ENROLLED, NULL, N_("This PC was enrolled")},
    {FACT_ANTIVIRUS_DETECTED, "gone", N_("{product} found {signature} in {object}, which is gone")},
    {FACT_ANTIVIRUS_DETECTED, NULL, N_("{product} found {signature} in {object}")},
    {FACT_ANTIVIRUS_OK, NULL, N_("{check} is in order: {evidence}"), WITH_CHECK},
    {FACT_ANTIVIRUS_FAILED, "unverified", N_("{check} could not be verified: {evidence}"),
     WITH_CHECK},
    {FACT_ANTIVIRUS_FAILED, NULL, N_("{check} is not in order: {evidence}"), WITH_CHECK},
    {FACT_STORAGE_ENCRYPTED, NULL, N_("{check} is in order: {evidence}"), WITH_CHECK},
    {FACT_STORAGE_UNENCRYPTED, NULL, N_("{check} is not in order: {evidence}"), WITH_CHECK},
    {FACT_FINDING_CHANGED, "ok", N_("{check} is in order: {evidence}"), WITH_CHECK},
    {FACT_FINDING_CHANGED, "violation", N_("{check} is not in order: {evidence}"), WITH_CHECK},
    {FACT_FINDING_CHANGED, "not-applicable", N_("{check} does not apply: {evidence}"), WITH_CHECK},
    {FACT_FINDING_CHANGED, NULL, N_("{check} could not be verified: {evidence}"), WITH_CHECK},
    {FACT_POSTURE_OK, NULL, N_("{check} is in order: {evidence}"), WITH_CHECK},
    {FACT_POSTURE_FAILED, NULL, N_("{check} is not in order: {evidence}"), WITH_CHECK},
    {FACT_POSTURE_OK, "ended", N_("{object} is not looked at any more")},
    {FACT_POSTURE_OK, NULL, N_("{object} is in order")},
    {FACT_POSTURE_FAILED, "unchecked", N_("{object} could not be looked at")},
    {FACT_POSTURE_FAILED, "locked",
     N_("The {object} are locked: what the policy says now takes effect after a reboot")},
    {FACT_POSTURE_FAILED, "no folder", N_("The protected folder {folder} is not there")},
    {FACT_POSTURE_FAILED, "too many",
     N_("More is mounted in protected folders than can be watched")},
    {FACT_POSTURE_FAILED, "no tasks",
     N_("New programs are not audited: take “-a never,task” out of /etc/audit/rules.d")},
    {FACT_POSTURE_FAILED, "nearly full", N_("The {object} is nearly full: {remedy}")},
    {FACT_POSTURE_FAILED, "leads out", N_("The setting “{object}” leads out: {value}")},
    {FACT_POSTURE_FAILED, "unsupported", N_("This kernel does not support the {object}")},
    {FACT_POSTURE_FAILED, NULL, N_("{object} is not in order")},
    {FACT_LEDGER_OPENED, NULL, N_("The ledger of {object} begins")},
    {FACT_LEDGER_SEALED, NULL, N_("Sealed up to row {covers}, epoch {epoch}")},
    {FACT_LEDGER_PRUNED, NULL, N_("The ledger of {object} was removed: its retention has ended")},
    {FACT_REGISTER_STATED, NULL, N_("The register was restated: {object}")},
    {FACT_EXPORT_CREATED, NULL, N_("{object} was exported by {user}")},
    {FACT_REPORT_CREATED, NULL, N_("The report {object} was made by {user}")},
};

// Behind the sentence of a row that follows another one.
static const char repeated[] = N_(" … and {count} more times");

static const char *const functions[] = {
    [USB_HUB] = N_("hub"),
    [USB_KEYBOARD] = N_("keyboard"),
    [USB_MOUSE] = N_("mouse"),
    [USB_HID] = N_("input device"),
    [USB_STORAGE] = N_("storage"),
    [USB_PHONE] = N_("phone or camera"),
    [USB_NETWORK] = N_("network adapter"),
    [USB_SERIAL] = N_("serial line or modem"),
    [USB_AUDIO] = N_("audio"),
    [USB_VIDEO] = N_("video"),
    [USB_PRINTER] = N_("printer"),
    [USB_SMART_CARD] = N_("smart-card reader"),
    [USB_WIRELESS] = N_("Bluetooth or other radio"),
    [USB_VENDOR] = N_("vendor-specific device"),
    [USB_OTHER] = N_("other device"),
};
static_assert(ELEMENTS(functions) == USB_FUNCTION_MAX, "words for each function");

const char *sentence_function(enum usb_function function)
{
    assert(function < USB_FUNCTION_MAX);
    return _(functions[function]);
}

struct source {
    const struct query_row *row;
    json_object *details;
    bool translated;
};

char *sentence_device(const struct query_row *row, json_object *details)
{
    const char *maker = json_get_text(details, "manufacturer");
    const char *name = json_get_text(details, "name");
    const char *identity = row->fact.object ? row->fact.object : "?";
    char *text;
    if (maker && name)
        text = text_format("%s %s (%s)", maker, name, identity);
    else if (maker || name)
        text = text_format("%s (%s)", maker ? maker : name, identity);
    else
        text = text_format("%s", identity);
    if (!text)
        return NULL;
    char *printable = text_printable(text);
    free(text);
    return printable;
}

static char *describe_function(const struct source *source)
{
    const char *code = json_get_text(source->details, "function");
    enum usb_function function;
    if (code && source->translated && usb_function_from_str(code, &function) == 0)
        code = sentence_function(function);
    return strdup(code ? code : "?");
}

// Why somebody may not log in (fact/roster.h).
static const char *const refusals[][2] = {
    {"unregistered", N_("not registered")},
    {"not-yet", N_("the term has not begun")},
    {"ended", N_("the term has ended")},
    {"untrained", N_("not trained")},
    {"changed", N_("another account than was registered")},
    {"away", N_("the agent did not answer")},
};

static const char *name_refusal(const char *code)
{
    for (size_t i = 0; i < ELEMENTS(refusals); i++)
        if (text_equal(refusals[i][0], code))
            return _(refusals[i][1]);
    return code;
}

static char *describe_reason(const struct source *source)
{
    const char *code = json_get_text(source->details, "reason");
    enum reason reason;
    if (code && source->translated && reason_from_str(code, &reason) == 0)
        code = reason_to_sentence(reason);
    else if (code && source->translated)
        code = name_refusal(code);
    return strdup(code ? code : "?");
}

static char *describe_breach(const struct source *source)
{
    const char *code = json_get_text(source->details, "reason");
    enum link_reason reason;
    enum radio_reason radio;
    if (code && source->translated && link_reason_from_str(code, &reason) == 0)
        code = link_reason_to_sentence(reason);
    else if (code && source->translated && radio_reason_from_str(code, &radio) == 0)
        code = radio_reason_to_sentence(radio);
    return strdup(code ? code : "?");
}

static char *describe_cause(const struct source *source)
{
    const char *cause = json_get_text(source->details, "cause");
    if (cause && source->translated)
        cause = cause_to_words(cause);
    return strdup(cause ? cause : "?");
}

static char *describe_check(const struct source *source)
{
    const char *name = json_get_text(source->details, "check");
    if (name && source->translated)
        name = check_title(name);
    return strdup(name ? name : "?");
}

// It was written down in English; a sentence without figures in it has its translation.
static char *describe_evidence(const struct source *source)
{
    const char *text = json_get_text(source->details, "evidence");
    if (text && text[0] && source->translated)
        text = _(text);
    return strdup(text ? text : "?");
}

static char *describe_time(const struct source *source, const char *key)
{
    char text[40];
    uint64_t ns = json_get_number(source->details, key);
    if (ns == 0)
        return strdup("?");
    if (source->translated)
        moment_to_iso(ns, text);
    else
        moment_to_utc(ns, text);
    return strdup(text);
}

static char *describe_detail(const struct source *source, const char *key)
{
    json_object *value = json_get(source->details, key);
    return strdup(value ? json_object_get_string(value) : "?");
}

// Without a name the number, so that two nameless people are not one.
static char *describe_user(const struct fact *fact)
{
    if (fact->user)
        return strdup(fact->user);
    return fact->uid != FACT_NO_UID ? text_format("uid %u", fact->uid) : strdup("?");
}

static char *describe_where(const struct source *source)
{
    const char *object = source->row->fact.object ? source->row->fact.object : "?";
    const char *address = json_get_text(source->details, "address");
    return address ? text_format("%s, %s", object, address) : strdup(object);
}

// What stands for {key}; owned by the caller.
static char *look_up(const struct source *source, const char *key)
{
    const struct fact *fact = &source->row->fact;
    if (text_equal(key, "device"))
        return sentence_device(source->row, source->details);
    if (text_equal(key, "function"))
        return describe_function(source);
    if (text_equal(key, "reason"))
        return describe_reason(source);
    if (text_equal(key, "breach"))
        return describe_breach(source);
    if (text_equal(key, "cause"))
        return describe_cause(source);
    if (text_equal(key, "check"))
        return describe_check(source);
    if (text_equal(key, "evidence"))
        return describe_evidence(source);
    if (text_equal(key, "from"))
        return describe_time(source, "from_ns");
    if (text_equal(key, "to"))
        return describe_time(source, "to_ns");
    if (text_equal(key, "object"))
        return strdup(fact->object ? fact->object : "?");
    if (text_equal(key, "outcome"))
        return strdup(fact->outcome ? fact->outcome : "?");
    if (text_equal(key, "user"))
        return describe_user(fact);
    if (text_equal(key, "target"))
        return describe_detail(source, "to");
    if (text_equal(key, "where"))
        return describe_where(source);
    return describe_detail(source, key);
}

// A sentence that grows; a stream in memory costs more than all else that is done for a row.
struct words {
    char *text;
    size_t length, size;
    bool broken; // memory ran out
};

static void add(struct words *words, const char *text, size_t length)
{
    if (words->length + length >= words->size) {
        size_t size = 2 * (words->length + length) + 64;
        char *more = realloc(words->text, size);
        words->broken = words->broken || !more;
        if (!more)
            return;
        words->text = more;
        words->size = size;
    }
    memcpy(words->text + words->length, text, length);
    words->length += length;
    words->text[words->length] = '\0';
}

static void fill(struct words *out, const char *template, const struct source *source)
{
    for (const char *p = template; *p;) {
        size_t plain = strcspn(p, "{");
        add(out, p, plain);
        p += plain;
        const char *end = *p ? strchr(p, '}') : NULL;
        if (!end)
            break;
        CLEANUP_FREE char *key = strndup(p + 1, (size_t)(end - p - 1));
        CLEANUP_FREE char *value = key ? look_up(source, key) : NULL;
        CLEANUP_FREE char *printable = value ? text_printable(value) : NULL;
        add(out, printable ? printable : "?", printable ? strlen(printable) : 1);
        p = end + 1;
    }
}

static bool has(const struct fact *fact, json_object *details, const char *key)
{
    const char *account = json_get_text(details, "account");
    if (text_equal(key, WITH_USER))
        return fact->user != NULL;
    if (text_equal(key, WITH_SELF))
        return fact->user && text_equal(fact->user, account);
    if (text_equal(key, WITH_OTHER))
        return fact->user && account && !text_equal(fact->user, account);
    return json_get(details, key) != NULL;
}

static const char *find_wording(const struct fact *fact, json_object *details)
{
    for (size_t i = 0; i < ELEMENTS(wordings); i++) {
        const struct wording *wording = &wordings[i];
        if (wording->kind == fact->kind &&
            (!wording->outcome || text_equal(wording->outcome, fact->outcome)) &&
            (!wording->with || has(fact, details, wording->with)))
            return wording->text;
    }
    return NULL;
}

// A kind without words of its own (also one of a later version): its name and columns.
static char *make_plain(const struct query_row *row)
{
    CLEANUP_FREE char *text =
        text_format("%s%s%s%s%s", row->kind_name, row->fact.object ? ": " : "",
                    row->fact.object ? row->fact.object : "", row->fact.outcome ? ": " : "",
                    row->fact.outcome ? row->fact.outcome : "");
    return text ? text_printable(text) : NULL;
}

char *sentence_make(const struct query_row *row, json_object *details, bool translated)
{
    const char *wording = find_wording(&row->fact, details);
    if (!wording)
        return make_plain(row);

    struct source source = {row, details, translated};
    struct words words = {0};
    fill(&words, translated ? _(wording) : wording, &source);
    if (json_get(details, "of") && json_get(details, "count"))
        fill(&words, translated ? _(repeated) : repeated, &source);
    if (!words.broken)
        return words.text;
    free(words.text);
    return NULL;
}
