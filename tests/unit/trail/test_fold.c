// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct world world;

static void begin(void)
{
    world_begin(&world, FOLD);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(fold, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static void read_at(double s)
{
    take(file_event(ACT_READ, s, "/f/a"));
}

static uint64_t number_in(size_t n, const char *key)
{
    const char *text = world_row(&world, n)->details;
    cr_assert_not_null(text, "row %zu has no details", n);
    CLEANUP_JSON json_object *details = json_parse(text, strlen(text), json_type_object);
    return json_get_number(details, key);
}

Test(fold, the_first_is_a_row_at_once_and_its_repeats_are_one_more)
{
    read_at(0);
    cr_assert_eq(world.rows.n, 1);
    world_record(&world, 1); // row 2
    read_at(1);
    read_at(2);
    read_at(5);
    world_settle(&world, AT(5));
    cr_assert_eq(world.rows.n, 2);
    cr_expect_eq(trail_due_ns(world.trail), AT(5) + 1);
    world_settle(&world, AT(6));
    cr_assert_eq(world.rows.n, 3);
    cr_expect_eq(number_in(2, "of"), 1);
    cr_expect_eq(number_in(2, "count"), 3);
    cr_expect_eq(number_in(2, "first_ns"), AT(1));
    cr_expect_eq(number_in(2, "last_ns"), AT(5));
    cr_expect_str_eq(world_row(&world, 2)->object, "/f/a");
    cr_expect_str_eq(world_row(&world, 2)->user, "tanaka");
    cr_expect_eq(world_row(&world, 2)->at.wall_ns, AT(5));
    cr_expect_eq(trail_due_ns(world.trail), 0);
}

Test(fold, what_comes_after_the_window_begins_anew)
{
    read_at(0);
    world_record(&world, 1);
    read_at(4);
    read_at(5.001);
    cr_assert_eq(world.rows.n, 4); // the first, the checkpoint, the repeats, the new first
    cr_expect_eq(number_in(2, "count"), 1);
    expect_told(&world, 3, "file.read /f/a done");
}

Test(fold, the_follow_up_waits_until_the_first_has_its_sequence)
{
    take(file_event(ACT_READ, 0, "/f/other"));
    read_at(0);
    read_at(1);
    world_settle(&world, AT(20));
    read_at(20);
    cr_expect_eq(world.rows.n, 3);
    cr_expect_eq(trail_due_ns(world.trail), 0, "nothing can be done before it is recorded");
    world_record(&world, 1);
    cr_expect_neq(trail_due_ns(world.trail), 0);
    world_settle(&world, AT(20));
    cr_assert_eq(world.rows.n, 5);
    cr_expect_eq(number_in(4, "of"), 2);
    cr_expect_eq(number_in(4, "count"), 1);
}

Test(fold, only_the_same_person_program_file_kind_and_outcome_is_a_repeat)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    take(event);
    event.auid = 1002;
    take(event);
    event.exe = (char *)"/usr/bin/cat";
    take(event);
    event.path.text = (char *)"/f/b";
    take(event);
    event.act = ACT_WRITE;
    take(event);
    event.error = EACCES;
    take(event);
    cr_expect_eq(world.rows.n, 6);
    event.pid = 77;
    event.session = 9;
    take(event);
    cr_expect_eq(world.rows.n, 6);
}

Test(fold, files_of_one_unresolved_name_are_told_apart_by_their_inode)
{
    struct audit_event event = file_event(ACT_READ, 0, "a");
    event.path.way = WAY_UNRESOLVED;
    event.path.inode = 1;
    take(event);
    event.path.inode = 2;
    take(event);
    take(event);
    cr_expect_eq(world.rows.n, 2);
}

Test(fold, renamings_are_repeats_only_with_both_names)
{
    take(rename_event(0, "/f/a", "/f/b"));
    take(rename_event(0, "/f/a", "/f/c"));
    world_record(&world, 1);
    take(rename_event(1, "/f/a", "/f/c"));
    world_settle(&world, AT(9));
    cr_assert_eq(world.rows.n, 4);
    cr_expect_eq(number_in(3, "of"), 2);
    cr_expect_not_null(strstr(world_row(&world, 3)->details, "\"to\":\"/f/c\""));
}

Test(fold, without_a_window_each_access_is_a_row)
{
    trail_set_fold(world.trail, 0);
    read_at(0);
    read_at(0);
    cr_expect_eq(world.rows.n, 2);
}

Test(fold, an_instant_of_the_past_ends_no_window_that_began_since)
{
    read_at(100);
    world_record(&world, 1);
    read_at(101);
    world_settle(&world, AT(6));
    read_at(102);
    cr_expect_eq(world.rows.n, 2, "one read and a checkpoint");
    world_settle(&world, AT(105.001));
    cr_assert_eq(world.rows.n, 3);
    cr_expect_eq(number_in(2, "count"), 2);
}

Test(fold, a_clock_that_steps_back_ends_the_window)
{
    read_at(0);
    world_record(&world, 1);
    read_at(1);
    struct audit_event other = file_event(ACT_READ, -900, "/f/other");
    world_take(&world, &other);
    world_settle(&world, AT(-900));
    cr_assert_eq(world.rows.n, 4);
    cr_expect_eq(number_in(3, "count"), 1);
    read_at(-900);
    cr_expect_eq(world.rows.n, 5);
}

Test(fold, events_a_little_out_of_order_are_repeats)
{
    read_at(1);
    world_record(&world, 1);
    read_at(2);
    read_at(0.5);
    cr_assert_eq(world.rows.n, 2);
    world_settle(&world, AT(9));
    cr_expect_eq(number_in(2, "first_ns"), AT(0.5));
    cr_expect_eq(number_in(2, "last_ns"), AT(2));
}

// Names 0 … n-1, each read at `s`.
static void read_many(size_t n, double s)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *name = text_format("/f/%zu", i);
        take(file_event(ACT_READ, s, name));
    }
}

Test(fold, no_more_than_sixty_four_windows_count_at_once_and_the_oldest_ends)
{
    read_many(65, 0);
    world_record(&world, 1);
    read_many(65, 1);
    cr_assert_eq(world.rows.n, 67);
    cr_expect_str_eq(world_row(&world, 66)->object, "/f/0");
    cr_expect_eq(number_in(66, "count"), 1);
}

Test(fold, a_repeat_for_which_there_is_no_room_is_a_row)
{
    read_many(65, 0);
    read_many(65, 1);
    cr_assert_eq(world.rows.n, 66);
    expect_told(&world, 65, "file.read /f/64 done");
}

Test(fold, the_oldest_of_too_many_windows_is_forgotten)
{
    read_many(4097, 0);
    take(file_event(ACT_READ, 1, "/f/4096"));
    cr_expect_eq(world.rows.n, 4097);
    take(file_event(ACT_READ, 1, "/f/0"));
    cr_expect_eq(world.rows.n, 4098);
}

Test(fold, names_too_long_to_be_kept_are_rows_of_their_own)
{
    char name[4000] = "/f/";
    memset(name + 3, 'a', sizeof name - 4);
    take(file_event(ACT_READ, 0, name));
    take(file_event(ACT_READ, 0, name));
    cr_expect_eq(world.rows.n, 2);
}
