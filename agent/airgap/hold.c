// SPDX-License-Identifier: GPL-3.0-or-later
// One context of libnftables for all the time, because its socket is the owner.
#include "airgap/hold.h"

#include "base/log.h"
#include "base/text.h"
#include "enforce/ruleset.h"

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

static int take_hold(struct holder *holder)
{
    if (holder->context)
        return 0;
    holder->context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (holder->context && nft_ctx_buffer_output(holder->context) == 0 &&
        nft_ctx_buffer_error(holder->context) == 0)
        return 0;
    let_go(holder);
    return -ENOMEM;
}

static int load(struct holder *holder, const char *rules)
{
    int r = take_hold(holder);
    if (r < 0)
        return r;
    if (nft_run_cmd_from_buffer(holder->context, rules) == 0)
        return 0;
    const char *why = nft_ctx_get_error_buffer(holder->context);
    CLEANUP_FREE char *line = text_escape(why, strcspn(why, "\n"), 256);
    log_error("the firewall's twin could not be loaded: %s", line ? line : "no memory");
    return -EIO;
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
