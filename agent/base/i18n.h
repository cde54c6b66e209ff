// SPDX-License-Identifier: GPL-3.0-or-later
// Messages in the language of the session: _("…") at the place of use, catalogs in packaging/po/.
#pragma once

#include <libintl.h>
#include <locale.h>

#define _(message) gettext(message)
#define N_(message) (message)

static inline void i18n_init(void)
{
    (void)setlocale(LC_ALL, "");
    (void)bindtextdomain("sekisho", SEKISHO_LOCALEDIR);
    (void)bind_textdomain_codeset("sekisho", "UTF-8");
    (void)textdomain("sekisho");
}
