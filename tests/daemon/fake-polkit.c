// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for polkit that answers every question alike: yes, no, challenge (a password would be
// needed), error, broken (an answer of another shape), or silent until SIGUSR1, then yes; or
// "allow:ACTION,ACTION,": yes to root, and to everybody for these only. Prints
// each question as "ACTION SENDER FLAGS CANCELLATION", each withdrawal as "cancel CANCELLATION".
#include "base/util.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define WAITING_MAX 64

struct polkit {
    const char *answer;
    sd_bus_message *waiting[WAITING_MAX];
    size_t n_waiting;
};

static int reply(sd_bus_message *message, bool authorized, bool challenge)
{
    return sd_bus_reply_method_return(message, "(bba{ss})", (int)authorized, (int)challenge, 0);
}

static bool is_listed(const char *list, const char *action)
{
    size_t length = strlen(action);
    for (const char *at = list; (at = strstr(at, action)); at += length)
        if (at[length] == ',' && (at[-1] == ',' || at[-1] == ':'))
            return true;
    return false;
}

// As polkit itself does, it never asks root.
static bool is_root(sd_bus_message *message, const char *sender)
{
    sd_bus_creds *creds = NULL;
    uid_t uid = (uid_t)-1;
    int r =
        sd_bus_get_name_creds(sd_bus_message_get_bus(message), sender, SD_BUS_CREDS_EUID, &creds);
    if (r >= 0)
        r = sd_bus_creds_get_euid(creds, &uid);
    sd_bus_creds_unref(creds);
    return r >= 0 && uid == 0;
}

static int answer(struct polkit *polkit, sd_bus_message *message, const char *sender,
                  const char *action)
{
    if (strncmp(polkit->answer, "allow:", strlen("allow:")) == 0)
        return reply(message, is_root(message, sender) || is_listed(polkit->answer, action), false);
    if (strcmp(polkit->answer, "error") == 0)
        return sd_bus_reply_method_errnof(message, EIO, "out of order");
    if (strcmp(polkit->answer, "broken") == 0)
        return sd_bus_reply_method_return(message, "s", "yes");
    if (strcmp(polkit->answer, "silent") == 0) {
        if (polkit->n_waiting == WAITING_MAX)
            return -ENOBUFS;
        polkit->waiting[polkit->n_waiting++] = sd_bus_message_ref(message);
        return 1;
    }
    return reply(message, strcmp(polkit->answer, "yes") == 0,
                 strcmp(polkit->answer, "challenge") == 0);
}

static int on_check(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    (void)error;
    const char *kind, *key, *sender, *action, *cancellation;
    uint32_t flags;
    int r = sd_bus_message_enter_container(message, 'r', "sa{sv}");
    if (r >= 0)
        r = sd_bus_message_read(message, "sa{sv}", &kind, 1, &key, "s", &sender);
    if (r >= 0)
        r = sd_bus_message_exit_container(message);
    if (r >= 0)
        r = sd_bus_message_read(message, "s", &action);
    if (r >= 0)
        r = sd_bus_message_skip(message, "a{ss}");
    if (r >= 0)
        r = sd_bus_message_read(message, "us", &flags, &cancellation);
    if (r < 0)
        return r;
    if (strcmp(kind, "system-bus-name") != 0 || strcmp(key, "name") != 0)
        return -EINVAL;
    printf("%s %s %u %s\n", action, sender, flags, cancellation);
    return answer(userdata, message, sender, action);
}

static int on_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    (void)userdata, (void)error;
    const char *cancellation;
    int r = sd_bus_message_read(message, "s", &cancellation);
    if (r < 0)
        return r;
    printf("cancel %s\n", cancellation);
    return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", on_check,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CancelCheckAuthorization", "s", "", on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_release(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    (void)source, (void)info;
    struct polkit *polkit = userdata;
    for (size_t i = 0; i < polkit->n_waiting; i++) {
        (void)reply(polkit->waiting[i], true, false); // to whoever still waits
        sd_bus_message_unref(polkit->waiting[i]);
    }
    polkit->n_waiting = 0;
    puts("released");
    return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    struct polkit *polkit = userdata;
    (void)info;
    for (size_t i = 0; i < polkit->n_waiting; i++)
        sd_bus_message_unref(polkit->waiting[i]);
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int run(struct polkit *polkit, sd_event *event, sd_bus *bus)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, polkit);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGUSR1, on_release, polkit);
    if (r >= 0)
        r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", vtable, polkit);
    if (r >= 0)
        r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
    if (r >= 0)
        r = sd_bus_attach_event(bus, event, 0);
    if (r < 0)
        return r;
    puts("ready");
    return sd_event_loop(event);
}

int main(int argc, char *argv[])
{
    struct polkit polkit = {.answer = argc > 1 ? argv[1] : "no"};
    sd_event *event = NULL;
    sd_bus *bus = NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = run(&polkit, event, bus);
    if (r < 0)
        fprintf(stderr, "fake-polkit: %s\n", strerror(-r));
    sd_bus_flush_close_unref(bus);
    sd_event_unref(event);
    return r < 0;
}
