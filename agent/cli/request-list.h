// SPDX-License-Identifier: GPL-3.0-or-later
// "sekisho request list": the register of requests and of what was granted by them.
#pragma once

#include "cli/cli.h"

enum cli_exit request_list(int argc, char *argv[], const struct cli_options *options);
