// SPDX-License-Identifier: GPL-3.0-or-later
// Finds a form and fills it.
#include "cli/form.h"

#include "base/file.h"
#include "base/text.h"
#include "report/template.h"

#include <errno.h>
#include <fcntl.h>

#define OWN_TEMPLATES "/etc/sekisho/templates"
#define SHIPPED_TEMPLATES "/usr/share/sekisho/templates"

static int read_form(const char *name, char **ret_path, char **ret)
{
    static const char *const folders[] = {OWN_TEMPLATES, SHIPPED_TEMPLATES};
    const char *other =
        getenv("SEKISHO_TEMPLATES"); // for tests, and whoever tries a form of his own
    CLEANUP_FREE char *path = NULL;
    int r = -ENOENT;
    for (size_t i = other ? 0 : 1; r == -ENOENT && i <= ELEMENTS(folders); i++) {
        free(path);
        path = text_format("%s/%s", i == 0 ? other : folders[i - 1], name);
        r = path ? file_read_at(AT_FDCWD, path, TEMPLATE_MAX, ret, NULL) : -ENOMEM;
    }
    *ret_path = TAKE_PTR(path);
    return r;
}

enum cli_exit form_fill_html(const struct command *command, const char *name, json_object *document,
                             char **ret_text)
{
    CLEANUP_FREE char *path = NULL, *form = NULL;
    struct template_mistake mistake = {0};
    int r = read_form(name, &path, &form);
    if (r < 0)
        return cli_read_failed(command, r, path ? path : name);
    r = template_render(form, document, TEMPLATE_HTML, ret_text, &mistake);
    if (r == -EINVAL)
        cli_error(command, "%s:%u: %s", path, mistake.line, mistake.what);
    else if (r < 0)
        return cli_read_failed(command, r, path);
    return r < 0 ? CLI_FAILED : CLI_OK;
}
