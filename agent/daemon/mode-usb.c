// SPDX-License-Identifier: GPL-3.0-or-later
// The USB guard's part of its mode: the kernel's defaults, now and in every initramfs. It is
// confirmed at this machine's own keyboard, because a keyboard is what it might have shut.
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/mode-files.h"
#include "daemon/mode-guard.h"
#include "daemon/person.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <string.h>

#define INITRAMFS_UNIT "sekisho-initramfs.service"

struct usb {
    const struct mode_keeper_options *options;
    unit_job_done done;
    void *context;
    struct unit_job *job;
};

// ---- The initramfs -----------------------------------------------------------------------------

static int start_initramfs(struct usb *usb, unit_job_done done, void *context)
{
    unit_job_free(TAKE_PTR(usb->job));
    if (!usb->options->bus)
        return -ENOTCONN;
    return unit_job_start(usb->options->bus, INITRAMFS_UNIT, done, context, &usb->job);
}

static void on_cleared(void *context, int error)
{
    (void)context;
    if (error < 0)
        log_error("the initramfs could not be rebuilt: %s; run `update-initramfs -u -k all`",
                  strerror(-error));
}

// ---- There and back ----------------------------------------------------------------------------

static int usb_may_enforce(void *state, char **ret_why)
{
    const struct usb *usb = state;
    return usb->options->may_enforce_usb(usb->options->context, ret_why);
}

static int usb_enter(void *state)
{
    const struct usb *usb = state;
    return enforce_usb_shut_defaults(usb->options->places->sys);
}

static int usb_changed(void *state, enum gate_mode mode)
{
    const struct usb *usb = state;
    (void)mode;
    usb->options->usb_changed(usb->options->context);
    return 0;
}

static bool usb_may_confirm(void *state, const struct bus_person *who)
{
    (void)state;
    return person_sits_at_the_machine(who);
}

static int usb_install(void *state)
{
    struct usb *usb = state;
    int r = mode_files_shut(usb->options->places);
    if (r == 0)
        r = start_initramfs(usb, usb->done, usb->context);
    return r < 0 ? r : 1;
}

static void usb_leave(void *state)
{
    struct usb *usb = state;
    int r = mode_files_open(usb->options->places);
    if (r == 0)
        r = start_initramfs(usb, on_cleared, usb);
    if (r < 0 && r != -ENOENT)
        on_cleared(usb, r);
    r = enforce_usb_open_defaults(usb->options->places->sys);
    if (r < 0)
        log_error("cannot open every USB bus: %s; a reboot will", strerror(-r));
}

static void usb_mend(void *state)
{
    struct usb *usb = state;
    if (mode_files_is_shut(usb->options->places))
        return;
    int r = mode_files_shut(usb->options->places);
    if (r == 0)
        r = start_initramfs(usb, on_cleared, usb);
    if (r < 0)
        log_error("cannot put back %s: %s, trying again within a minute", MODPROBE_FILE,
                  strerror(-r));
    recorder_put(usb->options->recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, "/etc/modprobe.d/" MODPROBE_FILE,
                               r < 0 ? "failed" : "restored", NULL),
                 NULL, NULL);
}

// ---- Life --------------------------------------------------------------------------------------

static int usb_new(const struct mode_keeper_options *options, unit_job_done done, void *context,
                   void **ret_state)
{
    struct usb *usb = calloc(1, sizeof *usb);
    if (!usb)
        return -ENOMEM;
    *usb = (struct usb){.options = options, .done = done, .context = context};
    *ret_state = usb;
    return 0;
}

static void usb_free(void *state)
{
    struct usb *usb = state;
    if (!usb)
        return;
    unit_job_free(usb->job);
    free(usb);
}

const struct mode_guard mode_usb = {
    .new = usb_new,
    .free = usb_free,
    .may_enforce = usb_may_enforce,
    .enter = usb_enter,
    .changed = usb_changed,
    .may_confirm = usb_may_confirm,
    .where = N_("Confirm at this machine's own keyboard: that shows that it still works."),
    .install = usb_install,
    .leave = usb_leave,
    .mend = usb_mend,
};
