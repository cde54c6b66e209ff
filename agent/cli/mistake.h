// SPDX-License-Identifier: GPL-3.0-or-later
// Mistakes of a policy, for people.
#pragma once

#include "policy/policy.h"

#include <stdbool.h>

void mistake_print(const struct policy_mistake *mistake, FILE *file, bool color);
