// SPDX-License-Identifier: GPL-3.0-or-later
// A bundle's content: bounded, in one form only, and the same content is known by its digest.
#include "site/bundle.h"

#include "base/text.h"
#include "site/applied.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct bundle bundle;

static void fill(void)
{
    const struct bundle_host host = {.name = "pc-1",
                                     .ledger = "0123456789abcdef0123456789abcdef",
                                     .certificate = (char *)"HOST"};
    bundle = (struct bundle){.version = 3, .created_ns = 5, .site = text_dup("SITE")};
    cr_assert_eq(bundle_add_recipient(&bundle, "ONE"), 0);
    cr_assert_eq(bundle_add_recipient(&bundle, "TWO"), 0);
    cr_assert_eq(bundle_add_host(&bundle, &host), 0);
    cr_assert_eq(bundle_add_policy(&bundle, "b.conf", "usb = { };\n"), 0);
    cr_assert_eq(bundle_add_policy(&bundle, "a.conf", "# 関所\n"), 0);
}

static void clear(void)
{
    bundle_clear(&bundle);
}

TestSuite(bundle, .init = fill, .fini = clear);

Test(bundle, comes_back_as_it_was_with_its_files_by_name)
{
    CLEANUP_FREE char *text = NULL, *again = NULL;
    struct bundle read = {0};
    cr_assert_eq(bundle_encode(&bundle, &text), 0);
    cr_assert_eq(bundle_decode(text, strlen(text), &read), 0);
    cr_expect_str_eq(read.policies[0].name, "a.conf");
    cr_expect_str_eq(read.policies[1].text, "usb = { };\n");
    cr_expect_eq(read.n_recipients, 2);
    cr_assert_eq(bundle_encode(&read, &again), 0);
    cr_expect_str_eq(text, again);
    bundle_clear(&read);
}

static void expect_none(const char *from, const char *to)
{
    CLEANUP_FREE char *text = NULL;
    struct bundle read = {0};
    cr_assert_eq(bundle_encode(&bundle, &text), 0);
    const char *at = strstr(text, from);
    cr_assert_not_null(at, "%s", from);
    CLEANUP_FREE char *changed =
        text_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    cr_expect_eq(bundle_decode(changed, strlen(changed), &read), -EBADMSG, "%s", to);
}

Test(bundle, what_is_written_otherwise_is_none)
{
    expect_none("{", " {");
    expect_none("sekisho-bundle/1", "sekisho-bundle/2");
    expect_none("\"version\":3", "\"version\":0");
    expect_none("\"version\":3", "\"version\":3,\"version\":3");
    expect_none("\"version\":3", "\"version\":-3");
    expect_none("\"SITE\"", "\"\"");
    expect_none("\"SITE\"", "\"SI\\u0000TE\"");
    expect_none("\"ONE\"", "1");
    expect_none("pc-1", "../1");
    expect_none("0123456789abcdef", "0123456789ABCDEF");
    expect_none("a.conf", "c.conf");
    expect_none("a.conf", "b.conf");
    expect_none("a.conf", ".conf");
    expect_none("a.conf", "a.con");
    expect_none("a.conf", "a/b.conf");
    expect_none("\"policy\"", "\"policies\"");
    expect_none("\"hosts\":[", "\"hosts\":[1,");
}

Test(bundle, too_much_is_refused_before_it_is_signed_and_when_it_is_read)
{
    CLEANUP_FREE char *large = malloc(BUNDLE_POLICY_MAX + 1);
    memset(large, ' ', BUNDLE_POLICY_MAX);
    large[BUNDLE_POLICY_MAX] = '\0';
    cr_expect_eq(bundle_add_policy(&bundle, "c.conf", large), -ENOSPC);
    cr_expect_eq(bundle_add_policy(&bundle, "a.conf", ""), -EINVAL);
    cr_expect_eq(bundle_add_policy(&bundle, "c.txt", ""), -EINVAL);
    while (bundle.n_recipients < ENVELOPE_RECIPIENTS_MAX)
        cr_assert_eq(bundle_add_recipient(&bundle, "MORE"), 0);
    cr_expect_eq(bundle_add_recipient(&bundle, "MORE"), -ENOSPC);
    expect_none("\"ONE\"", "\"ONE\",\"ONE\"");
}

Test(bundle, its_digest_is_that_of_the_content_alone)
{
    uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE];
    cr_assert_eq(bundle_digest(&bundle, first), 0);
    bundle.version++;
    bundle.created_ns++;
    cr_assert_eq(bundle_digest(&bundle, second), 0);
    cr_expect_arr_eq(first, second, DIGEST_SIZE);
    bundle.policies[0].text[0] = ' ';
    cr_assert_eq(bundle_digest(&bundle, second), 0);
    cr_expect_neq(memcmp(first, second, DIGEST_SIZE), 0);
}

Test(applied, comes_back_as_it_was_and_in_no_other_form)
{
    char folder[] = "/tmp/sekisho-applied.XXXXXX";
    struct applied applied = {.version = 3, .signed_ns = 9}, again;
    CLEANUP_FREE char *text = NULL;
    cr_assert_not_null(mkdtemp(folder));
    CLEANUP_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    text_copy(applied.site_name, sizeof applied.site_name, "北町センター");
    text_copy(applied.name, sizeof applied.name, "pc-1");
    text_copy(applied.ledger, sizeof applied.ledger, "0123456789abcdef0123456789abcdef");
    cr_expect_eq(applied_read(dir, &again), -ENOENT);
    cr_assert_eq(applied_write(dir, &applied), 0);
    cr_assert_eq(applied_read(dir, &again), 0);
    cr_expect_eq(memcmp(&applied, &again, sizeof applied), 0);
    CLEANUP_JSON json_object *object = applied_to_object(&applied);
    json_add_number(object, "more", 1);
    CLEANUP_CLOSE int file = openat(dir, APPLIED_FILE, O_WRONLY | O_TRUNC | O_CLOEXEC);
    cr_assert_gt(dprintf(file, "%s", json_to_line(object)), 0);
    cr_expect_eq(applied_read(dir, &again), -EBADMSG);
    cr_expect_eq(unlinkat(dir, APPLIED_FILE, 0), 0);
    cr_expect_eq(rmdir(folder), 0);
}
