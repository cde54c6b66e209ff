// SPDX-License-Identifier: GPL-3.0-or-later
// The register.stated rows at the beginning of a month's file.
#include "daemon/restate.h"

#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static int record(void *context, const char *name, const char *details)
{
    CLEANUP(fact_free_p)
    struct fact *fact = recorder_fact(FACT_REGISTER_STATED, name, "stated", NULL);
    int r = fact ? text_set(&fact->details, details) : -ENOMEM;
    if (r == 0)
        recorder_put(context, TAKE_PTR(fact), NULL, NULL);
    return r;
}

void restate_registers(struct recorder *recorder, const struct registers *registers)
{
    int r = registers_state(registers, record, recorder);
    if (r < 0)
        log_error("cannot restate the registers: %s; older months must not be pruned",
                  strerror(-r));
}
