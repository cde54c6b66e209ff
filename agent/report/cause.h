// SPDX-License-Identifier: GPL-3.0-or-later
// Why there is a gap, in the session's language.
#pragma once

// `cause` as it stands in the row. One that is not known here (of another version) stays as it is.
const char *cause_to_words(const char *cause);
