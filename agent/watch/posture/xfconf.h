// SPDX-License-Identifier: GPL-3.0-or-later
// Xfce's settings: properties in properties, as xfconf writes them in XML.
#pragma once

#include <stdbool.h>

#define XFCONF_PATH_SIZE 256
#define XFCONF_VALUE_SIZE 128

// Each property that has a value, with its path from the channel on ("/saver/enabled"). False: it
// is not of that form, and something may have been missed.
bool xfconf_read(const char *text, void (*take)(void *context, const char *path, const char *value),
                 void *context);
