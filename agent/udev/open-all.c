// SPDX-License-Identifier: GPL-3.0-or-later
// The way back: an administrator opens the gate by hand, because the daemon can't.
#include "udev/verdict.h"

#include "enforce/enforce.h"
#include "fact/usb_name.h"
#include "watch/medium/disk.h"
#include "watch/usb/ports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

// From here on udev's questions are answered as in observe mode: place_open() looks for it.
static int leave_mark(const struct place *place)
{
    if (place->run < 0)
        return -ENOENT;
    CLEANUP_CLOSE int fd =
        openat(place->run, PLACE_OPENED, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : 0;
}

static int open_interfaces(const struct place *place, const char *sysname)
{
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    int first = 0;
    int r = usb_sysfs_list_interfaces(place->sys, sysname, &names);
    if (r < 0)
        return r;
    for (size_t i = 0; i < names.n; i++)
        verdict_keep_first(&first, enforce_usb_grant_interface(place->sys, names.items[i]));
    return first;
}

static int open_device(const struct place *place, const char *sysname)
{
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0 || name.is_root_hub)
        return r;
    r = enforce_usb_authorize(place->sys, sysname);
    return r < 0 ? r : open_interfaces(place, sysname);
}

// What the daemon switched off; other ports are left as they are.
static int open_ports(const struct place *place)
{
    CLEANUP(usb_names_clear) struct usb_names ports = {0};
    if (place->run < 0 || faccessat(place->run, USB_PORTS_MARK, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    int r = usb_ports_list(place->sys, &ports), first = 0;
    if (r < 0)
        return r;
    for (size_t i = 0; i < ports.n; i++)
        verdict_keep_first(&first, enforce_usb_set_port(place->sys, ports.items[i], true));
    return first;
}

// ---- Media -------------------------------------------------------------------------------------

// The kernel's write protection goes only where the gate had asked for it.
static int unprotect(const struct place *place, const struct medium *medium)
{
    CLEANUP(view_clear) struct view view = {0};
    CLEANUP_CLOSE int dev = openat(place->root, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = dev < 0 ? -errno : view_read(place, medium->usb, &view);
    if (r < 0 || !view.verdict.read_only)
        return r;
    return enforce_medium_writable(dev, medium->sysname);
}

static int give_back(const struct place *place, const char *disk)
{
    CLEANUP(medium_free_p) struct medium *medium = NULL;
    int r = disk_read(place->sys, disk, &medium);
    if (r < 0) // −ENODEV: not on USB, so never held
        return r;
    r = unprotect(place, medium);
    int asked = enforce_medium_reconsider(place->sys, disk);
    return r < 0 ? r : asked;
}

static int give_all_back(const struct place *place)
{
    struct dirent **entries = NULL;
    int n = scandirat(place->sys, "block", &entries, NULL, alphasort), first = 0;
    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            verdict_keep_first(&first, give_back(place, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return first;
}

int verdict_open_all(const struct place *place)
{
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    if (place->agent_alive)
        return -EBUSY;
    int first = leave_mark(place);
    verdict_keep_first(&first, enforce_usb_open_defaults(place->sys));
    int r = usb_sysfs_list(place->sys, &names);
    if (r < 0 && r != -ENOENT)
        return r;
    for (size_t i = 0; i < names.n; i++)
        verdict_keep_first(&first, open_device(place, names.items[i]));
    verdict_keep_first(&first, open_ports(place));
    verdict_keep_first(&first, give_all_back(place));
    return first;
}
