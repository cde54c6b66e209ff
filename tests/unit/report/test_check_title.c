// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/check-title.h"

#include "base/text.h"
#include "report/rooms.h"
#include "report/sentence.h"

#include <criterion/criterion.h>
#include <string.h>

Test(check_title, each_check_has_one)
{
    size_t n = 0;
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; i < *check_rooms[room].n; i++, n++) {
            const char *name = check_rooms[room].checks[i].name;
            cr_expect_str_neq(check_title(name), name, "%s has no title", name);
        }
    cr_expect_gt(n, 80);
}

Test(check_title, one_that_nobody_knows_keeps_its_name)
{
    cr_expect_str_eq(check_title("posture.to_come"), "posture.to_come");
}

static void expect(bool translated, const char *details_text, const char *expected)
{
    const struct query_row row = {.sequence = 1,
                                  .kind_name = "antivirus.failed",
                                  .fact = {.kind = FACT_ANTIVIRUS_FAILED,
                                           .object = (char *)"antivirus",
                                           .outcome = (char *)"violation"}};
    CLEANUP_JSON json_object *details =
        json_parse(details_text, strlen(details_text), json_type_object);
    CLEANUP_FREE char *sentence = sentence_make(&row, details, translated);
    cr_expect_str_eq(sentence, expected);
}

Test(check_title, people_read_it_and_machines_the_name)
{
    const char *details =
        "{\"check\":\"antivirus.installed\",\"evidence\":\"no antivirus is installed\"}";
    expect(true, details, "Presence of an antivirus is not in order: no antivirus is installed");
    expect(false, details, "antivirus.installed is not in order: no antivirus is installed");
    expect(true, "{\"check\":\"antivirus.installed\"}",
           "Presence of an antivirus is not in order: ?");
}
