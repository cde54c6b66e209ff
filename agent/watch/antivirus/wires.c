// SPDX-License-Identifier: GPL-3.0-or-later
// Wires are laid anew only where something is another one than before.
#include "watch/antivirus/wires.h"

#include "base/json.h"
#include "watch/antivirus/process.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t hash, uint64_t number)
{
    for (size_t i = 0; i < sizeof number; i++, number >>= 8)
        hash = (hash ^ (number & 0xff)) * FNV_PRIME;
    return hash;
}

// ---- Files and folders -------------------------------------------------------------------------

static uint64_t places_of(json_object *paths)
{
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < json_object_array_length(paths); i++) {
        const char *path = json_object_get_string(json_object_array_get_idx(paths, i));
        struct stat seen = {0};
        if (path && stat(path, &seen) == 0)
            hash = mix(mix(mix(hash, i + 1), seen.st_dev), seen.st_ino);
    }
    return hash;
}

static void follow_paths(struct wires *wires, struct probe *probe, json_object *paths)
{
    uint64_t places = places_of(paths);
    if (places == wires->places)
        return;
    wires->places = places;
    probe_forget_wires(probe);
    for (size_t i = 0; i < json_object_array_length(paths); i++) {
        const char *path = json_object_get_string(json_object_array_get_idx(paths, i));
        if (path)
            (void)!probe_watch_path(probe, path); // else the next minute's look tells
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

static void follow_process(struct wires *wires, struct probe *probe, int proc, json_object *found)
{
    uint64_t pid = json_get_number(found, "pid"), started = json_get_number(found, "started");
    if (pid == wires->pid && started == wires->started)
        return;
    int process = pid > 0 && pid <= INT32_MAX ? open_process(proc, (uint32_t)pid, started) : -1;
    bool watched = process >= 0;
    if (probe_watch_process(probe, process) < 0)
        watched = false;
    wires->pid = (uint32_t)pid; // also if it can't be watched: that is tried once
    wires->started = started;
    if (pid > 0 && !watched) // it ended meanwhile
        (void)!probe_ask(probe);
}

void wires_follow(struct wires *wires, struct probe *probe, int proc, json_object *facts)
{
    json_object *paths = json_get(facts, "wires"), *products = json_get(facts, "products");
    if (json_object_is_type(paths, json_type_array))
        follow_paths(wires, probe, paths);
    if (json_object_is_type(products, json_type_array))
        follow_process(wires, probe, proc, find_process(products));
}
