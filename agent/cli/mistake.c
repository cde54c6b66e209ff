// SPDX-License-Identifier: GPL-3.0-or-later
// A mistake on two lines: where and what; and what to write instead.
#include "cli/mistake.h"

void mistake_print(const struct policy_mistake *mistake, FILE *file, bool color)
{
    const char *bold = color ? "\033[1m" : "", *red = color ? "\033[31m" : "";
    const char *dim = color ? "\033[2m" : "", *plain = color ? "\033[0m" : "";
    fprintf(file, "%s%s:", bold, mistake->file);
    if (mistake->line > 0)
        fprintf(file, "%u:", mistake->line);
    fprintf(file, "%s %s%s%s\n    %s%s%s\n", plain, red, mistake->what, plain, dim, mistake->remedy,
            plain);
}
