// SPDX-License-Identifier: GPL-3.0-or-later
// Compiling, keeping and writing the gate.
#include "daemon/gate-keeper.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

#define GATE_FILE "gate"

struct gate_keeper {
    const struct places *places;
    struct gate *gate;
};

static int read_last(const struct places *places, struct gate **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = file_read_at(places->state, GATE_FILE, GATE_FILE_MAX, &text, &length);
    if (r < 0)
        return r;
    return gate_decode(text, length, ret);
}

int gate_keeper_new(const struct places *places, enum gate_mode mode, struct gate_keeper **ret)
{
    CLEANUP(gate_keeper_free_p) struct gate_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->places = places;
    int r = read_last(places, &keeper->gate);
    if (r < 0) {
        if (r != -ENOENT)
            log_error("cannot read the last gate: %s, starting from hubs and keyboards only",
                      strerror(-r));
        r = gate_new_fallback(mode, &keeper->gate);
        if (r < 0)
            return r;
    }
    keeper->gate->mode = mode;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void gate_keeper_free(struct gate_keeper *keeper)
{
    if (!keeper)
        return;
    gate_free(keeper->gate);
    free(keeper);
}

// What of the compiled gate came from the policy file: all but the register's approvals, which have
// a number.
static int keep_compiled(const struct gate *old, struct gate *gate)
{
    gate->further_keyboards = old->further_keyboards;
    gate->keyboards_while_locked = old->keyboards_while_locked;
    int r = gate_ports_copy(&old->ports, &gate->ports);
    if (r == 0)
        r = gate_class_copy(&old->hubs, &gate->hubs);
    if (r == 0)
        r = gate_class_copy(&old->keyboards, &gate->keyboards);
    if (r == 0)
        r = gate_class_copy(&old->mice, &gate->mice);
    if (r == 0)
        r = gate_class_copy(&old->other_input, &gate->other_input);
    for (size_t i = 0; r == 0 && i < old->n_approvals; i++)
        if (old->approvals[i]->number == 0)
            r = gate_add(gate, old->approvals[i]);
    return r;
}

static int compile_without_policy(const struct gate *old, const struct gate_sources *sources,
                                  struct gate **ret)
{
    CLEANUP(gate_free_p) struct gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return -ENOMEM;
    gate->mode = sources->mode;
    gate->clock_floor_ns = sources->clock_floor_ns;
    int r = keep_compiled(old, gate);
    size_t n;
    struct approval *const *registered = registers_approvals(sources->registers, &n);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = gate_add(gate, registered[i]);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(gate);
    return 0;
}

static int compile(const struct gate *old, const struct gate_sources *sources, struct gate **ret)
{
    if (!sources->policy)
        return compile_without_policy(old, sources, ret);
    size_t n;
    struct approval *const *registered = registers_approvals(sources->registers, &n);
    return policy_compile_gate(sources->policy, sources->mode, registered, n,
                               sources->clock_floor_ns, ret);
}

int gate_keeper_rebuild(struct gate_keeper *keeper, const struct gate_sources *sources)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = compile(keeper->gate, sources, &gate);
    if (r < 0)
        return r;
    r = gate_encode(gate, &text, &length);
    if (r < 0)
        return r;
    gate_free(keeper->gate);
    keeper->gate = TAKE_PTR(gate);
    r = file_replace_at(keeper->places->state, GATE_FILE, 0600, text, length);
    if (r < 0) // an old file may still grant what was just taken back: none is safer
        (void)unlinkat(keeper->places->state, GATE_FILE, 0);
    return r;
}

const struct gate *gate_keeper_get(const struct gate_keeper *keeper)
{
    return keeper->gate;
}
