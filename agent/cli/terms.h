// SPDX-License-Identifier: GPL-3.0-or-later
// The terms of a permit or an approval, as they are typed and as the bus takes them.
#pragma once

#include "cli/cli.h"

// {"links": [], "peers": []}; the caller puts it.
json_object *terms_new(void);

// Each adds to `terms`, or says what is wrong and answers CLI_USAGE.

// The kernel's name of a link that is there, "52:54:00:12:34:56", "driver=NAME" or "path=PATH".
enum cli_exit terms_add_link(const struct command *command, const char *text, json_object *terms);
// "192.168.10.20 tcp:9100 out": address or prefix, protocol with ports, and who begins; the last
// may be left out. `name`: for people; NULL: the address.
enum cli_exit terms_add_peer(const struct command *command, const char *text, const char *name,
                             json_object *terms);
// `key`: "from", a date's first moment, or "until", the end of that day.
enum cli_exit terms_add_time(const struct command *command, const char *key, const char *text,
                             json_object *terms);
enum cli_exit terms_add_text(const struct command *command, const char *key, const char *text,
                             json_object *terms);
