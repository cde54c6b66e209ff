// SPDX-License-Identifier: GPL-3.0-or-later
// The gate as a structure: made, filled, freed.
#include "policy/gate.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const char *const modes[] = {[MODE_OBSERVE] = "observe", [MODE_ENFORCE] = "enforce"};
static_assert(ELEMENTS(modes) == MODE_MAX, "a name for each mode");

const char *gate_mode_to_str(enum gate_mode mode)
{
    assert(mode < MODE_MAX);
    return modes[mode];
}

int gate_mode_from_str(const char *text, enum gate_mode *ret)
{
    for (enum gate_mode m = 0; m < MODE_MAX; m++) {
        if (text_equal(modes[m], text)) {
            *ret = m;
            return 0;
        }
    }
    return -EINVAL;
}

static const char *const cautions[] = {
    [CAUTION_ALLOW] = "allow", [CAUTION_ASK] = "ask", [CAUTION_REFUSE] = "refuse"};
static_assert(ELEMENTS(cautions) == CAUTION_MAX, "a name for each caution");

const char *gate_caution_to_str(enum gate_caution caution)
{
    assert(caution < CAUTION_MAX);
    return cautions[caution];
}

int gate_caution_from_str(const char *text, enum gate_caution *ret)
{
    for (enum gate_caution c = 0; c < CAUTION_MAX; c++) {
        if (text_equal(cautions[c], text)) {
            *ret = c;
            return 0;
        }
    }
    return -EINVAL;
}

int gate_new_fallback(enum gate_mode mode, struct gate **ret)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return -ENOMEM;
    gate->mode = mode;
    // Input and hubs pass: a gate that locks out the person at the machine helps nobody.
    static_assert(DEFAULT_ALLOW == 0 && CAUTION_ALLOW == 0, "a zeroed class passes");
    *ret = gate;
    return 0;
}

static void free_list(struct approval **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        approval_free(list[i]);
    free(list);
}

void gate_class_clear(struct gate_class *class)
{
    free_list(class->named, class->n_named);
    *class = (struct gate_class){0};
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    gate_class_clear(&gate->hubs);
    gate_class_clear(&gate->keyboards);
    gate_class_clear(&gate->mice);
    gate_class_clear(&gate->other_input);
    gate_ports_clear(&gate->ports);
    free_list(gate->approvals, gate->n_approvals);
    free(gate);
}

// Room doubles whenever n is a power of two, so that no capacity has to be kept.
static int append(struct approval ***list, size_t *n, struct approval *approval)
{
    if (*n >= APPROVALS_MAX)
        return -ENOSPC;
    if ((*n & (*n - 1)) == 0) {
        struct approval **larger = reallocarray(*list, *n ? *n * 2 : 1, sizeof **list);
        if (!larger)
            return -ENOMEM;
        *list = larger;
    }
    (*list)[(*n)++] = approval;
    return 0;
}

static int append_copy(struct approval ***list, size_t *n, const struct approval *approval)
{
    CLEANUP(approval_free_p) struct approval *copy = NULL;
    int r = approval_copy(approval, &copy);
    if (r == 0)
        r = append(list, n, copy);
    if (r == 0)
        copy = NULL;
    return r;
}

int gate_add(struct gate *gate, const struct approval *approval)
{
    return append_copy(&gate->approvals, &gate->n_approvals, approval);
}

int gate_class_add(struct gate_class *class, const struct approval *approval)
{
    return append_copy(&class->named, &class->n_named, approval);
}

int gate_class_copy(const struct gate_class *class, struct gate_class *ret)
{
    struct gate_class copy = {.rule = class->rule};
    for (size_t i = 0; i < class->n_named; i++) {
        int r = gate_class_add(&copy, class->named[i]);
        if (r < 0) {
            gate_class_clear(&copy);
            return r;
        }
    }
    *ret = copy;
    return 0;
}
