// SPDX-License-Identifier: GPL-3.0-or-later
// Folders opened, gate read, daemon asked for.
#include "udev/place.h"

#include "base/alive.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "fact/screen.h"
#include "watch/medium/footing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT_DISKS_MAX 65536
#define COMMAND_LINE_MAX 65536

// Does the kernel leave new devices unauthorized?
static bool boots_shut(int sys)
{
    CLEANUP_FREE char *value = NULL;
    return file_read_line_at(sys, "module/usbcore/parameters/authorized_default", 32, &value) ==
               0 &&
           text_equal(value, "0");
}

static int read_gate(int root, struct gate **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    int r = file_read_at(root, "var/lib/sekisho/gate", GATE_FILE_MAX, &text, &length);
    return r < 0 ? r : gate_decode(text, length, ret);
}

static int find_gate(struct place *place)
{
    int r = read_gate(place->root, &place->gate);
    if (r >= 0 || r == -ENOMEM)
        return r;
    enum gate_mode mode = boots_shut(place->sys) ? MODE_ENFORCE : MODE_OBSERVE;
    if (r != -ENOENT)
        log_warning("gate: %s, letting only hubs, keyboards and mice pass", strerror(-r));
    return gate_new_fallback(mode, &place->gate);
}

// ---- The initramfs ----------------------------------------------------------------------------

static bool stands_in(const char *lines, const char *line)
{
    size_t length = strlen(line);
    for (const char *p = lines; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strcspn(p, "\n") == length && strncmp(p, line, length) == 0)
            return true;
    return false;
}

// "VID:PID:SERIAL" as usb_device_identity() writes it; NULL where the approval names no one device.
static char *identity_of(const struct approval *approval)
{
    struct usb_device device = {
        .vendor = approval->vendor, .product = approval->product, .serial = approval->serial};
    return approval->any_serial ? NULL : usb_device_identity(&device);
}

static void keep_root_disks(struct gate *gate, const char *lines)
{
    size_t kept = 0;
    for (size_t i = 0; i < gate->n_approvals; i++) {
        struct approval *approval = gate->approvals[i];
        CLEANUP_FREE char *identity = identity_of(approval);
        if (identity && approval_is_plain(approval) && stands_in(lines, identity))
            gate->approvals[kept++] = approval;
        else
            approval_free(approval);
    }
    gate->n_approvals = kept;
}

static void narrow_to_initramfs(struct place *place)
{
    int r = place_narrow(place, "etc/sekisho/root-disks");
    if (r < 0 && r != -ENOENT)
        log_warning("root-disks: %s, going without", strerror(-r));
    if (boots_shut(place->sys))
        place->gate->mode = MODE_ENFORCE;
}

int place_narrow(struct place *place, const char *root_disks)
{
    CLEANUP_FREE char *lines = NULL;
    int r = file_read_at(place->root, root_disks, ROOT_DISKS_MAX, &lines, NULL);
    keep_root_disks(place->gate, lines ? lines : "");
    return r;
}

// ---- The way back -----------------------------------------------------------------------------

#define BOOT_PARAMETER "usbcore.authorized_default="

// The last word on the kernel's command line counts, as it does for the kernel.
static bool boots_open(const char *words)
{
    bool open = false;
    for (const char *p = words; *p; p += strcspn(p, " \n"), p += strspn(p, " \n"))
        if (strncmp(p, BOOT_PARAMETER, strlen(BOOT_PARAMETER)) == 0) {
            const char *value = p + strlen(BOOT_PARAMETER);
            open = strcspn(value, " \n") == 1 && *value == '1';
        }
    return open;
}

// The daemon, where it runs, shuts the gate again and tells; usb-verdict leaves the way back open.
// Once the daemon has shut it, nothing is open any more, whatever the mark and the boot menu say.
static bool is_opened_by_hand(const struct place *place)
{
    CLEANUP_FREE char *words = NULL;
    if (boots_shut(place->sys))
        return false;
    if (place->run >= 0 && faccessat(place->run, PLACE_OPENED, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    return file_read_at(place->root, "proc/cmdline", COMMAND_LINE_MAX, &words, NULL) == 0 &&
           boots_open(words);
}

// ---- Opening ----------------------------------------------------------------------------------

static int open_dir(int root, const char *path)
{
    return openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// The spool goes into it; early in the boot nobody has made it yet.
static int open_run(int root)
{
    int fd = -1;
    int r = file_open_dir_at(root, "run/sekisho", 0755, &fd);
    return r < 0 ? -1 : fd;
}

int place_open(const char *root, bool initramfs, struct place *ret)
{
    CLEANUP(place_close)
    struct place place = {.root = -1, .sys = -1, .run = -1, .initramfs = initramfs};
    place.root = open_dir(AT_FDCWD, root);
    if (place.root < 0)
        return -errno;
    place.sys = open_dir(place.root, "sys");
    if (place.sys < 0)
        return -errno;
    place.run = open_run(place.root);
    // Not to know is to be without it: then less is granted.
    place.agent_alive = place.run >= 0 && alive_is_held(place.run) == 1;
    place.screen_locked = place.agent_alive && screen_is_locked(place.run);
    int r = find_gate(&place);
    if (r < 0)
        return r;
    if (initramfs)
        narrow_to_initramfs(&place);
    if (!place.agent_alive && is_opened_by_hand(&place))
        place.gate->mode = MODE_OBSERVE;
    *ret = place;
    place = (struct place){.root = -1, .sys = -1, .run = -1};
    return 0;
}

void place_close(struct place *place)
{
    close_p(&place->root);
    close_p(&place->sys);
    close_p(&place->run);
    gate_free(place->gate);
}

bool place_needs(const struct place *place, const char *usb)
{
    CLEANUP_CLOSE int proc = open_dir(place->root, "proc");
    CLEANUP_CLOSE int dev = open_dir(place->root, "dev");
    return proc >= 0 && dev >= 0 && footing_is_vital(place->sys, proc, dev, usb);
}
