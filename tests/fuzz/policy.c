// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the policy's text: one file, or two around a form feed (which no policy may hold).
#include "base/text.h"
#include "policy/policy-read.h"

#include <errno.h>
#include <string.h>

// libconfig 1.5 forgets what its scanner had just read when the syntax broke.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

// What is accepted can be compiled and written for usb-verdict.
static void expect_usable(const struct policy *policy)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL, *back = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    if (policy_compile_gate(policy, MODE_ENFORCE, NULL, 0, 0, &gate) < 0 ||
        gate_encode(gate, &text, &length) < 0 || gate_decode(text, length, &back) < 0)
        abort();
}

// Mistakes can be printed, and stand in the order of files and lines.
static void expect_printable(const struct policy_mistakes *mistakes)
{
    if (mistakes->n == 0)
        abort();
    for (size_t i = 0; i < mistakes->n; i++) {
        const struct policy_mistake *m = &mistakes->items[i];
        if (!text_is_utf8(m->what, strlen(m->what)) || strpbrk(m->what, "\n\x1b") ||
            !text_is_utf8(m->remedy, strlen(m->remedy)))
            abort();
        int order = i > 0 ? strcmp(m[-1].file, m->file) : -1;
        if (order > 0 || (order == 0 && m[-1].line > m->line))
            abort();
    }
}

static void parse(const struct policy_files *files)
{
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    int r = policy_parse(files, &policy, &mistakes);
    if (r == 0)
        expect_usable(policy);
    else if (r == -EINVAL)
        expect_printable(&mistakes);
    else
        abort();
    policy_mistakes_clear(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char main_name[] = "/etc/sekisho/policy.conf", other_name[] = "/etc/sekisho/policy.d/a";
    const uint8_t *feed = memchr(data, '\f', size);
    size_t first = feed ? (size_t)(feed - data) : size, second = feed ? size - first - 1 : 0;
    CLEANUP_FREE char *main_text = calloc(1, first + 1), *other_text = calloc(1, second + 1);
    if (!main_text || !other_text)
        abort();
    memcpy(main_text, data, first);
    if (feed)
        memcpy(other_text, feed + 1, second);
    struct policy_file files[] = {{main_name, main_text, first}, {other_name, other_text, second}};
    parse(&(struct policy_files){files, feed ? 2 : 1});
    return 0;
}
