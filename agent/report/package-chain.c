// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at several opened packages, or at the rows of one.
#include "report/package-chain.h"

#include "base/text.h"
#include "report/gather.h"

#include <errno.h>

// The same month twice: partial and whole, or collected twice.
static bool is_surpassed(const struct package *packages, size_t n, size_t i)
{
    const struct manifest *own = &packages[i].manifest;
    for (size_t j = 0; j < n; j++) {
        const struct manifest *other = &packages[j].manifest;
        if (i != j && text_equal(own->ledger, other->ledger) &&
            text_equal(own->month, other->month) &&
            (other->last > own->last || (other->last == own->last && j < i)))
            return true;
    }
    return false;
}

static void free_paths(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    free(paths);
}

// *ret_n: how many, also if it fails.
static int choose(const struct package *packages, size_t n, const char *ledger, char **ret_paths,
                  size_t *ret_n)
{
    for (size_t i = 0; i < n; i++) {
        const struct package *package = &packages[i];
        if (!text_equal(package->manifest.ledger, ledger))
            continue;
        if (!package->contents || package->verified.outcome == VERIFY_BROKEN)
            return -ENODATA;
        if (is_surpassed(packages, n, i))
            continue;
        ret_paths[*ret_n] = package_path_of(package, MANIFEST_LEDGER);
        if (!ret_paths[*ret_n])
            return -ENOMEM;
        (*ret_n)++;
    }
    return *ret_n > 0 ? 0 : -ENODATA;
}

int package_chain(const struct package *packages, size_t n, const char *ledger,
                  const struct verify_witness *witness, struct verify_result *ret)
{
    char **paths = calloc(n + 1, sizeof *paths);
    size_t n_paths = 0;
    if (!paths)
        return -ENOMEM;
    int r = choose(packages, n, ledger, paths, &n_paths);
    if (r == 0)
        r = verify_files((const char *const *)paths, n_paths, witness, ret);
    free_paths(paths, n_paths);
    return r;
}

int package_find_gaps(const struct package *package, struct package_gaps *ret)
{
    CLEANUP_FREE char *ledger = package_path_of(package, MANIFEST_LEDGER);
    struct month month = {0};
    int r = ledger
                ? gather_file(ledger, package->manifest.month, package->manifest.created_ns, &month)
                : -ENOMEM;
    if (r < 0)
        return r;
    *ret = (struct package_gaps){.holes = month.watched.holes.n,
                                 .unseen_ns = spans_total(&month.watched.holes, 0, UINT64_MAX),
                                 .lost = month.watched.lost,
                                 .clock_steps = month.clock_steps};
    month_clear(&month);
    return 0;
}
