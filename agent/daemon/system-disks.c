// SPDX-License-Identifier: GPL-3.0-or-later
// Holds what the system stands on against what would pass without the daemon.
#include "daemon/system-disks.h"

#include "base/i18n.h"
#include "base/text.h"
#include "watch/medium/footing.h"

#include <errno.h>
#include <string.h>

struct check {
    struct usb_guard *usb;
    const struct footing *footing;
    size_t found;   // footholds whose device is plugged in, as it should be
    char *identity; // of the first device that would not pass
    char *carries;  // "/, /home"
};

// Mounted by the initramfs, which knows approvals of single devices only (usb-verdict --initramfs).
static bool is_mounted_early(const char *what)
{
    return text_equal(what, "/") || text_equal(what, "/usr");
}

static bool passes_at_boot(const struct verdict *verdict, bool early)
{
    return verdict->allowed && verdict->reason != REASON_PARTLY &&
           !(early && verdict->approval && verdict->approval->any_serial);
}

static int add_word(char **list, const char *word)
{
    char *longer = *list ? text_format("%s, %s", *list, word) : text_dup(word);
    if (!longer)
        return -ENOMEM;
    free(*list);
    *list = longer;
    return 0;
}

static int note_refused(struct check *check, const struct usb_device *device)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < check->footing->n; i++)
        if (footing_is_above(device->sysname, check->footing->items[i].usb))
            r = add_word(&check->carries, check->footing->items[i].what);
    if (r < 0)
        return r;
    check->identity = usb_device_identity(device);
    return check->identity ? -EACCES : -ENOMEM;
}

// Hubs come before what hangs on them.
static int check_device(void *context, const struct usb_device *device,
                        const struct verdict *verdict)
{
    struct check *check = context;
    bool carries = false, early = false;
    struct verdict at_boot;
    (void)verdict;
    for (size_t i = 0; i < check->footing->n; i++) {
        const struct foothold *hold = &check->footing->items[i];
        if (!footing_is_above(device->sysname, hold->usb))
            continue;
        carries = true;
        early |= is_mounted_early(hold->what);
        check->found += text_equal(device->sysname, hold->usb);
    }
    if (!carries)
        return 0;
    int r = usb_guard_verdict_at_boot(check->usb, device->sysname, &at_boot);
    if (r < 0)
        return r;
    return passes_at_boot(&at_boot, early) ? 0 : note_refused(check, device);
}

static int check_all(const struct places *places, struct check *check)
{
    CLEANUP(footing_clear) struct footing footing = {0};
    int r = footing_read(places->sys, places->proc, places->dev, &footing);
    if (r < 0)
        return r;
    check->footing = &footing;
    r = usb_guard_visit(check->usb, check_device, check);
    return r == 0 && check->found < footing.n ? -ENODEV : r;
}

int system_disks_check(const struct places *places, struct usb_guard *usb, char **ret_why)
{
    struct check check = {.usb = usb};
    int r = check_all(places, &check);
    if (r == -EACCES) // the command behind the line break is the same in every language
        *ret_why = text_format("%s\nsekisho usb allow '%s'  # %s",
                               N_("The system runs from a USB device that enforce would shut, "
                                  "because no approval without conditions lets it pass. First:"),
                               check.identity, check.carries);
    else if (r < 0)
        *ret_why = text_dup(N_("It could not be found out whether the system runs from a USB disk; "
                               "the machine observes as before."));
    free(check.identity);
    free(check.carries);
    return r;
}
