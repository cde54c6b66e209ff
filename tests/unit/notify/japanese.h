// SPDX-License-Identifier: GPL-3.0-or-later
// The Japanese messages of this build, for tests that what people read fits.
#pragma once

#define JAPANESE_FOLDER "/tmp/sekisho-words-XXXXXX"

// folder: a JAPANESE_FOLDER; where gettext looks from now on.
void speak_japanese(char folder[]);
void stop_speaking_japanese(const char *folder);
