// SPDX-License-Identifier: GPL-3.0-or-later
// What the two files of `sekisho operator` share.
#pragma once

#include "cli/cli.h"

enum cli_exit operator_list(int argc, char *argv[], const struct cli_options *options);
