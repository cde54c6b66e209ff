// SPDX-License-Identifier: GPL-3.0-or-later
// Gathers a month and fills the form of the report.
#include "cli/report-form.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/site.h"
#include "report/gather.h"
#include "report/summary.h"
#include "report/template.h"

#include <errno.h>
#include <fcntl.h>

#define OWN_TEMPLATES "/etc/sekisho/templates"
#define SHIPPED_TEMPLATES "/usr/share/sekisho/templates"

void report_material_clear(struct report_material *material)
{
    month_clear(&material->month);
    verify_result_clear(&material->verified);
    policy_free(material->policy);
    usage_clear(&material->usage);
}

int report_gather(const char *folder, const char *month, struct report_material *ret)
{
    CLEANUP(policy_free_p) struct policy *present = site_load_policy();
    (void)site_use_zone(present);
    int r = gather_ledger(folder, month, moment_now().wall_ns, &ret->month, &ret->verified);
    if (r < 0)
        return r;
    // The policy of that month names the officers of that month; today's only if there is none.
    if (!ret->month.policy || policy_from_text(ret->month.policy, &ret->policy) < 0)
        ret->policy = TAKE_PTR(present);
    return usage_gather(folder, month, ret->policy, moment_now().wall_ns, &ret->usage);
}

json_object *report_describe(const struct report_material *material, const char *language)
{
    const struct summary_sources sources = {.month = &material->month,
                                            .verified = &material->verified,
                                            .usage = &material->usage,
                                            .policy = material->policy,
                                            .created_ns = moment_now().wall_ns,
                                            .language = language};
    return summary_make(&sources);
}

static int read_template(const struct report_form *form, char **ret_path, char **ret_text)
{
    static const char *const folders[] = {OWN_TEMPLATES, SHIPPED_TEMPLATES};
    CLEANUP_FREE char *path = text_dup(form->template);
    int r = path ? file_read_at(AT_FDCWD, path, TEMPLATE_MAX, ret_text, NULL) : -ENOENT;
    for (size_t i = 0; !form->template && r == -ENOENT && i < ELEMENTS(folders); i++) {
        free(path);
        path = text_format("%s/report.%s.%s", folders[i], form->language, form->format);
        r = path ? file_read_at(AT_FDCWD, path, TEMPLATE_MAX, ret_text, NULL) : -ENOMEM;
    }
    *ret_path = TAKE_PTR(path);
    return r;
}

enum cli_exit report_fill(const struct command *command, const struct report_form *form,
                          json_object *document, char **ret_text)
{
    CLEANUP_FREE char *path = NULL, *template = NULL;
    struct template_mistake mistake = {0};
    int r = read_template(form, &path, &template);
    if (r < 0)
        return cli_read_failed(command, r, path ? path : "report");
    r = template_render(template, document,
                        text_equal(form->format, "csv") ? TEMPLATE_CSV : TEMPLATE_HTML, ret_text,
                        &mistake);
    if (r == -EINVAL)
        cli_error(command, "%s:%u: %s", path, mistake.line, mistake.what);
    else if (r < 0)
        return cli_read_failed(command, r, path);
    return r < 0 ? CLI_FAILED : CLI_OK;
}
