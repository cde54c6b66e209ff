// SPDX-License-Identifier: GPL-3.0-or-later
// A bundle's content: put together, written, and read within limits.
#include "site/bundle.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define POLICY_ENDING ".conf"

void bundle_clear(struct bundle *bundle)
{
    free(bundle->site);
    for (size_t i = 0; i < bundle->n_recipients; i++)
        free(bundle->recipients[i]);
    for (size_t i = 0; i < bundle->n_hosts; i++)
        free(bundle->hosts[i].certificate);
    free(bundle->hosts);
    for (size_t i = 0; i < bundle->n_policies; i++)
        free(bundle->policies[i].text);
    free(bundle->policies);
    *bundle = (struct bundle){0};
}

// ---- Putting together --------------------------------------------------------------------------

static bool is_policy_name(const char *name)
{
    size_t length = strlen(name), ending = strlen(POLICY_ENDING);
    return card_is_name(name) && length > ending &&
           text_equal(name + length - ending, POLICY_ENDING);
}

static size_t policy_bytes(const struct bundle *bundle)
{
    size_t total = 0;
    for (size_t i = 0; i < bundle->n_policies; i++)
        total += strlen(bundle->policies[i].text);
    return total;
}

int bundle_add_policy(struct bundle *bundle, const char *name, const char *text)
{
    if (!is_policy_name(name))
        return -EINVAL;
    for (size_t i = 0; i < bundle->n_policies; i++)
        if (text_equal(bundle->policies[i].name, name))
            return -EINVAL;
    if (bundle->n_policies == BUNDLE_POLICIES_MAX ||
        policy_bytes(bundle) + strlen(text) > BUNDLE_POLICY_MAX)
        return -ENOSPC;
    CLEANUP_FREE char *copy = text_dup(text);
    struct bundle_policy *items =
        reallocarray(bundle->policies, bundle->n_policies + 1, sizeof *items);
    if (items)
        bundle->policies = items;
    if (!copy || !items)
        return -ENOMEM;
    size_t at = bundle->n_policies++;
    for (; at > 0 && strcmp(items[at - 1].name, name) > 0; at--)
        items[at] = items[at - 1];
    text_copy(items[at].name, sizeof items[at].name, name);
    items[at].text = TAKE_PTR(copy);
    return 0;
}

int bundle_add_host(struct bundle *bundle, const struct bundle_host *host)
{
    if (bundle->n_hosts == CARDS_MAX)
        return -ENOSPC;
    CLEANUP_FREE char *copy = text_dup(host->certificate);
    struct bundle_host *items = reallocarray(bundle->hosts, bundle->n_hosts + 1, sizeof *items);
    if (items)
        bundle->hosts = items;
    if (!copy || !items)
        return -ENOMEM;
    items[bundle->n_hosts] = *host;
    items[bundle->n_hosts++].certificate = TAKE_PTR(copy);
    return 0;
}

int bundle_add_recipient(struct bundle *bundle, const char *certificate)
{
    if (bundle->n_recipients == ENVELOPE_RECIPIENTS_MAX)
        return -ENOSPC;
    char *copy = text_dup(certificate);
    if (!copy)
        return -ENOMEM;
    bundle->recipients[bundle->n_recipients++] = copy;
    return 0;
}

// ---- Writing -----------------------------------------------------------------------------------

static json_object *list_recipients(const struct bundle *bundle)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < bundle->n_recipients; i++)
        json_object_array_add(list, json_object_new_string(bundle->recipients[i]));
    return list;
}

static json_object *list_hosts(const struct bundle *bundle)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < bundle->n_hosts; i++) {
        json_object *host = json_object_new_object();
        json_add_text(host, "name", bundle->hosts[i].name);
        json_add_text(host, "ledger", bundle->hosts[i].ledger);
        json_add_text(host, "certificate", bundle->hosts[i].certificate);
        json_object_array_add(list, host);
    }
    return list;
}

static json_object *list_policies(const struct bundle *bundle)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < bundle->n_policies; i++) {
        json_object *policy = json_object_new_object();
        json_add_text(policy, "name", bundle->policies[i].name);
        json_add_text(policy, "text", bundle->policies[i].text);
        json_object_array_add(list, policy);
    }
    return list;
}

static json_object *to_object(const struct bundle *bundle)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "format", BUNDLE_FORMAT);
    json_add_number(object, "version", bundle->version);
    json_add_number(object, "created_ns", bundle->created_ns);
    json_add_text(object, "site", bundle->site);
    json_add(object, "recipients", list_recipients(bundle));
    json_add(object, "hosts", list_hosts(bundle));
    json_add(object, "policy", list_policies(bundle));
    return object;
}

int bundle_encode(const struct bundle *bundle, char **ret)
{
    CLEANUP_JSON json_object *object = to_object(bundle);
    return json_to_text(object, ret);
}

int bundle_digest(const struct bundle *bundle, uint8_t ret[DIGEST_SIZE])
{
    struct bundle content = *bundle;
    CLEANUP_FREE char *text = NULL;
    content.version = 0;
    content.created_ns = 0;
    int r = bundle_encode(&content, &text);
    if (r == 0)
        digest_of(text, strlen(text), ret);
    return r;
}

// ---- Reading -----------------------------------------------------------------------------------

static int take_certificate(const char *text, char **ret)
{
    if (!text || text[0] == '\0' || strlen(text) > CERTIFICATE_MAX)
        return -EBADMSG;
    char *copy = text_dup(text);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

// What would not be added is not what was written.
static int as_foreign(int r)
{
    return r == -EINVAL || r == -ENOSPC ? -EBADMSG : r;
}

static int take_recipient(struct bundle *bundle, json_object *entry)
{
    CLEANUP_FREE char *certificate = NULL;
    int r = json_object_is_type(entry, json_type_string)
                ? take_certificate(json_object_get_string(entry), &certificate)
                : -EBADMSG;
    return r < 0 ? r : as_foreign(bundle_add_recipient(bundle, certificate));
}

static int take_host(struct bundle *bundle, json_object *entry)
{
    struct bundle_host host = {0};
    const char *name = json_get_text(entry, "name");
    CLEANUP_FREE char *certificate = NULL;
    if (!name || !card_is_name(name))
        return -EBADMSG;
    text_copy(host.name, sizeof host.name, name);
    int r = json_take_id(entry, "ledger", host.ledger);
    if (r == 0)
        r = take_certificate(json_get_text(entry, "certificate"), &certificate);
    host.certificate = certificate;
    return r < 0 ? r : as_foreign(bundle_add_host(bundle, &host));
}

static int take_policy(struct bundle *bundle, json_object *entry)
{
    const char *name = json_get_text(entry, "name"), *text = json_get_text(entry, "text");
    return name && text ? as_foreign(bundle_add_policy(bundle, name, text)) : -EBADMSG;
}

static int take_list(struct bundle *bundle, json_object *list,
                     int (*take)(struct bundle *bundle, json_object *entry))
{
    if (!json_object_is_type(list, json_type_array))
        return -EBADMSG;
    int r = 0;
    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++)
        r = take(bundle, json_object_array_get_idx(list, i));
    return r;
}

static int take_all(json_object *object, struct bundle *bundle)
{
    int r = json_take_number(object, "version", &bundle->version);
    if (r == 0 && bundle->version == 0)
        r = -EBADMSG;
    if (r == 0)
        r = json_take_number(object, "created_ns", &bundle->created_ns);
    if (r == 0)
        r = take_certificate(json_get_text(object, "site"), &bundle->site);
    if (r == 0)
        r = take_list(bundle, json_get(object, "recipients"), take_recipient);
    if (r == 0)
        r = take_list(bundle, json_get(object, "hosts"), take_host);
    if (r == 0)
        r = take_list(bundle, json_get(object, "policy"), take_policy);
    return r;
}

// What is there twice, beside it, in another order or with a NUL shows when it is written again.
int bundle_decode(const char *text, size_t length, struct bundle *ret)
{
    struct bundle bundle = {0};
    CLEANUP_JSON json_object *object =
        length <= ENVELOPE_CONTENT_MAX && strnlen(text, length) == length
            ? json_parse(text, length, json_type_object)
            : NULL;
    CLEANUP_FREE char *again = NULL;
    int r = object ? take_all(object, &bundle) : -EBADMSG;
    if (r == 0)
        r = bundle_encode(&bundle, &again);
    if (r == 0 && (strlen(again) != length || memcmp(again, text, length) != 0))
        r = -EBADMSG;
    if (r < 0)
        bundle_clear(&bundle);
    else
        *ret = bundle;
    return r;
}
