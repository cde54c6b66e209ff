// SPDX-License-Identifier: GPL-3.0-or-later
// The monthly report as a command makes it: from this workstation's ledger, into the city's form.
#pragma once

#include "cli/cli.h"

#include "ledger/verify.h"
#include "policy/policy.h"
#include "report/month.h"
#include "report/usage.h"

struct report_material {
    struct month month;
    struct verify_result verified;
    struct policy *policy; // of that month; NULL: none is stated
    struct usage usage;
};

void report_material_clear(struct report_material *material);
static inline void report_material_clear_p(struct report_material *material)
{
    report_material_clear(material);
}

// Makes the policy's time zone that of this process. `folder`: of the ledger. Errors as
// gather_ledger() and usage_gather().
must_check int report_gather(const char *folder, const char *month, struct report_material *ret);

// What the form is filled from; NULL on lack of memory. The caller puts it.
json_object *report_describe(const struct report_material *material, const char *language);

struct report_form {
    const char *language; // "ja" or "en"
    const char *format;   // "html" or "csv"
    const char *template; // a file; NULL: that of /etc/sekisho/templates, or as shipped
};

// CLI_OK, or it has said why not. The caller frees the text.
enum cli_exit report_fill(const struct command *command, const struct report_form *form,
                          json_object *document, char **ret_text);
