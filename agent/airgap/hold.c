// SPDX-License-Identifier: GPL-3.0-or-later
// One context of libnftables for all the time, because its socket is the owner.
#include "airgap/hold.h"

#include "airgap/kernel.h"
#include "base/log.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct holder {
    struct nft_ctx *context; // NULL: nothing is held
};

static void let_go(struct holder *holder)
{
    if (holder->context)
        nft_ctx_free(holder->context);
    holder->context = NULL;
}

static int load(struct holder *holder, const char *rules)
{
    CLEANUP_FREE char *why = NULL;
    if (!holder->context)
        holder->context = kernel_context_new();
    int r = holder->context ? kernel_run_in(holder->context, rules, &why) : -ENOMEM;
    if (r < 0)
        log_error("the firewall's twin could not be loaded: %s", why ? why : strerror(-r));
    return r;
}

// What is held stays if it can't be replaced: what it allows too much, its twin does not.
static const char *bring(struct holder *holder, int root, int (*rules)(int root, char **ret))
{
    CLEANUP_FREE char *wanted = NULL;
    int r = rules(root, &wanted);
    if (r < 0)
        return "failed";
    if (!wanted) {
        let_go(holder);
        return "none";
    }
    return load(holder, wanted) < 0 ? "failed" : "held";
}

// All lines that are there, for one: what they ask for is what is wanted now. False: no more come.
static bool wait_for_lines(void)
{
    char lines[4096];
    ssize_t n;
    do
        n = read(STDIN_FILENO, lines, sizeof lines);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

int hold_tables(int root, int (*rules)(int root, char **ret))
{
    CLEANUP(let_go) struct holder holder = {0};
    // Whoever ends the daemon's whole group ends the daemon first: it is the end of its input that
    // ends this.
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    do {
        printf("%s\n", bring(&holder, root, rules));
        if (fflush(stdout) != 0)
            return -EIO;
    } while (wait_for_lines());
    return 0;
}
