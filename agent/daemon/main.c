// SPDX-License-Identifier: GPL-3.0-or-later
// sekishod: parse, set up, run.
#include "daemon/agent.h"

#include "base/i18n.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static struct options arg = {
    .config = "/etc/sekisho",
    .state = "/var/lib/sekisho",
    .root = "",
};

static void print_help(void)
{
    i18n_init(); // only here: what the daemon says elsewhere is translated by who shows it
    puts(_("Usage: sekishod [OPTION]…\n"
           "Guards this workstation: blocks what is not approved and records what happens.\n"
           "\n"
           "  --config DIR   the policy's folder (default: /etc/sekisho)\n"
           "  --state DIR    ledger, keys and registers (default: /var/lib/sekisho)\n"
           "  --root DIR     take /sys, /proc, /dev and /run from below DIR (for tests)\n"
           "  --observe      only observe in this run, whatever the mode is\n"
           "  --foreground   diagnostics for a terminal\n"
           "  --help         this text\n"
           "  --version      the version"));
}

// 1: done (help, version), 0: go on, −EINVAL.
static int parse(int argc, char *argv[])
{
    enum {
        OPTION_CONFIG = 1000,
        OPTION_STATE,
        OPTION_ROOT,
        OPTION_OBSERVE,
        OPTION_FOREGROUND,
        OPTION_HELP,
        OPTION_VERSION
    };
    static const struct option options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"state", required_argument, NULL, OPTION_STATE},
        {"root", required_argument, NULL, OPTION_ROOT},
        {"observe", no_argument, NULL, OPTION_OBSERVE},
        {"foreground", no_argument, NULL, OPTION_FOREGROUND},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case OPTION_CONFIG:
            arg.config = optarg;
            break;
        case OPTION_STATE:
            arg.state = optarg;
            break;
        case OPTION_ROOT:
            arg.root = optarg;
            break;
        case OPTION_OBSERVE:
            arg.observe = true;
            break;
        case OPTION_FOREGROUND:
            arg.foreground = true;
            break;
        case OPTION_HELP:
            print_help();
            return 1;
        case OPTION_VERSION:
            puts("sekishod " SEKISHO_VERSION);
            return 1;
        default:
            return -EINVAL;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "sekishod: %s: takes no arguments: see --help\n", argv[optind]);
        return -EINVAL;
    }
    return 0;
}

// A journal that hangs must not stop the guard: what it can't take is lost, not waited for.
static void never_wait_for_the_journal(void)
{
    int flags = getenv("JOURNAL_STREAM") ? fcntl(STDERR_FILENO, F_GETFL) : -1;
    if (flags >= 0)
        (void)fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
}

// glibc learns from the first large block that is freed to take the next ones off the heap, where
// the ledger's tables, large and almost empty, are cleared and so become resident.
static void hold_little_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
    (void)mallopt(M_ARENA_MAX, 1); // two threads that seldom allocate, never at length
}

int main(int argc, char *argv[])
{
    int r = parse(argc, argv);
    if (r != 0)
        return r > 0 ? 0 : 2;
    if (arg.foreground)
        unsetenv("JOURNAL_STREAM");
    never_wait_for_the_journal();
    (void)signal(SIGPIPE, SIG_IGN); // a helper that ends is a result of write(), no death
    hold_little_memory();
    umask(0022);

    struct agent agent = {0};
    r = agent_start(&agent, &arg);
    if (r == 0) {
        (void)malloc_trim(0); // what only the start needed
        r = agent_run(&agent);
    }
    agent_stop(&agent);
    if (r < 0)
        log_error("stopped: %s", strerror(-r));
    return r < 0 ? 4 : 0;
}
