// SPDX-License-Identifier: GPL-3.0-or-later
// Wires are laid anew only where others are wanted than before; what is replaced they follow by
// themselves.
#include "watch/antivirus/followed.h"

#include "base/json.h"
#include "watch/antivirus/process.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>

// ---- Files and folders -------------------------------------------------------------------------

static void follow_paths(struct followed *followed, struct probe *probe, json_object *paths)
{
    const char *text = json_to_line(paths);
    uint8_t list[DIGEST_SIZE];
    digest_of(text ? text : "", text ? strlen(text) : 0, list);
    if (memcmp(list, followed->list, sizeof list) == 0)
        return;
    memcpy(followed->list, list, sizeof list);
    wires_forget_paths(probe_wires(probe));
    for (size_t i = 0; i < json_object_array_length(paths); i++) {
        const char *path = json_object_get_string(json_object_array_get_idx(paths, i));
        if (path)
            (void)!wires_add_path(probe_wires(probe), path); // else the next minute's look tells
    }
}

// ---- The process -------------------------------------------------------------------------------

// The first that runs: of the product that counts, where several are installed, most likely.
static json_object *find_process(json_object *products)
{
    for (size_t i = 0; i < json_object_array_length(products); i++) {
        json_object *process = json_get(json_object_array_get_idx(products, i), "process");
        if (json_get_number(process, "pid") > 0)
            return process;
    }
    return NULL;
}

// A pidfd of that very process, or −1.
static int open_process(int proc, uint32_t pid, uint64_t started)
{
    uint64_t now = 0;
    CLEANUP_CLOSE int process = pidfd_open((pid_t)pid, 0);
    if (process < 0 || process_started(proc, pid, &now) < 0 || now != started)
        return -1;
    return TAKE_FD(process);
}

static void follow_process(struct followed *followed, struct probe *probe, int proc,
                           json_object *found)
{
    uint64_t pid = json_get_number(found, "pid"), started = json_get_number(found, "started");
    if (pid == followed->pid && started == followed->started)
        return;
    int process = pid > 0 && pid <= INT32_MAX ? open_process(proc, (uint32_t)pid, started) : -1;
    bool watched = process >= 0;
    if (wires_set_process(probe_wires(probe), process) < 0)
        watched = false;
    followed->pid = (uint32_t)pid; // also if it can't be watched: that is tried once
    followed->started = started;
    if (pid > 0 && !watched) // it ended meanwhile
        (void)!probe_ask(probe);
}

void followed_set(struct followed *followed, struct probe *probe, int proc, json_object *facts)
{
    json_object *paths = json_get(facts, "wires"), *products = json_get(facts, "products");
    if (json_object_is_type(paths, json_type_array))
        follow_paths(followed, probe, paths);
    if (json_object_is_type(products, json_type_array))
        follow_process(followed, probe, proc, find_process(products));
}
