// SPDX-License-Identifier: GPL-3.0-or-later
// Goes into each network namespace and looks at its links.
#include "airgap/recall.h"

#include "airgap/namespaces.h"
#include "base/file.h"
#include "base/log.h"
#include "enforce/enforce.h"
#include "watch/network/dump.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRIES 4 // at a list of links that changes while it is read

struct recall {
    bool touch;
    bool found;
};

// What became of it; NULL: it can't be moved, and was down already.
static const char *bring_back(const struct net_link *link, int home)
{
    int r = enforce_link_down(link->index);
    if (r < 0) {
        log_error("%s, in another network namespace: cannot be set down: %s", link->name,
                  strerror(-r));
        return "failed";
    }
    r = enforce_link_move(link->index, home);
    if (r < 0 && link->up)
        log_error("%s, in another network namespace: cannot be brought back: %s, it is down",
                  link->name, strerror(-r));
    return r == 0 ? "home" : link->up ? "down" : NULL;
}

// What is made by software leads to our links, or nowhere.
static bool is_hardware(const struct net_link *link)
{
    return !link->kind && !link->loopback;
}

static int read_links(struct net_links *ret)
{
    int r = -EINTR;
    for (unsigned i = 0; r == -EINTR && i < TRIES; i++)
        r = net_links_read(-1, ret);
    return r;
}

static int look(void *context, int home)
{
    struct recall *recall = context;
    CLEANUP(net_links_clear) struct net_links links = {0};
    int r = read_links(&links);
    for (size_t i = 0; r == 0 && i < links.n; i++) {
        const struct net_link *link = links.items[i];
        if (!is_hardware(link))
            continue;
        const char *outcome = recall->touch ? bring_back(link, home) : "found";
        recall->found |= outcome != NULL;
        if (outcome)
            printf("%s %s\n", outcome, link->name);
    }
    return r;
}

int recall_links(int root, bool touch)
{
    struct recall recall = {.touch = touch};
    CLEANUP_CLOSE int proc = -1;
    int r = file_open_dir_at(root, "proc", 0555, &proc);
    if (r == 0)
        r = namespaces_visit(proc, look, &recall);
    if (fflush(stdout) != 0 && r == 0)
        r = -EIO;
    if (r < 0)
        log_error("not every network namespace could be looked at: %s", strerror(-r));
    return r < 0 && !recall.found ? r : recall.found;
}
