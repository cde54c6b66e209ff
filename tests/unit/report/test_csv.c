// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/csv.h"

#include "base/util.h"

#include <criterion/criterion.h>
#include <string.h>

static char *guarded(const char *text)
{
    char *out = NULL;
    size_t length;
    FILE *file = open_memstream(&out, &length);
    csv_write_guarded(file, text);
    (void)fclose(file);
    return out;
}

static void expect(const char *text, const char *expected)
{
    CLEANUP_FREE char *out = guarded(text);
    cr_expect_str_eq(out, expected);
}

Test(csv, what_a_spreadsheet_would_calculate_is_guarded)
{
    expect("=1+1", "'=1+1");
    expect("+81", "'+81");
    expect("-1", "'-1");
    expect("@SUM(A1)", "'@SUM(A1)");
    expect("＝cmd", "'＝cmd");
    expect("\t=1", "'\t=1");
}

Test(csv, ordinary_text_stays_as_it_is)
{
    expect("0951:1666", "0951:1666");
    expect("a=b", "a=b");
    expect("", "");
    expect(NULL, "");
}

Test(csv, quotes_are_doubled)
{
    expect("a \"b\"", "a \"\"b\"\"");
    expect("=\"x\"", "'=\"\"x\"\"");
}

Test(csv, a_row_is_one_line_with_all_columns_and_nothing_raw)
{
    struct query_row row = {
        .sequence = 7,
        .kind_name = "usb.blocked",
        .fact = {.kind = FACT_USB_BLOCKED,
                 .severity = SEVERITY_VIOLATION,
                 .uid = FACT_NO_UID,
                 .object = (char *)"=cmd|' /C calc'!A0\n",
                 .outcome = (char *)"blocked",
                 .details = (char *)"{\"reason\":\"no-approval\"}"},
    };
    char *out = NULL;
    size_t length;
    FILE *file = open_memstream(&out, &length);
    csv_write_head(file);
    cr_assert_eq(csv_write_row(file, &row, "pc-01"), 0);
    (void)fclose(file);
    cr_expect_eq(strncmp(out, "\xEF\xBB\xBF@timestamp,event.sequence,", 29), 0);
    cr_expect_not_null(strstr(out, "\"'=cmd|' /C calc'!A0\\x0a\""));
    cr_expect_not_null(strstr(out, "\"{\"\"reason\"\":\"\"no-approval\"\"}\"\r\n"));
    size_t lines = 0;
    for (const char *p = out; (p = strchr(p, '\n')); p++) {
        cr_expect_eq(p[-1], '\r');
        lines++;
    }
    cr_expect_eq(lines, 2);
    free(out);
}
