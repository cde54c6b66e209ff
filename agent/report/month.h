// SPDX-License-Identifier: GPL-3.0-or-later
// What the rows of one month come to: devices blocked and used, the air gap, time watched, what was
// tampered with, what left and what was erased. Fed with rows in order; knows nothing of forms and
// findings.
#pragma once

#include "report/checked-month.h"
#include "report/enforced.h"
#include "report/erasure-month.h"
#include "report/incident-month.h"
#include "report/network-month.h"
#include "report/operator-month.h"
#include "report/takeout-month.h"
#include "report/watched.h"

#include <stdbool.h>

#define MONTH_DEVICES_MAX 10000 // different ones; what is beyond is counted, not listed
#define MONTH_DAYS_MAX 31

// All plugs of one device with one result.
struct month_device {
    char *identity;    // "0951:1666:SERIAL"
    char *description; // "Kingston DataTraveler", "" if it names none
    char *function;    // "storage"
    char *reason;      // "no-approval"
    char *rule;        // "approval:417"; "" for none
    char *approver;    // login name, "" if unknown
    char *permit;      // "" for none
    bool read_only, encrypted;
    bool usable; // not approved, and yet it could be used: only observed, or it could not be shut
    uint64_t count;
    uint64_t first_ns, last_ns;
};

struct month_devices {
    struct month_device **items;
    size_t n;
    uint64_t plugs;    // of all, listed or not
    uint64_t unlisted; // plugs of devices beyond MONTH_DEVICES_MAX
    uint64_t usable;   // plugs with `usable`
};

struct month {
    char name[MONTH_TEXT_SIZE];
    uint64_t begin_ns, end_ns;  // of the calendar month
    uint64_t from_ns, until_ns; // of the period: from the ledger's first row on, up to its last
    bool partial;               // the month was not over at the last row
    bool installed;             // the ledger begins in this month
    char *host;
    char *policy; // full text of the newest policy.loaded row up to the month's end
    struct month_devices blocked, used;
    uint64_t self_approvals; // requests that who made them has approved
    uint64_t refused_media;  // medium.refused: approved device, forbidden content
    uint64_t failed_media;   // … that could not be shut out
    uint64_t foreign_mounts; // medium.mounted "observed": mounted without approval
    uint64_t tampered;       // agent.tampered
    uint64_t clock_steps;
    uint64_t rejected_policies;
    uint64_t open_starts; // posture.failed: an initramfs that did not shut the gate
    uint64_t rows;        // of this month
    struct enforced gate; // was it shut all the time? The USB guard's mode
    uint64_t blocked_by_day[MONTH_DAYS_MAX];
    struct watched watched;
    struct network_month network;
    struct incident_month incidents;
    struct erasure_month erasures;
    struct record_month records[RECORD_REGISTER_MAX]; // that of take-outs is in `takeouts`
    struct takeout_month takeouts;
    struct operator_month operators;
    struct checked_month checked;
    uint64_t approvals;           // granted in the month
    uint64_t unregistered;        // plugs that an approval let in which no row tells of
    char oldest[MONTH_TEXT_SIZE]; // the first month that the ledger has; "" if it is not known
    uint64_t attempts_by_day[MONTH_DAYS_MAX]; // packets that the firewall stopped, or would have
    // While rows come in:
    bool started; // with `installed`: the agent has started for the first time
    struct approver *approvers;
    size_t n_approvers;
};

// −EINVAL if `name` is no month.
must_check int month_init(struct month *month, const char *name);
void month_clear(struct month *month);
// Rows of earlier months too, so that it knows what was in force when the month began.
must_check int month_take(struct month *month, const struct query_row *row);
// `now_ns`: what is later can't have been watched.
must_check int month_end(struct month *month, uint64_t now_ns);
// Number of days in it, and the first instant of day 0 … n (the last one is the month's end).
size_t month_days(const struct month *month);
uint64_t month_day_begin(const struct month *month, size_t day);
