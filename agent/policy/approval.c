// SPDX-License-Identifier: GPL-3.0-or-later
// Approvals: copied, compared with devices and with each other, and read from "VID:PID:SERIAL".
#include "policy/approval.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

void approval_free(struct approval *approval)
{
    if (!approval)
        return;
    free(approval->serial);
    free(approval->port);
    free(approval->luks);
    free(approval->reason);
    free(approval->permit);
    free(approval->approver);
    free(approval->description);
    free(approval);
}

static int copy_texts(const struct approval *from, struct approval *to)
{
    int r = text_set(&to->serial, from->serial);
    if (r == 0)
        r = text_set(&to->port, from->port);
    if (r == 0)
        r = text_set(&to->luks, from->luks);
    if (r == 0)
        r = text_set(&to->reason, from->reason);
    if (r == 0)
        r = text_set(&to->permit, from->permit);
    if (r == 0)
        r = text_set(&to->approver, from->approver);
    if (r == 0)
        r = text_set(&to->description, from->description);
    return r;
}

int approval_copy(const struct approval *approval, struct approval **ret)
{
    CLEANUP(approval_free_p) struct approval *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *approval;
    copy->serial = copy->port = copy->luks = copy->reason = NULL;
    copy->permit = copy->approver = copy->description = NULL;
    int r = copy_texts(approval, copy);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(copy);
    return 0;
}

bool approval_matches(const struct approval *approval, const struct usb_device *device)
{
    if (approval->vendor != device->vendor || approval->product != device->product)
        return false;
    if (!approval->any_serial && !text_equal(approval->serial, device->serial))
        return false;
    if (approval->has_hash && memcmp(approval->hash, device->hash, sizeof approval->hash) != 0)
        return false;
    return !approval->port || text_equal(approval->port, device->port);
}

bool approval_is_plain(const struct approval *approval)
{
    return !approval->read_only && !approval->encrypted && approval->until_ns == 0;
}

bool approval_is_for_same(const struct approval *a, const struct approval *b)
{
    return a->vendor == b->vendor && a->product == b->product && text_equal(a->serial, b->serial) &&
           a->any_serial == b->any_serial && a->has_hash == b->has_hash &&
           (!a->has_hash || memcmp(a->hash, b->hash, sizeof a->hash) == 0) &&
           text_equal(a->port, b->port) && text_equal(a->luks, b->luks);
}

// Four hexadecimal digits at `text`.
static int parse_id(const char *text, uint16_t *ret)
{
    uint8_t id[2];
    char digits[5] = {0};
    memcpy(digits, text, strnlen(text, 4));
    int r = text_unhex(digits, sizeof id, id);
    if (r == 0)
        *ret = (uint16_t)(id[0] << 8 | id[1]);
    return r;
}

static int parse_serial(const char *text, bool allow_any, char **ret_serial, bool *ret_any)
{
    CLEANUP_FREE char *raw = NULL;
    if (allow_any && text_equal(text, "*")) {
        *ret_serial = NULL;
        *ret_any = true;
        return 0;
    }
    if (text[0] == '\0' || strlen(text) > APPROVAL_TEXT_MAX)
        return -EINVAL;
    int r = text_unescape(text, &raw, NULL);
    if (r < 0)
        return r;
    char *serial = strdup(text);
    if (!serial)
        return -ENOMEM;
    *ret_serial = serial;
    *ret_any = false;
    return 0;
}

int approval_parse_device(const char *text, bool allow_any, struct approval *approval)
{
    uint16_t vendor, product;
    char *serial = NULL;
    bool any = false;
    size_t length = strlen(text);
    if (length < strlen("VVVV:PPPP") || text[4] != ':' || parse_id(text, &vendor) < 0 ||
        parse_id(text + 5, &product) < 0 || (text[9] != '\0' && text[9] != ':'))
        return -EINVAL;
    int r = text[9] ? parse_serial(text + 10, allow_any, &serial, &any) : 0;
    if (r < 0)
        return r;
    free(approval->serial);
    approval->serial = serial;
    approval->any_serial = any;
    approval->vendor = vendor;
    approval->product = product;
    return 0;
}
