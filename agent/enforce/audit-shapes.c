// SPDX-License-Identifier: GPL-3.0-or-later
// Which rules a folder or a medium needs.
#include "enforce/audit-rules.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define OPEN_WRITING (3 | 0100 | 01000) // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC

// ---- System calls ------------------------------------------------------------------------------
// Lists of names, with the number behind those that libaudit may be too old for: such have the same
// number everywhere. What this machine does not know under its name is left out: it has no such
// call. Not here: stat, readlink, getxattr (noise without content) and what works on a file that
// was opened before (its opening is on record).
#define CALLS_THAT_NAME                                                                            \
    "creat openat2:437 open_by_handle_at truncate truncate64 rename renameat renameat2 unlink "    \
    "unlinkat rmdir mkdir mkdirat mknod mknodat link linkat symlink symlinkat "
// What io_uring does at once is done by the call that hands it in, so that only what it does later
// meets the filter for io_uring.
#define CALL_OF_URING "io_uring_enter:426 "

static const char calls_of_files[] =
    "open openat execve execveat chmod fchmod fchmodat fchmodat2:452 chown fchown fchownat lchown "
    "chown32 fchown32 lchown32 setxattr lsetxattr fsetxattr setxattrat:463 removexattr "
    "lremovexattr fremovexattr removexattrat:466 utime utimes utimensat futimesat "
    "utimensat_time64 mount fsconfig:431 open_tree:428 chroot " CALL_OF_URING CALLS_THAT_NAME;
static const char calls_of_media[] = CALL_OF_URING CALLS_THAT_NAME;

// Operations of io_uring (linux/io_uring.h).
static const char operations[] = "openat:18 openat2:28 renameat:35 unlinkat:36 mkdirat:37 "
                                 "symlinkat:38 linkat:39 fsetxattr:41 setxattr:42";

// ---- Shapes of rules ---------------------------------------------------------------------------
struct field {
    uint32_t field, value, operator;
};

// One rule but for its folder. arch: "b64", "b32"; NULL for io_uring, which has none.
struct shape {
    const char *arch, *key, *calls;
    struct field condition;
};

#define SUCCEEDED                                                                                  \
    {                                                                                              \
        AUDIT_SUCCESS, 1, AUDIT_EQUAL                                                              \
    }
#define DENIED                                                                                     \
    {                                                                                              \
        AUDIT_EXIT, (uint32_t)-EACCES, AUDIT_EQUAL                                                 \
    }
#define NOT_PERMITTED                                                                              \
    {                                                                                              \
        AUDIT_EXIT, (uint32_t)-EPERM, AUDIT_EQUAL                                                  \
    }
#define OPENS                                                                                      \
    {                                                                                              \
        AUDIT_ARG1, OPEN_WRITING, AUDIT_BIT_MASK                                                   \
    }
#define OPENS_AT                                                                                   \
    {                                                                                              \
        AUDIT_ARG2, OPEN_WRITING, AUDIT_BIT_MASK                                                   \
    }

static const struct shape shapes_of_files[] = {
    {"b64", TRAIL_KEY_FILES, calls_of_files, SUCCEEDED},
    {"b64", TRAIL_KEY_FILES, calls_of_files, DENIED},
    {"b64", TRAIL_KEY_FILES, calls_of_files, NOT_PERMITTED},
    {"b32", TRAIL_KEY_FILES, calls_of_files, SUCCEEDED},
    {"b32", TRAIL_KEY_FILES, calls_of_files, DENIED},
    {"b32", TRAIL_KEY_FILES, calls_of_files, NOT_PERMITTED},
    {NULL, TRAIL_KEY_FILES, operations, SUCCEEDED},
    {NULL, TRAIL_KEY_FILES, operations, DENIED},
    {NULL, TRAIL_KEY_FILES, operations, NOT_PERMITTED},
};

static const struct shape shapes_of_refused[] = {
    {"b64", TRAIL_KEY_REFUSED, calls_of_files, DENIED},
    {"b32", TRAIL_KEY_REFUSED, calls_of_files, DENIED},
    {NULL, TRAIL_KEY_REFUSED, operations, DENIED},
};

// What is only opened for reading leaves no record, except by openat2 and io_uring, whose flags a
// rule can't look at.
static const struct shape shapes_of_media[] = {
    {"b64", TRAIL_KEY_MEDIUM, "open", OPENS},
    {"b64", TRAIL_KEY_MEDIUM, "openat", OPENS_AT},
    {"b64", TRAIL_KEY_MEDIUM, calls_of_media, SUCCEEDED},
    {"b32", TRAIL_KEY_MEDIUM, "open", OPENS},
    {"b32", TRAIL_KEY_MEDIUM, "openat", OPENS_AT},
    {"b32", TRAIL_KEY_MEDIUM, calls_of_media, SUCCEEDED},
    {NULL, TRAIL_KEY_MEDIUM, operations, SUCCEEDED},
};

// ---- Making ------------------------------------------------------------------------------------
// The number of a call that a list names, `length` bytes; −1: this machine has no such call.
static int number_of(const char *entry, size_t length, const char *arch)
{
    char name[32] = "", *colon;
    uint64_t number;
    if (length >= sizeof name)
        return -1;
    memcpy(name, entry, length);
    colon = strchr(name, ':');
    if (colon && text_to_u64(colon + 1, 10, AUDIT_BITMASK_SIZE * 32 - 1, &number) == 0)
        return (int)number;
    return arch ? audit_name_to_syscall(name, audit_determine_machine(arch)) : -1;
}

static bool set_calls(struct audit_rule_data *rule, const struct shape *shape)
{
    bool any = false;
    for (const char *p = shape->calls; *p;) {
        size_t length = strcspn(p, " ");
        int number = number_of(p, length, shape->arch);
        p += length + strspn(p + length, " ");
        if (number < 0 || number >= AUDIT_BITMASK_SIZE * 32)
            continue;
        rule->mask[number / 32] |= 1u << (number % 32);
        any = true;
    }
    return any;
}

static void add_field(struct audit_rule_data *rule, struct field field)
{
    rule->fields[rule->field_count] = field.field;
    rule->values[rule->field_count] = field.value;
    rule->fieldflags[rule->field_count] = field.operator;
    rule->field_count++;
}

// There is room for it.
static void add_text(struct audit_rule_data *rule, uint32_t field, const char *text)
{
    size_t length = strlen(text);
    add_field(rule, (struct field){field, (uint32_t)length, AUDIT_EQUAL});
    memcpy(rule->buf + rule->buflen, text, length);
    rule->buflen += (uint32_t)length;
}

// The kernel asks for the fields in this order: the cheap ones first.
static void add_fields(struct audit_rule_data *rule, const struct shape *shape, int machine,
                       const char *path)
{
    if (shape->arch)
        add_field(rule, (struct field){AUDIT_ARCH, audit_machine_to_elf(machine), AUDIT_EQUAL});
    add_field(rule, (struct field){AUDIT_LOGINUID, UINT32_MAX, AUDIT_NOT_EQUAL});
    add_field(rule, shape->condition);
    if (shape->condition.field == AUDIT_ARG1 || shape->condition.field == AUDIT_ARG2)
        add_field(rule, (struct field)SUCCEEDED);
    if (path)
        add_text(rule, AUDIT_DIR, path);
    add_text(rule, AUDIT_FILTERKEY, shape->key);
}

// `path`: NULL for anywhere. 0, also if this machine has nothing that the rule could be about.
static int add_shape(struct audit_rules *rules, const struct shape *shape, const char *path)
{
    int machine = shape->arch ? audit_determine_machine(shape->arch) : 0;
    if (machine < 0)
        return 0;
    CLEANUP_FREE struct audit_rule_data *rule =
        calloc(1, sizeof *rule + (path ? strlen(path) : 0) + strlen(shape->key));
    if (!rule)
        return -ENOMEM;
    rule->flags = shape->arch ? AUDIT_FILTER_EXIT : AUDIT_FILTER_URING_EXIT;
    rule->action = AUDIT_ALWAYS;
    if (!set_calls(rule, shape))
        return 0;
    add_fields(rule, shape, machine, path);
    return audit_rules_append(rules, TAKE_PTR(rule));
}

static int add_shapes(struct audit_rules *rules, const struct shape *shapes, size_t n,
                      const char *path, bool uring)
{
    int r = !path || (path[0] == '/' && strlen(path) < PATH_MAX) ? 0 : -EINVAL;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (shapes[i].arch || uring)
            r = add_shape(rules, &shapes[i], path);
    return r;
}

int audit_rules_add_folder(struct audit_rules *rules, const char *path, bool uring)
{
    return add_shapes(rules, shapes_of_files, ELEMENTS(shapes_of_files), path, uring);
}

int audit_rules_add_refused(struct audit_rules *rules, bool uring)
{
    return add_shapes(rules, shapes_of_refused, ELEMENTS(shapes_of_refused), NULL, uring);
}

int audit_rules_add_medium(struct audit_rules *rules, const char *path, bool uring)
{
    return add_shapes(rules, shapes_of_media, ELEMENTS(shapes_of_media), path, uring);
}
