// SPDX-License-Identifier: GPL-3.0-or-later
// Rows in, registers out: replayed at start, then row by row.
#include "ledger/registers.h"

#include "base/text.h"
#include "ledger/query.h"
#include "ledger/register-set.h"
#include "ledger/registers-file.h"

#include <errno.h>
#include <string.h>

struct registers {
    struct register_set sets[REGISTERS_N];
    struct registers_file *file; // NULL while it can't be written
    size_t unreadable;
    bool complete;
};

// A disk that is full or fails: the guard goes on without what it can't have.
static bool is_about_disk(int r)
{
    return r == -EIO || r == -ENOSPC || r == -EROFS || r == -EDQUOT || r == -EBUSY;
}

bool registers_know(const struct registers *registers, enum fact_kind kind)
{
    bool known = false;
    for (size_t i = 0; i < REGISTERS_N; i++)
        known |= register_set_knows(&registers->sets[i], kind);
    return known;
}

static int apply(struct registers *registers, enum fact_kind kind, const char *details,
                 uint64_t sequence)
{
    int first = 0;
    for (size_t i = 0; i < REGISTERS_N; i++) {
        int r = register_set_knows(&registers->sets[i], kind)
                    ? register_set_apply(&registers->sets[i], kind, details, sequence)
                    : 0;
        if (r == -ENOMEM)
            return r;
        first = first < 0 ? first : r;
    }
    registers->unreadable += first < 0;
    return first;
}

// ---- Rows of all months ------------------------------------------------------------------------

struct row {
    uint64_t sequence;
    enum fact_kind kind;
    char *details;
};

struct rows {
    const struct registers *registers; // whose rows they are
    struct row *items;
    size_t n, room;
};

static void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        free(rows->items[i].details);
    free(rows->items);
}

static int collect(void *context, const struct query_row *row)
{
    struct rows *rows = context;
    if (row->fact.kind == FACT_KIND_MAX || !registers_know(rows->registers, row->fact.kind))
        return 0;
    if (rows->n == rows->room) {
        size_t room = rows->room ? 2 * rows->room : 64;
        struct row *more = reallocarray(rows->items, room, sizeof *more);
        if (!more)
            return -ENOMEM;
        rows->items = more;
        rows->room = room;
    }
    char *details = text_dup(row->fact.details);
    if (row->fact.details && !details)
        return -ENOMEM;
    rows->items[rows->n++] = (struct row){row->sequence, row->fact.kind, details};
    return 0;
}

static int by_sequence(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int read_kind(const char *const *paths, size_t n, const char *kind, struct rows *rows)
{
    const struct query_filter filter = {.kind = kind, .severity = -1};
    return query_run(paths, n, &filter, collect, rows);
}

static int read_rows_of(const struct register_kind *kind, const char *const *paths, size_t n,
                        struct rows *rows)
{
    int r =
        kind->ended == FACT_KIND_MAX ? 0 : read_kind(paths, n, fact_kind_to_str(kind->ended), rows);
    for (const enum fact_kind *ended = kind->ended_too; r == 0 && ended && *ended != FACT_KIND_MAX;
         ended++)
        r = read_kind(paths, n, fact_kind_to_str(*ended), rows);
    for (const enum fact_kind *granted = kind->granted; r == 0 && *granted != FACT_KIND_MAX;
         granted++)
        r = read_kind(paths, n, fact_kind_to_str(*granted), rows);
    for (const enum fact_kind *revised = kind->revised;
         r == 0 && revised && *revised != FACT_KIND_MAX; revised++)
        r = read_kind(paths, n, fact_kind_to_str(*revised), rows);
    return r;
}

// Several questions, because the index is by kind: these rows are few among very many.
static int read_rows(const char *state_path, struct rows *rows)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", state_path);
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n = 0;
    if (!folder)
        return -ENOMEM;
    int r = query_list_months(folder, &paths, &n);
    if (r < 0)
        return r == -ENOENT ? 0 : r; // before the very first row
    for (size_t i = 0; r == 0 && i < REGISTERS_N; i++)
        r = read_rows_of(register_kinds[i], (const char *const *)paths, n, rows);
    if (r == 0)
        r = read_kind((const char *const *)paths, n, fact_kind_to_str(FACT_REGISTER_STATED), rows);
    if (r == 0 && rows->n > 0)
        qsort(rows->items, rows->n, sizeof *rows->items, by_sequence);
    return r;
}

// ---- Replay ------------------------------------------------------------------------------------

// What the file says, held against the rows as they pass by.
struct witness {
    struct registers_file *file; // NULL: it can't be read
    bool absent;                 // for now: nothing can be said of it
    uint64_t last;
    bool met;     // the row that it names has passed
    bool differs; // and gives something else
};

static int hold_against(struct witness *witness, const struct register_set *sets, uint64_t sequence)
{
    if (!witness->file || witness->last != sequence)
        return 0;
    bool equal;
    int r = registers_file_compare(witness->file, sets, &equal);
    if (r < 0 && r != -EBADMSG)
        return r;
    witness->met = true;
    witness->differs = r < 0 || !equal;
    return 0;
}

static int replay(struct registers *registers, const struct rows *rows, struct witness *witness)
{
    int r = hold_against(witness, registers->sets, 0);
    for (size_t i = 0; r == 0 && i < rows->n; i++) {
        const struct row *row = &rows->items[i];
        r = apply(registers, row->kind, row->details, row->sequence);
        if (r < 0 && r != -EBADMSG && r != -ENOSPC)
            return r;
        r = hold_against(witness, registers->sets, row->sequence);
    }
    return r;
}

// A file that names a row which is not there was changed, or the rows were; one that names a row
// older than any (its month was pruned) can't be judged.
static bool has_differed(const struct witness *witness, const struct rows *rows)
{
    if (!witness->file)
        return !witness->absent;
    if (witness->met)
        return witness->differs;
    return rows->n == 0 || witness->last > rows->items[0].sequence;
}

static int open_witness(struct registers *registers, int state, const char *state_path,
                        struct witness *ret)
{
    int r = registers_file_open(state, state_path, &registers->file);
    if (r == 0)
        r = registers_file_last(registers->file, &ret->last);
    if (is_about_disk(r)) {
        registers_file_close(TAKE_PTR(registers->file));
        ret->absent = true;
        return 0;
    }
    if (r < 0)
        return r == -EBADMSG ? 0 : r;
    ret->file = registers->file;
    return 0;
}

// What could not be written is written with the next row.
static int write_file(struct registers *registers, uint64_t sequence)
{
    int r = registers_file_write(registers->file, registers->sets, sequence);
    for (size_t i = 0; r == 0 && i < REGISTERS_N; i++)
        registers->sets[i].changed = false;
    return r;
}

// Anew: of those that no row has changed it holds nothing.
static int rebuild(struct registers *registers, int state, const char *state_path, uint64_t last)
{
    registers_file_close(TAKE_PTR(registers->file));
    int r = registers_file_remove(state);
    if (r == 0)
        r = registers_file_open(state, state_path, &registers->file);
    return r < 0 ? r : write_file(registers, last);
}

int registers_open(int state, const char *state_path, struct registers **ret, bool *ret_differed)
{
    CLEANUP(registers_close_p) struct registers *registers = calloc(1, sizeof *registers);
    CLEANUP(rows_clear) struct rows rows = {.registers = registers};
    struct witness witness = {0};
    if (!registers)
        return -ENOMEM;
    for (size_t i = 0; i < REGISTERS_N; i++)
        registers->sets[i].kind = register_kinds[i];
    int r = open_witness(registers, state, state_path, &witness);
    if (r == 0)
        r = read_rows(state_path, &rows);
    registers->complete = r == 0;
    if (is_about_disk(r)) { // without the rows nothing is approved, and nothing can be compared
        registers_file_close(TAKE_PTR(registers->file));
        *ret_differed = false;
        *ret = TAKE_PTR(registers);
        return 0;
    }
    if (r == 0)
        r = replay(registers, &rows, &witness);
    if (r < 0)
        return r;

    uint64_t last = rows.n > 0 ? rows.items[rows.n - 1].sequence : 0;
    bool differed = has_differed(&witness, &rows);
    if (!witness.absent && (differed || witness.last != last))
        r = rebuild(registers, state, state_path, last);
    if (is_about_disk(r))
        registers_file_close(TAKE_PTR(registers->file));
    else if (r < 0)
        return r;
    *ret_differed = differed;
    *ret = TAKE_PTR(registers);
    return 0;
}

void registers_close(struct registers *registers)
{
    if (!registers)
        return;
    registers_file_close(registers->file);
    for (size_t i = 0; i < REGISTERS_N; i++)
        register_set_clear(&registers->sets[i]);
    free(registers);
}

// ---- Afterwards --------------------------------------------------------------------------------

int registers_apply(struct registers *registers, const struct fact *fact, uint64_t sequence)
{
    if (!registers_know(registers, fact->kind))
        return 0;
    int r = apply(registers, fact->kind, fact->details, sequence);
    if (r == -ENOMEM)
        return r;
    // Also after a row that changed nothing: the file names the last row that it reflects.
    int written = registers->file ? write_file(registers, sequence) : -EIO;
    return r < 0 ? r : written;
}

struct approval *const *registers_approvals(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_APPROVALS].current;
    *ret_n = list->n;
    return (struct approval *const *)list->items; // of this register it holds no others
}

struct permit *const *registers_permits(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_PERMITS].current;
    *ret_n = list->n;
    return (struct permit *const *)list->items;
}

struct record *const *registers_records(const struct registers *registers,
                                        enum record_register which, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[(int)REGISTER_RECORDS + (int)which].current;
    *ret_n = list->n;
    return (struct record *const *)list->items;
}

struct operator_entry *const *registers_operators(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_OPERATORS].current;
    *ret_n = list->n;
    return (struct operator_entry *const *)list->items;
}

struct incident *const *registers_incidents(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_INCIDENTS].current;
    *ret_n = list->n;
    return (struct incident *const *)list->items;
}

struct finding_row *const *registers_findings(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_FINDINGS].current;
    *ret_n = list->n;
    return (struct finding_row *const *)list->items;
}

struct request *const *registers_requests(const struct registers *registers, size_t *ret_n)
{
    const struct register_list *list = &registers->sets[REGISTER_REQUESTS].current;
    *ret_n = list->n;
    return (struct request *const *)list->items;
}

bool registers_are_complete(const struct registers *registers)
{
    return registers->complete;
}

size_t registers_unreadable(const struct registers *registers)
{
    return registers->unreadable;
}

static int state_one(const struct register_set *set, registers_visitor row, void *context)
{
    for (size_t part = 1; part <= register_set_parts(set); part++) {
        CLEANUP_FREE char *details = NULL;
        int r = register_set_state(set, part, &details);
        if (r == 0)
            r = row(context, set->kind->name, details);
        if (r < 0)
            return r;
    }
    return 0;
}

int registers_state(const struct registers *registers, registers_visitor row, void *context)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < REGISTERS_N; i++)
        r = state_one(&registers->sets[i], row, context);
    return r;
}
