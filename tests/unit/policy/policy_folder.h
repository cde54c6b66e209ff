// SPDX-License-Identifier: GPL-3.0-or-later
// A folder that stands for /etc/sekisho, and what loading it says: for the tests of the policy.
#pragma once

#include "base/file.h"
#include "base/text.h"
#include "policy/policy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "/etc/sekisho" // as shown; the files lie in a temporary folder

static char root[] = "/tmp/sekisho-policy-XXXXXX";
static int etc = -1;
static struct policy *policy;
static struct policy_mistakes mistakes;

static inline void set_up(void)
{
    cr_assert_not_null(mkdtemp(root));
    etc = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(etc, 0);
    cr_assert_eq(mkdirat(etc, "policy.d", 0755), 0);
}

static inline void tear_down(void)
{
    policy_free(policy);
    policy_mistakes_clear(&mistakes);
    static const char *const files[] = {"policy.conf",      "policy.d/10.conf", "policy.d/20.conf",
                                        "policy.d/.x.conf", "policy.d/README",  "policy.d/30.conf"};
    for (size_t i = 0; i < ELEMENTS(files); i++)
        (void)unlinkat(etc, files[i], 0);
    (void)unlinkat(etc, "policy.d", AT_REMOVEDIR);
    (void)unlinkat(etc, "policy.d", 0);
    (void)close(etc);
    (void)rmdir(root);
}

static inline void put(const char *name, const char *text)
{
    cr_assert_eq(file_replace_at(etc, name, 0644, text, strlen(text)), 0);
}

static inline int load(void)
{
    return policy_load(etc, FOLDER, geteuid(), &policy, &mistakes);
}

static inline void load_good(void)
{
    int r = load();
    for (size_t i = 0; i < mistakes.n; i++)
        cr_log_error("%s:%u: %s (%s)", mistakes.items[i].file, mistakes.items[i].line,
                     mistakes.items[i].what, mistakes.items[i].remedy);
    cr_assert_eq(r, 0);
    cr_assert_eq(mistakes.n, 0);
}

struct expected {
    const char *file;
    unsigned line;
    const char *what; // somewhere in it
    const char *remedy;
};

static inline void expect_mistakes(const struct expected *expected, size_t n)
{
    cr_assert_eq(load(), -EINVAL);
    cr_expect_null(policy);
    for (size_t i = 0; i < mistakes.n && i < n; i++) {
        const struct policy_mistake *m = &mistakes.items[i];
        CLEANUP_FREE char *file = text_format(FOLDER "/%s", expected[i].file);
        cr_expect_str_eq(m->file, file);
        cr_expect_eq(m->line, expected[i].line, "%s:%u: %s", m->file, m->line, m->what);
        cr_expect(strstr(m->what, expected[i].what), "%u: %s", m->line, m->what);
        cr_expect(strstr(m->remedy, expected[i].remedy), "%u: %s", m->line, m->remedy);
    }
    cr_expect_eq(mistakes.n, n, "%zu instead of %zu", mistakes.n, n);
}

// One mistake in one file.
static inline void expect_one(const char *text, unsigned line, const char *what, const char *remedy)
{
    put("policy.conf", text);
    expect_mistakes(&(struct expected){"policy.conf", line, what, remedy}, 1);
    policy_mistakes_clear(&mistakes);
}
