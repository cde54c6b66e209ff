// SPDX-License-Identifier: GPL-3.0-or-later
// The marks of what was let in: "HASH VVVV:PPPP LEFT", named by port.
#include "fact/tenant.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FOLDER "ports"
#define MARK_MAX 256

struct mark {
    char hash[DIGEST_TEXT_SIZE];
    char numbers[sizeof "VVVV:PPPP"];
    uint64_t left_ns;
};

static void describe(const struct usb_device *device, struct mark *ret)
{
    text_hex(device->hash, sizeof device->hash, ret->hash);
    (void)snprintf(ret->numbers, sizeof ret->numbers, "%04x:%04x", device->vendor, device->product);
}

static char *mark_path(const char *port)
{
    return text_format(FOLDER "/%s", port);
}

int tenant_set(int run, const struct usb_device *device, uint64_t left_ns)
{
    struct mark mark;
    CLEANUP_CLOSE int folder = -1;
    if (!device->jack)
        return 0;
    int r = file_open_dir_at(run, FOLDER, 0700, &folder);
    if (r < 0)
        return r;
    describe(device, &mark);
    CLEANUP_FREE char *text = text_format("%s %s %" PRIu64 "\n", mark.hash, mark.numbers, left_ns);
    return text ? file_replace_at(folder, device->jack, 0600, text, strlen(text)) : -ENOMEM;
}

static int read_mark(int run, const char *port, struct mark *ret)
{
    CLEANUP_FREE char *path = mark_path(port), *line = NULL;
    char *rest = NULL;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(run, path, MARK_MAX, &line);
    if (r < 0)
        return r;
    const char *hash = strtok_r(line, " ", &rest), *numbers = strtok_r(NULL, " ", &rest),
               *left = strtok_r(NULL, " ", &rest);
    if (!left || strlen(hash) >= sizeof ret->hash || strlen(numbers) >= sizeof ret->numbers)
        return -EBADMSG;
    text_copy(ret->hash, sizeof ret->hash, hash);
    text_copy(ret->numbers, sizeof ret->numbers, numbers);
    return text_to_u64(left, 10, UINT64_MAX, &ret->left_ns);
}

enum tenant tenant_before(int run, const struct usb_device *device, uint64_t now_ns, bool watched)
{
    struct mark before, own;
    if (!device->jack || read_mark(run, device->jack, &before) < 0)
        return TENANT_NONE;
    describe(device, &own);
    uint64_t came_ns = now_ns - device->connected_ms * 1000000;
    // Not gone yet, says the daemon: it has not heard of that either.
    bool just_left = before.left_ns == 0 ? watched : came_ns < before.left_ns + TENANT_MOMENT_NS;
    if (!just_left || text_equal(before.hash, own.hash))
        return TENANT_NONE;
    return text_equal(before.numbers, own.numbers) ? TENANT_CHANGED : TENANT_OTHER;
}

// One that can't be read says nothing of a device that has left.
static bool is_of_present(void *context, const char *port)
{
    struct mark mark = {0};
    const int *run = context;
    return read_mark(*run, port, &mark) < 0 || mark.left_ns == 0;
}

int tenant_forget_present(int run)
{
    return file_remove_entries(run, FOLDER, is_of_present, &run);
}

int tenant_forget_all(int run)
{
    return file_remove_entries(run, FOLDER, NULL, NULL);
}
