// SPDX-License-Identifier: GPL-3.0-or-later
// Who locked or unlocked a session.
#include "daemon/session-row.h"

#include "base/text.h"

#include <string.h>

struct fact *session_row(const struct fact *seen, struct accounts *accounts)
{
    bool locked = text_equal(seen->outcome, "locked");
    char name[ACCOUNT_NAME_SIZE];
    CLEANUP(fact_free_p)
    struct fact *row = fact_new(locked ? FACT_SESSION_LOCKED : FACT_SESSION_UNLOCKED);
    if (!row)
        return NULL;
    row->at = seen->at;
    row->uid = seen->uid;
    bool ok = text_set(&row->object, seen->object) == 0 &&
              text_set(&row->session, seen->session) == 0 &&
              text_set(&row->outcome, seen->outcome) == 0;
    if (ok && accounts_name_of(accounts, seen->uid, name))
        ok = (row->user = text_escape(name, strlen(name), sizeof name)) != NULL;
    return ok ? TAKE_PTR(row) : NULL;
}
