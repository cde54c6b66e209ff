// SPDX-License-Identifier: GPL-3.0-or-later
// On what one place lies, for whoever asks in passing and with his own rights.
#pragma once

#include "base/json.h"

// A list of layers (chain.h) of which the first is the place itself. The caller puts it.
must_check int storage_place_look(int root, const char *path, json_object **ret);
