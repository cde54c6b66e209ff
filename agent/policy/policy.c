// SPDX-License-Identifier: GPL-3.0-or-later
// The policy: loaded whole or not at all, and compiled into the gate.
#include "policy/policy.h"

#include "base/text.h"
#include "policy/policy-read.h"

#include <errno.h>
#include <string.h>

bool policy_names_have(const struct policy_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (text_equal(names->items[i], name))
            return true;
    return false;
}

static void free_names(struct policy_names *names)
{
    while (names->n > 0)
        free(names->items[--names->n]);
    free(names->items);
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    free(policy->site_name);
    free(policy->site_area);
    free(policy->time_zone);
    for (size_t i = 0; i < policy->n_officers; i++)
        officer_free(policy->officers[i]);
    free(policy->officers);
    gate_class_clear(&policy->hubs);
    gate_class_clear(&policy->keyboards);
    gate_class_clear(&policy->mice);
    gate_class_clear(&policy->other_input);
    gate_ports_clear(&policy->ports);
    airgap_clear(&policy->network);
    for (size_t i = 0; i < policy->n_approvals; i++)
        approval_free(policy->approvals[i]);
    free(policy->approvals);
    for (size_t i = 0; i < policy->n_folders; i++)
        free(policy->folders[i]);
    free(policy->folders);
    free_names(&policy->administrators);
    free_names(&policy->ssh_keys);
    free_names(&policy->shared_names);
    free_names(&policy->operators.administrators);
    free_names(&policy->operators.break_glass);
    free_names(&policy->operators.exempt_services);
    free_names(&policy->purposes);
    free(policy->antivirus_product);
    free(policy->metrics_textfile);
    for (size_t i = 0; i < policy->n_handlers; i++)
        handlers_free(policy->handlers[i]);
    free(policy->handlers);
    free(policy->text);
    free(policy);
}

void officer_free(struct officer *officer)
{
    if (!officer)
        return;
    free(officer->role);
    free(officer->name);
    free(officer->phone);
    free(officer);
}

void handlers_free(struct handlers *handlers)
{
    if (!handlers)
        return;
    free(handlers->folder);
    free_names(&handlers->users);
    free_names(&handlers->groups);
    free(handlers);
}

// Parses what was read, unless that failed, and frees it.
static int parse(int r, struct policy_files *files, struct policy **ret,
                 struct policy_mistakes *mistakes, struct policy_mistakes *ret_mistakes)
{
    if (r == 0)
        r = policy_parse(files, ret, mistakes);
    policy_files_clear(files);
    if (r == -EINVAL)
        *ret_mistakes = *mistakes;
    else
        policy_mistakes_clear(mistakes);
    return r;
}

int policy_load(int etc, const char *folder_name, uid_t trusted_owner, struct policy **ret,
                struct policy_mistakes *ret_mistakes)
{
    return policy_load_with_site(etc, -1, folder_name, trusted_owner, ret, ret_mistakes);
}

int policy_load_with_site(int etc, int site, const char *folder_name, uid_t trusted_owner,
                          struct policy **ret, struct policy_mistakes *ret_mistakes)
{
    struct policy_files files = {0};
    struct policy_mistakes mistakes = {0};
    int r = policy_files_read(etc, site, folder_name, trusted_owner, &files, &mistakes);
    return parse(r, &files, ret, &mistakes, ret_mistakes);
}

static int copy_parts(const struct policy_part *parts, size_t n, struct policy_files *files)
{
    files->items = calloc(n + 1, sizeof *files->items);
    if (!files->items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct policy_file *file = &files->items[files->n++];
        file->name = text_dup(parts[i].name);
        file->text = text_dup(parts[i].text);
        file->length = file->text ? strlen(file->text) : 0;
        if (!file->name || !file->text)
            return -ENOMEM;
    }
    return 0;
}

int policy_load_parts(const struct policy_part *parts, size_t n, struct policy **ret,
                      struct policy_mistakes *ret_mistakes)
{
    struct policy_files files = {0};
    struct policy_mistakes mistakes = {0};
    int r = copy_parts(parts, n, &files);
    return parse(r, &files, ret, &mistakes, ret_mistakes);
}

int policy_load_file(const char *path, uid_t trusted_owner, struct policy **ret,
                     struct policy_mistakes *ret_mistakes)
{
    struct policy_files files = {0};
    struct policy_mistakes mistakes = {0};
    int r = policy_files_read_one(path, trusted_owner, &files, &mistakes);
    return parse(r, &files, ret, &mistakes, ret_mistakes);
}

static int copy_classes(const struct policy *policy, struct gate *gate)
{
    int r = gate_class_copy(&policy->hubs, &gate->hubs);
    if (r == 0)
        r = gate_class_copy(&policy->keyboards, &gate->keyboards);
    if (r == 0)
        r = gate_class_copy(&policy->mice, &gate->mice);
    if (r == 0)
        r = gate_class_copy(&policy->other_input, &gate->other_input);
    return r;
}

static int add_all(struct gate *gate, struct approval *const *approvals, size_t n)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = gate_add(gate, approvals[i]);
    return r;
}

int policy_compile_gate(const struct policy *policy, enum gate_mode mode,
                        struct approval *const *registered, size_t n_registered,
                        uint64_t clock_floor_ns, struct gate **ret)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    int r = gate_new_fallback(mode, &gate);
    if (r < 0)
        return r;
    gate->clock_floor_ns = clock_floor_ns;
    gate->further_keyboards = policy->further_keyboards;
    gate->keyboards_while_locked = policy->keyboards_while_locked;
    r = gate_ports_copy(&policy->ports, &gate->ports);
    if (r == 0)
        r = copy_classes(policy, gate);
    if (r == 0)
        r = add_all(gate, policy->approvals, policy->n_approvals);
    if (r == 0)
        r = add_all(gate, registered, n_registered);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(gate);
    return 0;
}

int policy_compile_airgap(const struct policy *policy, enum gate_mode mode, struct airgap **ret)
{
    struct airgap *airgap = NULL;
    int r = airgap_copy_lasting(&policy->network, &airgap);
    if (r < 0)
        return r;
    airgap->mode = mode;
    *ret = airgap;
    return 0;
}
