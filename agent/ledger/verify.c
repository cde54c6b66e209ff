// SPDX-License-Identifier: GPL-3.0-or-later
// The files in their order, the faults in a list, and the outcome.
#include "ledger/verify.h"

#include "base/i18n.h"
#include "base/text.h"
#include "ledger/months.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define FILES_MAX 1200 // a hundred years
#define HEAD_CODE_BYTES 4

// ---- Faults ------------------------------------------------------------------------------------

static struct verify_fault *last_fault(struct verifier *verifier)
{
    struct verify_result *result = &verifier->result;
    return result->n_faults > 0 ? &result->faults[result->n_faults - 1] : NULL;
}

// Takes over `what`.
static int add_fault(struct verifier *verifier, enum verify_rule rule, uint64_t first,
                     uint64_t last, char *what)
{
    CLEANUP_FREE char *sentence = what;
    struct verify_result *result = &verifier->result;
    verifier->last_is_changed = false;
    if (!sentence)
        return -ENOMEM;
    if (result->n_faults == VERIFY_FAULTS_MAX)
        return 0; // enough to know where to look
    if (!result->faults) {
        result->faults = calloc(VERIFY_FAULTS_MAX, sizeof *result->faults);
        if (!result->faults)
            return -ENOMEM;
    }
    CLEANUP_FREE char *file = text_dup(verifier->path);
    if (!file)
        return -ENOMEM;
    result->faults[result->n_faults++] = (struct verify_fault){
        .rule = rule,
        .file = TAKE_PTR(file),
        .first = first,
        .last = last,
        .what = TAKE_PTR(sentence),
    };
    return 0;
}

int verifier_blame(struct verifier *verifier, enum verify_rule rule, uint64_t first, uint64_t last,
                   const char *format, ...)
{
    va_list arguments;
    char *what = NULL;
    va_start(arguments, format);
    int n = vasprintf(&what, format, arguments);
    va_end(arguments);
    return add_fault(verifier, rule, first, last, n < 0 ? NULL : what);
}

int verifier_blame_missing(struct verifier *verifier, uint64_t first, uint64_t last)
{
    unsigned long long from = first, to = last;
    return add_fault(verifier, VERIFY_RULE_MISSING, first, last,
                     from == to ? text_format(_("row %llu is missing"), from)
                                : text_format(_("rows %llu to %llu are missing"), from, to));
}

static char *say_changed(unsigned long long first, unsigned long long last)
{
    return first == last ? text_format(_("row %llu was changed"), first)
                         : text_format(_("rows %llu to %llu were changed"), first, last);
}

int verifier_blame_changed(struct verifier *verifier, uint64_t row)
{
    struct verify_fault *fault = last_fault(verifier);
    if (!fault || !verifier->last_is_changed || fault->last + 1 != row ||
        !text_equal(fault->file, verifier->path)) {
        int r = add_fault(verifier, VERIFY_RULE_CHANGED, row, row, say_changed(row, row));
        verifier->last_is_changed = true;
        return r;
    }
    char *longer = say_changed(fault->first, row);
    if (!longer)
        return -ENOMEM;
    free(fault->what);
    fault->what = longer;
    fault->last = row;
    return 0;
}

void verify_result_clear(struct verify_result *result)
{
    for (size_t i = 0; i < result->n_faults; i++) {
        free(result->faults[i].file);
        free(result->faults[i].what);
    }
    free(result->faults);
    *result = (struct verify_result){0};
}

// ---- The order of files ------------------------------------------------------------------------

struct candidate {
    const char *path;
    char month[MONTH_TEXT_SIZE]; // what it says it holds; else what it is named; else ""
};

static int by_month(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;
    int order = strcmp(one->month, other->month);
    return order != 0 ? order : strcmp(one->path, other->path);
}

// Only a hint: the file is judged when its turn comes.
static int look_at(struct verifier *verifier, const char *path, struct candidate *ret)
{
    // Which one is the newest is what is being found out.
    struct verifier ignored = {.witness = verifier->witness, .path = path, .newest = true};
    CLEANUP(verify_close_p) sqlite3 *db = NULL;
    struct opening opening;
    ret->path = path;
    ret->month[0] = '\0';
    (void)months_is_name(text_basename(path), ret->month);
    int r = verify_header(&ignored, path);
    verify_result_clear(&ignored.result);
    if (r != 0)
        return r < 0 ? r : 0;
    r = verify_open(path, &db);
    if (r == 0)
        r = verify_peek(db, &opening);
    if (r == 0)
        memcpy(ret->month, opening.month, sizeof ret->month);
    return r == -EBADMSG ? 0 : r;
}

static int check_file(struct verifier *verifier, const char *path)
{
    CLEANUP(verify_close_p) sqlite3 *db = NULL;
    verifier->path = path;
    int r = verify_header(verifier, path);
    if (r == 0)
        r = verify_open(path, &db);
    if (r == -EBADMSG)
        r = verifier_blame(verifier, VERIFY_RULE_PAGES, 0, 0,
                           _("the file is damaged: it is no database"));
    if (r == 0 && db)
        return verify_file(verifier, db);
    verifier->follows = false;
    return r < 0 ? r : 0;
}

// ---- The end -----------------------------------------------------------------------------------

static int check_end(struct verifier *verifier)
{
    const struct verify_witness *witness = verifier->witness;
    uint64_t last = verifier->chain.sequence;
    if (!witness->has_head || witness->sequence <= last)
        return 0;
    uint64_t n = witness->sequence - last;
    return verifier_blame(verifier, VERIFY_RULE_HEAD, last + 1, witness->sequence,
                          ngettext("the end was cut: %llu row is missing",
                                   "the end was cut: %llu rows are missing", (unsigned long)n),
                          (unsigned long long)n);
}

static enum verify_outcome outcome_of(const struct verifier *verifier)
{
    const struct verify_witness *witness = verifier->witness;
    if (verifier->result.n_faults > 0)
        return VERIFY_BROKEN;
    return witness->has_head && witness->sequence == verifier->chain.sequence ? VERIFY_WHOLE
                                                                              : VERIFY_OPEN_END;
}

static int check_all(struct verifier *verifier, const struct candidate *candidates, size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        verifier->newest = i == n - 1;
        r = check_file(verifier, candidates[i].path);
    }
    verifier->path = candidates[0].path;
    if (r == 0)
        r = verify_absent(verifier);
    verifier->path = candidates[n - 1].path;
    if (r == 0)
        r = check_end(verifier);
    verifier->result.last = verifier->chain.sequence;
    memcpy(verifier->result.head, verifier->chain.head, DIGEST_SIZE);
    verifier->result.outcome = outcome_of(verifier);
    return r;
}

int verify_files(const char *const *paths, size_t n, const struct verify_witness *witness,
                 struct verify_result *ret)
{
    static const struct verify_witness none;
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    if (n == 0 || n > FILES_MAX)
        return -EINVAL;
    CLEANUP_FREE struct candidate *candidates = calloc(n, sizeof *candidates);
    int r = candidates ? digest_new(&digest) : -ENOMEM;
    struct verifier verifier = {.witness = witness ? witness : &none, .digest = digest};
    for (size_t i = 0; i < n && r == 0; i++)
        r = look_at(&verifier, paths[i], &candidates[i]);
    if (r == 0) {
        qsort(candidates, n, sizeof *candidates, by_month);
        r = check_all(&verifier, candidates, n);
    }
    if (r == 0)
        *ret = verifier.result;
    else
        verify_result_clear(&verifier.result);
    return r;
}

// "9f3a-77c0"
static int parse_code(const char *text, struct verify_witness *witness)
{
    char digits[2 * HEAD_CODE_BYTES + 1] = "";
    if (strlen(text) != 9 || text[4] != '-')
        return -EINVAL;
    memcpy(digits, text, 4);
    memcpy(digits + 4, text + 5, 4);
    witness->head_length = HEAD_CODE_BYTES;
    return text_unhex(digits, HEAD_CODE_BYTES, witness->head);
}

int verify_parse_head(const char *text, struct verify_witness *witness)
{
    struct verify_witness parsed = *witness;
    size_t digits = strspn(text, "0123456789");
    CLEANUP_FREE char *number = strndup(text, digits);
    if (!number)
        return -ENOMEM;
    int r = text_to_u64(number, 10, INT64_MAX, &parsed.sequence);
    if (r < 0 || parsed.sequence == 0)
        return -EINVAL;
    parsed.head_length = DIGEST_SIZE;
    r = text[digits] == ':'   ? text_unhex(text + digits + 1, DIGEST_SIZE, parsed.head)
        : text[digits] == '-' ? parse_code(text + digits + 1, &parsed)
                              : -EINVAL;
    if (r < 0)
        return r;
    parsed.has_head = true;
    *witness = parsed;
    return 0;
}
