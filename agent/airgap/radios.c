// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks and releases radios by rfkill. What fails is said, and keeps nothing else from being done:
// the firewall counts for more.
#include "airgap/radios.h"

#include "base/log.h"
#include "decision/network.h"
#include "enforce/enforce.h"
#include "enforce/radio-memory.h"
#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define STATE "var/lib/sekisho"

static int open_folder(int root, const char *path)
{
    int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void set_type(int dev, enum radio_type type, bool blocked)
{
    int r = enforce_radio_set_type(dev, type, blocked);
    if (r < 0 && !radio_is_missing(r)) // no rfkill in this kernel
        log_error("radios of the type %s could not be %s: %s", radio_type_to_str(type),
                  blocked ? "blocked" : "unblocked", strerror(-r));
}

// Calls back with each radio that is there.
static int visit(int root, int dev, void (*on_radio)(void *context, struct fact *fact),
                 void *context)
{
    CLEANUP_CLOSE int sys = open_folder(root, "sys");
    const struct watch_context options = {.sink = {on_radio, context}, .sys = sys, .dev = dev};
    void *state = NULL;
    int r = watch_radio.start(&options, &state);
    if (r == 0)
        r = watch_radio.snapshot(state);
    watch_radio.stop(state);
    return r;
}

// ---- Blocking ----------------------------------------------------------------------------------

struct block {
    struct radio_memory memory;
    uint32_t added; // types that are held from now on
    int r;
};

// What is blocked before we block anything was blocked by somebody else.
static void on_found(void *context, struct fact *fact)
{
    struct block *block = context;
    if (block->added & 1U << fact->radio->type && fact->radio->soft && block->r == 0)
        block->r = radio_memory_keep(&block->memory, fact->radio);
    fact_free(fact);
}

// The daemon releases what the policy, which it can read, permits after all.
static int remember(int root, int dev, uint32_t wanted)
{
    CLEANUP_CLOSE int state = open_folder(root, STATE);
    struct block block = {0};
    if (state < 0)
        return state;
    int r = radio_memory_read(state, &block.memory);
    if (r == 0 || r == -ENOENT || r == -EBADMSG) {
        block.added = wanted & ~block.memory.held;
        r = block.added ? visit(root, dev, on_found, &block) : 0;
    }
    if (r == 0)
        r = block.r;
    block.memory.held |= wanted;
    if (r == 0 && block.added)
        r = radio_memory_write(state, &block.memory);
    radio_memory_clear(&block.memory);
    return r;
}

void radios_block(int root, const struct airgap *airgap)
{
    CLEANUP_CLOSE int dev = open_folder(root, "dev");
    uint32_t wanted = 0;
    if (dev < 0 || airgap->mode != MODE_ENFORCE)
        return;
    for (enum radio_type t = 0; t < RADIO_UNKNOWN; t++)
        wanted |= (radio_type_may_be_on(airgap, t) ? 0U : 1U) << t;
    int r = remember(root, dev, wanted);
    if (r < 0)
        log_error("which radios were blocked before can't be kept in mind: %s", strerror(-r));
    for (enum radio_type t = 0; t < RADIO_UNKNOWN; t++)
        if (wanted & 1U << t)
            set_type(dev, t, true);
}

// ---- Releasing ---------------------------------------------------------------------------------

struct release {
    int dev;
    struct radio_memory memory;
};

// One that is held by itself, or was blocked before.
static void on_radio(void *context, struct fact *fact)
{
    const struct release *release = context;
    const struct radio *radio = fact->radio;
    bool is_held = release->memory.held & 1U << radio->type;
    bool is_kept = radio_memory_keeps(&release->memory, radio);
    int r = 0;
    if (is_held && is_kept)
        r = enforce_radio_set(release->dev, radio->index, true);
    else if (is_held && radio->type == RADIO_UNKNOWN)
        r = enforce_radio_set(release->dev, radio->index, false);
    if (r < 0 && !radio_is_missing(r))
        log_error("the radio %s could not be left as it was: %s", radio->name, strerror(-r));
    fact_free(fact);
}

void radios_release(int root)
{
    CLEANUP_CLOSE int state = open_folder(root, STATE), dev = open_folder(root, "dev");
    struct release release = {.dev = dev};
    int r = state < 0 || dev < 0 ? -ENOENT : radio_memory_read(state, &release.memory);
    if (r < 0) {
        if (r != -ENOENT)
            log_error("which radios are blocked is not known: %s; see rfkill(8)", strerror(-r));
        return;
    }
    for (enum radio_type t = 0; t < RADIO_UNKNOWN; t++)
        if (release.memory.held & 1U << t)
            set_type(dev, t, false);
    r = visit(root, dev, on_radio, &release);
    radio_memory_clear(&release.memory);
    if (r == 0)
        r = radio_memory_write(state, &release.memory); // nothing is held any more
    if (r < 0)
        log_error("the radios were not all released: %s; see rfkill(8)", strerror(-r));
}
