// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line takes from this workstation's policy: above all the time zone in which
// months and days are cut, so that it agrees with the daemon.
#pragma once

#include "policy/policy.h"

// The policy in /etc/sekisho; NULL if there is none, or it has mistakes. The caller frees it.
struct policy *site_load_policy(void);
// Makes the policy's time zone that of this process, or Asia/Tokyo as the daemon does. Answers its
// name, which lives as long as the process.
const char *site_use_zone(const struct policy *policy);
// The same with a zone by name, from a package. −EINVAL, −ENOENT: there is no such zone.
must_check int site_use_named_zone(const char *name);
