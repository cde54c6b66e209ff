// SPDX-License-Identifier: GPL-3.0-or-later
// notify: one per desktop session, turns the agent's alerts into pop-ups. Without any right of its
// own.
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "notify/memory.h"
#include "notify/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

enum exit_status {
    EXIT_DONE = 0,
    EXIT_USAGE = 2,
    EXIT_FAILED = 4,
};

static int usage(void)
{
    int r = fputs(_("Usage: notify [OPTION…]\n"
                    "\n"
                    "Shows the alerts of sekishod as pop-ups in this desktop session, and records\n"
                    "who has read them. A second one in the same session ends at once.\n"
                    "\n"
                    "      --wait      wait until the first one ends, and take its place\n"
                    "      --help      print this text\n"
                    "      --version   print the version\n"),
                  stdout);
    return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int failed(const char *what, int error)
{
    (void)fprintf(stderr, "notify: %s: %s\n", what, strerror(-error));
    return EXIT_FAILED;
}

static void bus_close_p(sd_bus **bus)
{
    sd_bus_flush_close_unref(*bus);
}

static void event_unref_p(sd_event **event)
{
    sd_event_unref(*event);
}

static int open_runtime_folder(int *ret_fd)
{
    const char *path = secure_getenv("XDG_RUNTIME_DIR");
    if (!path || path[0] != '/')
        return -ENOENT;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)info, (void)context;
    return sd_event_exit(sd_event_source_get_event(source), EXIT_DONE);
}

static int prepare_event(sd_event **ret)
{
    CLEANUP(event_unref_p) sd_event *event = NULL;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGINT, on_signal, NULL);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(event);
    return 0;
}

// Without one of its buses it ends: the session does, or systemd starts it anew.
static int attach(sd_bus *bus, sd_event *event)
{
    int r = sd_bus_set_exit_on_disconnect(bus, true);
    return r < 0 ? r : sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
}

static int run(int folder)
{
    CLEANUP(event_unref_p) sd_event *event = NULL;
    CLEANUP(bus_close_p) sd_bus *system = NULL;
    CLEANUP(bus_close_p) sd_bus *session = NULL;
    CLEANUP(notifier_free_p) struct notifier *notifier = NULL;
    int r = prepare_event(&event);
    if (r < 0)
        return failed(_("cannot begin"), r);
    r = sd_bus_open_system(&system);
    if (r >= 0)
        r = attach(system, event);
    if (r < 0)
        return failed(_("cannot reach the system bus"), r);
    r = sd_bus_open_user(&session);
    if (r >= 0)
        r = attach(session, event);
    if (r < 0)
        return failed(_("cannot reach the session's bus"), r);
    r = notifier_new(event, system, session, folder, &notifier);
    if (r >= 0)
        r = sd_event_loop(event);
    return r < 0 ? failed(_("cannot go on"), r) : r;
}

static int work(bool wait)
{
    CLEANUP_CLOSE int folder = -1;
    CLEANUP_CLOSE int lock = -1;
    int r = open_runtime_folder(&folder);
    if (r < 0)
        return failed(_("cannot open the session's folder XDG_RUNTIME_DIR"), r);
    r = memory_lock(folder, wait, &lock);
    if (r == -EBUSY)
        return EXIT_DONE;
    return r < 0 ? failed(_("cannot lock the session's folder"), r) : run(folder);
}

int main(int argc, char *argv[])
{
    i18n_init();
    if (argc == 2 && text_equal(argv[1], "--help"))
        return usage();
    if (argc == 2 && text_equal(argv[1], "--version"))
        return printf("notify %s\n", SEKISHO_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
    bool wait = argc == 2 && text_equal(argv[1], "--wait");
    if (argc != 1 && !wait) {
        (void)fputs(_("notify: wrong usage: see notify --help\n"), stderr);
        return EXIT_USAGE;
    }
    return work(wait);
}
