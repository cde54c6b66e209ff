// SPDX-License-Identifier: GPL-3.0-or-later
// The name of a check in words, for pop-ups and tables.
#pragma once

// "antivirus.installed" → "Presence of an antivirus", in the session's language; the name itself
// for one that this version does not know. Borrowed.
const char *check_title(const char *name);
