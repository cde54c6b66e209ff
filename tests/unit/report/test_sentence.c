// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/sentence.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect(enum fact_kind kind, const char *object, const char *outcome,
                   const char *details_text, const char *expected)
{
    const struct query_row row = {.sequence = 1,
                                  .kind_name = fact_kind_to_str(kind),
                                  .fact = {.kind = kind,
                                           .uid = 1000,
                                           .user = (char *)"sato",
                                           .object = (char *)object,
                                           .outcome = (char *)outcome}};
    CLEANUP_JSON json_object *details =
        details_text ? json_parse(details_text, strlen(details_text), json_type_object) : NULL;
    CLEANUP_FREE char *sentence = sentence_make(&row, details, false);
    cr_expect_str_eq(sentence, expected);
}

Test(sentence, a_file_row_says_who_did_what_to_which)
{
    expect(FACT_FILE_READ, "/srv/a", "done", NULL, "sato read /srv/a");
    expect(FACT_FILE_READ, "/srv", "done", "{\"folder\":true}", "sato opened the folder /srv");
    expect(FACT_FILE_WRITTEN, "/srv/a", "done", NULL, "sato wrote to /srv/a");
    expect(FACT_FILE_WRITTEN, "/srv/a", "done", "{\"saved\":\"rename\"}", "sato saved /srv/a");
    expect(FACT_FILE_DELETED, "/srv/a", "done", NULL, "sato deleted /srv/a");
    expect(FACT_FILE_CHANGED, "/srv/a", "done", NULL, "sato changed attributes of /srv/a");
    expect(FACT_FILE_PRINTED, "/srv/a", "done", NULL, "sato printed /srv/a");
    expect(FACT_MEDIUM_WRITTEN, "/media/a", "done", NULL,
           "sato wrote /media/a on a removable medium");
}

Test(sentence, both_names_of_a_renamed_or_linked_file_are_told)
{
    expect(FACT_FILE_RENAMED, "/srv/a", "done", "{\"to\":\"/srv/b\"}",
           "sato renamed /srv/a to /srv/b");
    expect(FACT_FILE_RENAMED, "/srv/a", "done", "{\"to\":\"/srv/b\",\"replaced\":true}",
           "sato renamed /srv/a to /srv/b, in place of what stood there");
    expect(FACT_FILE_CREATED, "/srv/a", "done", "{\"to\":\"/srv/b\"}",
           "sato gave /srv/a a second name, /srv/b");
}

Test(sentence, what_was_refused_was_not_done)
{
    expect(FACT_FILE_DELETED, "/srv/a", "refused", NULL, "sato tried to delete /srv/a, refused");
    expect(FACT_FILE_RENAMED, "/srv/a", "refused", "{\"to\":\"/srv/b\"}",
           "sato tried to rename /srv/a to /srv/b, refused");
}

Test(sentence, a_row_that_follows_another_says_how_often)
{
    expect(FACT_FILE_READ, "/srv/a", "done", "{\"of\":7,\"count\":12,\"first_ns\":1,\"last_ns\":2}",
           "sato read /srv/a … and 12 more times");
}

Test(sentence, a_login_says_where_and_for_su_as_whom)
{
    expect(FACT_LOGIN_SUCCEEDED, "login tty1", NULL, NULL, "sato logged in (login tty1)");
    expect(FACT_LOGIN_SUCCEEDED, "sshd", NULL, "{\"address\":\"192.0.2.7\"}",
           "sato logged in (sshd, 192.0.2.7)");
    expect(FACT_LOGIN_SUCCEEDED, "su", NULL, "{\"as\":\"root\"}", "sato became root (su)");
    expect(FACT_LOGIN_FAILED, "sudo", "failed", "{\"account\":\"root\"}",
           "sato failed to become root (sudo)");
    expect(FACT_LOGIN_FAILED, "sudo", "failed", "{\"account\":\"sato\"}",
           "sato did not give the right password (sudo)");
    expect(FACT_LOGIN_FAILED, "su", "failed", "{\"masked\":true}",
           "sato failed to become another account (su)");
    expect(FACT_LOGIN_REFUSED, "sudo", "refused", NULL,
           "sato may not become another account (sudo)");
    expect(FACT_LOGIN_REFUSED, "su", "refused", "{\"account\":\"root\"}",
           "sato may not become root (su)");
    expect(FACT_LOGIN_ENDED, "sshd", "ended", NULL, "sato logged out (sshd)");
    expect(FACT_LOGIN_ENDED, "sshd", "cut off", NULL,
           "The session of sato was cut off by a crash or a power cut (sshd)");
}

Test(sentence, a_login_that_failed_names_the_account_only_if_there_is_one)
{
    struct query_row row = {.kind_name = "login.failed",
                            .fact = {.kind = FACT_LOGIN_FAILED,
                                     .uid = FACT_NO_UID,
                                     .object = (char *)"sshd",
                                     .outcome = (char *)"failed"}};
    static const char *const texts[][2] = {
        {"{\"account\":\"tanaka\"}", "A login as tanaka failed (sshd)"},
        {"{\"masked\":true}", "A login failed under a name that nobody has (sshd)"},
        {"{}", "A login failed (sshd)"},
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        CLEANUP_JSON json_object *details =
            json_parse(texts[i][0], strlen(texts[i][0]), json_type_object);
        CLEANUP_FREE char *sentence = sentence_make(&row, details, false);
        cr_expect_str_eq(sentence, texts[i][1]);
    }
}

Test(sentence, a_person_without_a_name_is_a_number)
{
    const struct query_row row = {
        .kind_name = "file.read",
        .fact = {.kind = FACT_FILE_READ, .uid = 1007, .object = (char *)"/srv/a"}};
    CLEANUP_FREE char *sentence = sentence_make(&row, NULL, false);
    cr_expect_str_eq(sentence, "uid 1007 read /srv/a");
}

Test(sentence, a_path_that_is_not_printable_is_made_so)
{
    expect(FACT_FILE_DELETED, "/srv/a\nb", "done", NULL, "sato deleted /srv/a\\x0ab");
}
