// SPDX-License-Identifier: GPL-3.0-or-later
// Reads mode, compiled air gap and links.
#include "airgap/wanted.h"

#include "base/alive.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "enforce/ruleset.h"
#include "policy/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define STATE "var/lib/sekisho/"
#define TRIAL WANTED_RUN "/airgap-trial" // enforce is on trial: not yet in the mode file

void wanted_clear(struct wanted *wanted)
{
    airgap_free(wanted->airgap);
    for (size_t i = 0; i < wanted->n_links; i++)
        free(wanted->links[i]);
    free(wanted->links);
}

static int read_mode(int root, enum gate_mode *ret)
{
    CLEANUP_FREE char *text = NULL;
    struct guard_modes modes;
    size_t length = 0;
    int r = file_read_at(root, STATE GUARD_FILE, GUARD_FILE_MAX, &text, &length);
    if (r == 0)
        r = guard_modes_decode(text, length, &modes);
    if (r == 0)
        *ret = modes.of[GUARD_NETWORK];
    return r;
}

enum gate_mode wanted_find_mode(int root)
{
    enum gate_mode mode = MODE_OBSERVE;
    if (faccessat(root, TRIAL, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return MODE_ENFORCE;
    int r = read_mode(root, &mode);
    if (r == 0 || r == -ENOENT)
        return mode;
    log_error("mode: %s, taking it for enforce", strerror(-r));
    return MODE_ENFORCE;
}

int wanted_find_airgap(int root, struct airgap **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    enum gate_mode mode = wanted_find_mode(root);
    int r = file_read_at(root, STATE "airgap", AIRGAP_FILE_MAX, &text, &length);
    if (r == 0)
        r = airgap_decode(text, length, ret);
    if (r == 0)
        (*ret)->mode = mode;
    if (r == 0 || r == -ENOMEM)
        return r;
    if (mode == MODE_ENFORCE)
        log_error("airgap: %s, nothing but loopback passes", strerror(-r));
    return airgap_new_fallback(mode, ret);
}

// Nobody sees to it that a permit has begun and has not ended, whatever the clock says, but the
// daemon.
static void drop_timed(int root, struct airgap *airgap)
{
    CLEANUP_CLOSE int run = -1;
    size_t kept = 0;
    if (file_open_dir_at(root, WANTED_RUN, 0755, &run) == 0 && alive_is_held(run) > 0)
        return;
    for (size_t i = 0; i < airgap->n_peers; i++) {
        if (airgap->peers[i].until_ns != 0)
            free(airgap->peers[i].name);
        else
            airgap->peers[kept++] = airgap->peers[i];
    }
    airgap->n_peers = kept;
}

static int add_link(struct wanted *wanted, const char *name)
{
    if (!ruleset_may_name(name)) {
        wanted->skipped = true;
        return 0;
    }
    char **links = reallocarray(wanted->links, wanted->n_links + 1, sizeof *links);
    if (!links)
        return -ENOMEM;
    wanted->links = links;
    links[wanted->n_links] = text_dup(name);
    return links[wanted->n_links] ? (wanted->n_links++, 0) : -ENOMEM;
}

static int find_links(int root, struct wanted *wanted)
{
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(root, "sys/class/net", &dir);
    if (r < 0)
        return r == -ENOENT ? 0 : r; // a kernel without network
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
        // bonding_masters is a file among the links.
        bool is_link = entry->d_name[0] != '.' && entry->d_type != DT_REG &&
                       !text_equal(entry->d_name, "lo") && wanted->n_links < RULESET_LINKS_MAX;
        r = is_link ? add_link(wanted, entry->d_name) : 0;
    }
    return r;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int wanted_find(int root, struct wanted *ret)
{
    int r = wanted_find_airgap(root, &ret->airgap);
    if (r < 0)
        return r;
    drop_timed(root, ret->airgap);
    r = find_links(root, ret);
    if (r == 0 && ret->n_links > 0)
        qsort(ret->links, ret->n_links, sizeof *ret->links, compare);
    if (ret->skipped)
        log_error("a link has a name that can't be written into a rule: packet sockets on it are "
                  "not held back");
    return r;
}
