// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/latest.h"

#include "../written_ledger.h"

#include <errno.h>

static struct written_ledger w;
static char *folder;

static void setup(void)
{
    written_begin(&w, "2026-10-31 09:00");
    folder = text_format("%s/ledger", w.folder);
    cr_assert_not_null(folder);
}

static void teardown(void)
{
    free(folder);
    written_remove(&w);
}

TestSuite(latest, .init = setup, .fini = teardown);

static void expect(const char *details)
{
    CLEANUP(latest_clear) struct latest found = {0};
    int r = latest_find(folder, FACT_TRAIL_READ, &found);
    cr_assert_eq(r, 0, "%s", strerror(-r));
    cr_expect_str_eq(found.details, details);
    cr_expect_gt(found.sequence, 1);
}

Test(latest, without_such_a_row_there_is_none)
{
    CLEANUP(latest_clear) struct latest found = {0};
    written_row(&w, "2026-10-31 10:00", FACT_FILE_READ, "sato", "/srv/a", NULL);
    cr_expect_eq(latest_find(folder, FACT_TRAIL_READ, &found), -ENOENT);
    cr_expect_eq(latest_find("/nowhere", FACT_TRAIL_READ, &found), -ENOENT);
}

Test(latest, it_is_the_last_of_its_kind_and_not_the_last_row)
{
    written_row(&w, "2026-10-31 10:00", FACT_TRAIL_READ, NULL, NULL, "{\"n\":1}");
    written_row(&w, "2026-10-31 10:01", FACT_TRAIL_READ, NULL, NULL, "{\"n\":2}");
    written_row(&w, "2026-10-31 10:02", FACT_FILE_READ, "sato", "/srv/a", "{\"n\":3}");
    expect("{\"n\":2}");
}

Test(latest, a_month_without_one_does_not_hide_the_month_before)
{
    written_row(&w, "2026-10-31 10:00", FACT_TRAIL_READ, NULL, NULL, "{\"n\":1}");
    written_row(&w, "2026-11-01 10:00", FACT_FILE_READ, "sato", "/srv/a", NULL);
    expect("{\"n\":1}");
    written_row(&w, "2026-11-01 10:01", FACT_TRAIL_READ, NULL, NULL, "{\"n\":2}");
    written_row(&w, "2026-10-31 10:02", FACT_TRAIL_READ, NULL, NULL, "{\"n\":3}");
    expect("{\"n\":3}");
}

Test(latest, a_row_without_details_has_none)
{
    CLEANUP(latest_clear) struct latest found = {0};
    written_row(&w, "2026-10-31 10:00", FACT_TRAIL_READ, NULL, NULL, NULL);
    cr_expect_eq(latest_find(folder, FACT_TRAIL_READ, &found), 0);
    cr_expect_null(found.details);
}
