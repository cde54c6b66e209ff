// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho net allow, forget and peer: what the admin permits beside the policy.
#pragma once

#include "cli/cli.h"

// argv[1] is the verb.
enum cli_exit net_allow(int argc, char *argv[], const struct cli_options *options);
enum cli_exit net_forget(int argc, char *argv[], const struct cli_options *options);
enum cli_exit net_peer(int argc, char *argv[], const struct cli_options *options);
