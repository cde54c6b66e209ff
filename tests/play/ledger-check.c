// SPDX-License-Identifier: GPL-3.0-or-later
// Verifies ledger files and prints what came out, a line for each fault: the C side of the
// comparison with the second verifier.
#include "base/text.h"
#include "ledger/verify.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "ledger-check [--open] [--complete] [--head CODE] [--key HEX] FILE…\n"
    "Prints the outcome, and \"fault RULE FILE FIRST-LAST: TEXT\" for each fault.\n"
    "Exit status: 0 whole or open end, 1 broken, 2 wrong usage, 4 could not.\n";

static int parse(int argc, char **argv, struct verify_witness *witness)
{
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (text_equal(argv[i], "--open"))
            witness->open = true;
        else if (text_equal(argv[i], "--complete"))
            witness->complete = true;
        else if (text_equal(argv[i], "--head") && i + 1 < argc) {
            if (verify_parse_head(argv[++i], witness) < 0)
                return -1;
        } else if (text_equal(argv[i], "--key") && i + 1 < argc) {
            witness->has_key = text_unhex(argv[++i], sizeof witness->key, witness->key) == 0;
            if (!witness->has_key)
                return -1;
        } else {
            return -1;
        }
    }
    return i < argc ? i : -1;
}

int main(int argc, char **argv)
{
    static const char *const outcomes[] = {"whole", "open-end", "broken"};
    struct verify_witness witness = {0};
    struct verify_result result = {0};
    int first = parse(argc, argv, &witness);
    if (first < 0) {
        (void)fputs(help, stderr);
        return 2;
    }
    int r =
        verify_files((const char *const *)argv + first, (size_t)(argc - first), &witness, &result);
    if (r < 0) {
        (void)fprintf(stderr, "ledger-check: %s\n", strerror(-r));
        return 4;
    }
    char hex[DIGEST_TEXT_SIZE];
    text_hex(result.head, DIGEST_SIZE, hex);
    printf("%s epoch %llu sealed %llu rows %llu first %llu last %llu head %s\n",
           outcomes[result.outcome], (unsigned long long)result.epoch,
           (unsigned long long)result.sealed, (unsigned long long)result.rows,
           (unsigned long long)result.first, (unsigned long long)result.last, hex);
    for (const struct verify_fault *fault = result.faults; fault < result.faults + result.n_faults;
         fault++)
        printf("fault %d %s %llu-%llu: %s\n", (int)fault->rule, text_basename(fault->file),
               (unsigned long long)fault->first, (unsigned long long)fault->last, fault->what);
    int status = result.outcome == VERIFY_BROKEN;
    verify_result_clear(&result);
    return status;
}
