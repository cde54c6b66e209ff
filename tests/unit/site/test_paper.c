// SPDX-License-Identifier: GPL-3.0-or-later
// A key on paper: comes back as it was, in whatever way it is typed, and each slip has its line.
#include "site/paper.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

// By the header's rules, reckoned by another program (Python).
static const char *const known[PAPER_LINES] = {
    "0400 20G3 0G2G C1R8 A7MH", "1450 P30D 1R7H 048J 9A4F", "2CA1 A5GQ 30CH M6RW 3SS1",
    "3MF1 YJ8H ETRF 8GY6 FBQP"};

static struct paper paper;
static uint8_t secret[PAPER_SECRET_SIZE];

static void write_it(void)
{
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)i;
    paper_write(secret, &paper);
}

TestSuite(paper, .init = write_it);

static int read_lines(const char *const lines[], size_t n, unsigned *ret_line)
{
    char text[512] = "";
    uint8_t found[PAPER_SECRET_SIZE];
    for (size_t i = 0; i < n; i++) {
        strcat(text, lines[i]); // NOLINT(clang-analyzer-security.insecureAPI.strcpy): short lines
        strcat(text, "\n");     // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
    }
    int r = paper_read(text, strlen(text), found, ret_line);
    if (r == 0)
        cr_expect_arr_eq(found, secret, sizeof secret);
    return r;
}

Test(paper, the_lines_are_those_of_the_rules)
{
    for (size_t i = 0; i < PAPER_LINES; i++)
        cr_expect_str_eq(paper.lines[i], known[i]);
}

Test(paper, every_other_character_at_every_place_is_found_in_its_line)
{
    static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZU!";
    for (unsigned l = 0; l < PAPER_LINES; l++)
        for (size_t at = 0; at < strlen(paper.lines[l]); at++)
            for (const char *symbol = symbols; *symbol; symbol++) {
                char wrong[PAPER_LINE_SIZE];
                const char *lines[PAPER_LINES];
                unsigned line = 99;
                memcpy(wrong, paper.lines[l], sizeof wrong);
                if (wrong[at] == *symbol || wrong[at] == ' ')
                    continue;
                wrong[at] = *symbol;
                for (unsigned i = 0; i < PAPER_LINES; i++)
                    lines[i] = i == l ? wrong : paper.lines[i];
                cr_assert_eq(read_lines(lines, PAPER_LINES, &line), -EBADMSG, "%s", wrong);
                cr_assert_eq(line, l + 1, "%s", wrong);
            }
}

Test(paper, it_is_read_however_it_is_typed)
{
    char small[PAPER_LINES][64];
    const char *lines[2 * PAPER_LINES];
    unsigned line;
    for (unsigned i = 0; i < PAPER_LINES; i++) {
        (void)snprintf(small[i], sizeof small[i], "\t%u. %s \r", i + 1, paper.lines[i]);
        for (char *c = small[i] + 4; *c; c++)
            *c = *c == '0' ? 'o' : *c == '1' ? "iLl"[i % 3] : *c == ' ' ? '-' : (char)tolower(*c);
        lines[2 * i] = small[i];
        lines[2 * i + 1] = "  ";
    }
    cr_expect_eq(read_lines(lines, ELEMENTS(lines), &line), 0);
}

Test(paper, too_few_too_many_and_swapped_lines_are_refused)
{
    const char *lines[PAPER_LINES + 1] = {paper.lines[0], paper.lines[1], paper.lines[2],
                                          paper.lines[3], paper.lines[0]};
    unsigned line;
    cr_expect_eq(read_lines(lines, 3, &line), -EBADMSG);
    cr_expect_eq(line, 0);
    cr_expect_eq(read_lines(lines, 5, &line), -EBADMSG);
    cr_expect_eq(line, 0);
    cr_expect_eq(read_lines(lines, 0, &line), -EBADMSG);
    lines[1] = paper.lines[2];
    lines[2] = paper.lines[1];
    cr_expect_eq(read_lines(lines, PAPER_LINES, &line), -EBADMSG);
    cr_expect_eq(line, 2);
}

Test(paper, lines_of_two_papers_are_no_key)
{
    struct paper other;
    unsigned line = 99;
    secret[20] ^= 1;
    paper_write(secret, &other);
    const char *lines[PAPER_LINES] = {paper.lines[0], paper.lines[1], other.lines[2],
                                      paper.lines[3]};
    cr_expect_eq(read_lines(lines, PAPER_LINES, &line), -EBADMSG);
    cr_expect_eq(line, 0);
}
