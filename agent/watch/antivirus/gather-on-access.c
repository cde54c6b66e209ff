// SPDX-License-Identifier: GPL-3.0-or-later
// Whether files are scanned when they are opened: whether the site set it up for our folder, and
// whether it then truly happens.
#include "watch/antivirus/gather-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/clamd-conf.h"
#include "watch/antivirus/on-access.h"

#include <errno.h>

#define CONF_MAX (256 * 1024)

static int is_configured(const struct product *product, bool *ret)
{
    const char *config = product_text(product, PROFILE_SOCKET_CONFIG);
    const char *folder = product_text(product, PROFILE_ON_ACCESS_FOLDER);
    CLEANUP_FREE char *text = NULL;
    if (!config) { // nothing says so: the folder itself does
        *ret = true;
        return 0;
    }
    int r = file_read_at(product->root, config + 1, CONF_MAX, &text, NULL);
    if (r < 0)
        return r;
    *ret = clamd_conf_covers(text, "OnAccessIncludePath", folder) ||
           clamd_conf_covers(text, "OnAccessMountPath", folder);
    return 0;
}

static int try_it(const struct product *product, json_object *facts)
{
    const struct on_access try = {
        .root = product->root,
        .folder = product_text(product, PROFILE_ON_ACCESS_FOLDER),
        .log = product_text(product, PROFILE_ON_ACCESS_LOG),
    };
    const char *result = NULL;
    bool configured = false;
    int r = is_configured(product, &configured);
    if (r < 0)
        return r;
    json_add_text(facts, "folder", try.folder);
    json_add_bool(facts, "configured", configured);
    if (!configured)
        return 0;
    r = on_access_try(&try, &result);
    json_add_text(facts, "result", result);
    return r;
}

void gather_on_access(struct product *product)
{
    const char *program = product_text(product, PROFILE_ON_ACCESS_PROCESS);
    struct process process;
    if (!program || !product_text(product, PROFILE_ON_ACCESS_FOLDER))
        return;
    json_object *facts = json_section(product->facts, "on_access");
    json_add_text(facts, "process", program);
    int r = product->proc < 0 ? -ENOENT : process_find(product->proc, program, NULL, &process);
    json_add_bool(facts, "runs", r == 0);
    if (r == 0) {
        json_add_number(facts, "pid", process.pid);
        r = try_it(product, facts);
    }
    if (r < 0)
        gather_error(facts, r);
}
