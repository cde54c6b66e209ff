// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include <criterion/criterion.h>

static struct world world;

static void begin(void)
{
    world_begin(&world, FOLD);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(save, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static void take_over(double s, const char *path, const char *to)
{
    struct audit_event event = rename_event(s, path, to);
    event.replaced = true;
    take(event);
}

Test(save, a_new_file_put_in_the_place_of_the_old_one_is_a_write)
{
    take(file_event(ACT_CREATE, 0, "/f/.tmp1"));
    take_over(1, "/f/.tmp1", "/f/a.odt");
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 0, "file.created /f/.tmp1 done");
    expect_told(&world, 1, "file.written /f/a.odt done {\"saved\":\"rename\"}");
}

Test(save, an_instant_of_the_past_breaks_no_save_apart)
{
    take(file_event(ACT_CREATE, 100, "/f/.tmp1"));
    take(rename_event(101, "/f/b", "/f/b~"));
    world_settle(&world, AT(6));
    take_over(101.5, "/f/.tmp1", "/f/a.odt");
    take(file_event(ACT_CREATE, 102, "/f/b"));
    world_settle(&world, AT(107.001));
    cr_assert_eq(world.rows.n, 3);
    expect_told(&world, 1, "file.written /f/a.odt done {\"saved\":\"rename\"}");
    expect_told(&world, 2,
                "file.written /f/b done {\"to\":\"/f/b~\",\"saved\":\"backup\",\"steps\":2}");
}

Test(save, a_new_file_that_gets_a_new_name_is_renamed)
{
    take(file_event(ACT_CREATE, 0, "/f/.part"));
    take(rename_event(1, "/f/.part", "/f/a.odt"));
    expect_told(&world, 1, "file.renamed /f/.part done {\"to\":\"/f/a.odt\"}");
}

Test(save, a_file_of_another_process_or_of_long_ago_that_is_put_there_is_renamed)
{
    struct audit_event event = file_event(ACT_CREATE, 0, "/f/b");
    event.pid = 51;
    take(event);
    take_over(1, "/f/b", "/f/a");
    take(file_event(ACT_CREATE, 2, "/f/c"));
    take_over(33, "/f/c", "/f/a");
    cr_assert_eq(world.rows.n, 4);
    expect_told(&world, 1, "file.renamed /f/b done {\"to\":\"/f/a\",\"replaced\":true}");
    expect_told(&world, 3, "file.renamed /f/c done {\"to\":\"/f/a\",\"replaced\":true}");
}

Test(save, vim_writes_once)
{
    take(rename_event(0, "/f/a", "/f/a~"));
    take(file_event(ACT_CREATE, 0.1, "/f/a"));
    cr_expect_eq(world.rows.n, 0);
    cr_expect_neq(trail_due_ns(world.trail), 0);
    take(file_event(ACT_DELETE, 0.2, "/f/a~"));
    cr_assert_eq(world.rows.n, 1);
    expect_told(&world, 0, "file.written /f/a done {\"saved\":\"backup\",\"steps\":3}");
    cr_expect_eq(world_row(&world, 0)->at.wall_ns, AT(0.1));
    cr_expect_eq(trail_due_ns(world.trail), 0);
}

Test(save, a_backup_that_stays_is_named)
{
    take(rename_event(0, "/f/a", "/f/a.bak"));
    take(file_event(ACT_CREATE, 1, "/f/a"));
    world_settle(&world, AT(6));
    cr_expect_eq(world.rows.n, 0);
    world_settle(&world, AT(6.001));
    cr_assert_eq(world.rows.n, 1);
    expect_told(&world, 0,
                "file.written /f/a done {\"to\":\"/f/a.bak\",\"saved\":\"backup\",\"steps\":2}");
    take(file_event(ACT_DELETE, 7, "/f/a.bak"));
    expect_told(&world, 1, "file.deleted /f/a.bak done");
}

Test(save, an_older_backup_that_goes_with_it_is_deleted)
{
    take_over(0, "/f/a", "/f/a~");
    take(file_event(ACT_CREATE, 1, "/f/a"));
    take(file_event(ACT_READ, 1, "/f/a~"));
    take(file_event(ACT_DELETE, 2, "/f/a~"));
    cr_assert_eq(world.rows.n, 3);
    expect_told(&world, 1,
                "file.written /f/a done {\"to\":\"/f/a~\",\"replaced\":true,"
                "\"saved\":\"backup\",\"steps\":2}");
    expect_told(&world, 2, "file.deleted /f/a~ done");
}

Test(save, whoever_looks_at_the_backup_meanwhile_changes_nothing)
{
    take(rename_event(0, "/f/a", "/f/a~"));
    struct audit_event event = file_event(ACT_READ, 0.1, "/f/a~");
    event.pid = 99;
    take(event);
    take(file_event(ACT_CREATE, 0.2, "/f/a"));
    take(file_event(ACT_DELETE, 0.3, "/f/a~"));
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 1, "file.written /f/a done {\"saved\":\"backup\",\"steps\":3}");
}

Test(save, a_file_moved_aside_with_nothing_after_it_is_renamed)
{
    take(rename_event(0, "/f/a", "/f/.a.swp"));
    take(file_event(ACT_READ, 5, "/f/x"));
    cr_expect_eq(world.rows.n, 1);
    take(file_event(ACT_CREATE, 6, "/f/a"));
    cr_assert_eq(world.rows.n, 3);
    expect_told(&world, 1, "file.renamed /f/a done {\"to\":\"/f/.a.swp\"}");
    cr_expect_eq(world_row(&world, 1)->at.wall_ns, AT(0));
    expect_told(&world, 2, "file.created /f/a done");
}

Test(save, another_process_does_not_finish_it)
{
    take(rename_event(0, "/f/a", "/f/#a#"));
    struct audit_event event = file_event(ACT_CREATE, 1, "/f/a");
    event.pid = 51;
    take(event);
    world_settle(&world, AT(9));
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 0, "file.created /f/a done");
    expect_told(&world, 1, "file.renamed /f/a done {\"to\":\"/f/#a#\"}");
}

Test(save, a_backup_that_is_removed_first_was_no_save)
{
    take(rename_event(0, "/f/a", "/f/a~"));
    take(file_event(ACT_DELETE, 1, "/f/a~"));
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 0, "file.renamed /f/a done {\"to\":\"/f/a~\"}");
    expect_told(&world, 1, "file.deleted /f/a~ done");
}

Test(save, the_old_one_moved_aside_and_a_new_one_moved_in_is_a_write)
{
    take(file_event(ACT_CREATE, 0, "/f/.new"));
    take(rename_event(0.1, "/f/a", "/f/a~"));
    take(rename_event(0.2, "/f/.new", "/f/a"));
    world_settle(&world, AT(9));
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 1,
                "file.written /f/a done {\"to\":\"/f/a~\",\"saved\":\"backup\",\"steps\":2}");
}

Test(save, only_names_of_the_same_folder_are_backups)
{
    take(rename_event(0, "/f/a", "/g/a~"));
    take(rename_event(0, "/f/a", "/f/b~"));
    take(rename_event(0, "/f/a", "/f/a.txt"));
    cr_expect_eq(world.rows.n, 3);
}

Test(save, what_was_refused_is_no_part_of_it)
{
    struct audit_event event = rename_event(0, "/f/a", "/f/a~");
    event.error = 13;
    take(event);
    cr_expect_eq(world.rows.n, 1);
}

Test(save, on_a_medium_it_is_written_to_the_medium)
{
    struct audit_event event = file_event(ACT_CREATE, 0, "/m/.part");
    event.key = (char *)TRAIL_KEY_MEDIUM;
    take(event);
    event = rename_event(0, "/m/.part", "/m/a");
    event.key = (char *)TRAIL_KEY_MEDIUM;
    event.replaced = true;
    take(event);
    expect_told(&world, 1, "medium.written /m/a done {\"saved\":\"rename\"}");
}

Test(save, no_more_than_sixty_four_wait_and_the_oldest_is_told)
{
    for (unsigned i = 0; i < 65; i++) {
        CLEANUP_FREE char *name = text_format("/f/%u", i), *aside = text_format("/f/%u~", i);
        take(rename_event(0, name, aside));
    }
    cr_assert_eq(world.rows.n, 1);
    expect_told(&world, 0, "file.renamed /f/0 done {\"to\":\"/f/0~\"}");
}

Test(save, a_new_name_is_remembered_though_sixty_four_came_after_no_more)
{
    take(file_event(ACT_CREATE, 0, "/f/t"));
    for (unsigned i = 0; i < 64; i++) {
        CLEANUP_FREE char *name = text_format("/f/%u", i);
        take(file_event(ACT_CREATE, 0, name));
    }
    take_over(1, "/f/t", "/f/a");
    take_over(1, "/f/0", "/f/b");
    expect_told(&world, 65, "file.renamed /f/t done {\"to\":\"/f/a\",\"replaced\":true}");
    expect_told(&world, 66, "file.written /f/b done {\"saved\":\"rename\"}");
}
