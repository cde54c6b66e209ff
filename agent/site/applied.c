// SPDX-License-Identifier: GPL-3.0-or-later
// keys/site/applied.json.
#include "site/applied.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

json_object *applied_to_object(const struct applied *applied)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "format", APPLIED_FORMAT);
    json_add_number(object, "version", applied->version);
    json_add_hash(object, "bundle_sha256", applied->bundle);
    json_add_text(object, "site", applied->site_name);
    json_add_hash(object, "site_sha256", applied->site);
    json_add_text(object, "name", applied->name);
    json_add_text(object, "ledger", applied->ledger);
    json_add_hash(object, "certificate_sha256", applied->certificate);
    json_add_number(object, "signed_ns", applied->signed_ns);
    return object;
}

int applied_write(int folder, const struct applied *applied)
{
    CLEANUP_JSON json_object *object = applied_to_object(applied);
    const char *text = json_to_line(object);
    return text ? file_replace_at(folder, APPLIED_FILE, 0600, text, strlen(text)) : -ENOMEM;
}

static int take_names(json_object *object, struct applied *applied)
{
    CLEANUP_FREE char *site = NULL;
    const char *name = json_get_text(object, "name");
    if (!name || !card_is_name(name))
        return -EBADMSG;
    text_copy(applied->name, sizeof applied->name, name);
    int r = json_take_text(object, "site", APPLIED_SITE_MAX, &site);
    if (r == 0)
        text_copy(applied->site_name, sizeof applied->site_name, site);
    return r;
}

static int take_all(json_object *object, struct applied *applied)
{
    int r = take_names(object, applied);
    if (r == 0)
        r = json_take_number(object, "version", &applied->version);
    if (r == 0)
        r = json_take_hash(object, "bundle_sha256", applied->bundle);
    if (r == 0)
        r = json_take_hash(object, "site_sha256", applied->site);
    if (r == 0)
        r = json_take_id(object, "ledger", applied->ledger);
    if (r == 0)
        r = json_take_hash(object, "certificate_sha256", applied->certificate);
    if (r == 0)
        r = json_take_number(object, "signed_ns", &applied->signed_ns);
    return r;
}

int applied_read(int folder, struct applied *ret)
{
    struct applied applied = {0};
    CLEANUP_FREE char *text = NULL;
    int r = file_read_at(folder, APPLIED_FILE, APPLIED_MAX, &text, NULL);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    CLEANUP_JSON json_object *object = json_parse_exact(text, APPLIED_MAX);
    r = object ? take_all(object, &applied) : -EBADMSG;
    if (r < 0)
        return r;
    CLEANUP_JSON json_object *again = applied_to_object(&applied);
    if (!json_is_same(object, again))
        return -EBADMSG;
    *ret = applied;
    return 0;
}
