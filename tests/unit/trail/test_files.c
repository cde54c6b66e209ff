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

TestSuite(files, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

Test(files, each_act_on_a_protected_file_is_a_row)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    take(file_event(ACT_WRITE, 0, "/f/a"));
    take(file_event(ACT_CREATE, 0, "/f/a"));
    take(file_event(ACT_DELETE, 0, "/f/a"));
    take(file_event(ACT_CHANGE, 0, "/f/a"));
    take(rename_event(0, "/f/a", "/f/b"));
    cr_assert_eq(world.rows.n, 6);
    expect_told(&world, 0, "file.read /f/a done");
    expect_told(&world, 1, "file.written /f/a done");
    expect_told(&world, 2, "file.created /f/a done");
    expect_told(&world, 3, "file.deleted /f/a done");
    expect_told(&world, 4, "file.changed /f/a done");
    expect_told(&world, 5, "file.renamed /f/a done {\"to\":\"/f/b\"}");
}

Test(files, a_row_says_who_when_and_with_what)
{
    take(file_event(ACT_READ, 2, "/f/a"));
    const struct fact *row = world_row(&world, 0);
    cr_expect_str_eq(row->user, "tanaka");
    cr_expect_str_eq(row->session, "3");
    cr_expect_str_eq(row->exe, "/usr/bin/vim");
    cr_expect_eq(row->uid, 1001);
    cr_expect_eq(row->pid, 50);
    cr_expect_eq(row->severity, SEVERITY_INFO);
    cr_expect_eq(row->at.wall_ns, AT(2));
    cr_expect_eq(row->at.monotonic_ns, AT(2) - BOOT_NS);
    cr_expect_str_eq(row->at.boot, TEST_BOOT);
    cr_expect_null(row->details);
}

Test(files, who_has_no_account_any_more_is_told_by_the_number)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.auid = 1999;
    event.session = UINT32_MAX;
    take(event);
    cr_expect_null(world_row(&world, 0)->user);
    cr_expect_null(world_row(&world, 0)->session);
    cr_expect_eq(world_row(&world, 0)->uid, 1999);
}

Test(files, an_attempt_that_was_refused_is_told_as_such)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.error = EACCES;
    take(event);
    event.act = ACT_DELETE;
    event.error = EPERM;
    take(event);
    expect_told(&world, 0, "file.read /f/a refused");
    expect_told(&world, 1, "file.deleted /f/a refused");
    cr_expect_eq(world_row(&world, 0)->severity, SEVERITY_NOTICE);
}

Test(files, what_failed_for_another_reason_is_no_row)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.error = ENOENT;
    take(event);
    cr_expect_eq(world.rows.n, 0);
}

Test(files, another_rules_events_are_none_of_ours)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.key = (char *)"admin";
    take(event);
    event.key = NULL;
    take(event);
    cr_expect_eq(world.rows.n, 0);
}

Test(files, what_the_printers_programs_read_is_printed)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.exe = (char *)"/usr/bin/lp";
    take(event);
    event.exe = (char *)"/usr/bin/lpr";
    take(event);
    event.exe = (char *)"/usr/local/bin/lp";
    take(event);
    expect_told(&world, 0, "file.printed /f/a done");
    expect_told(&world, 1, "file.printed /f/a done");
    expect_told(&world, 2, "file.read /f/a done");
}

Test(files, what_is_brought_onto_a_medium_is_written_there)
{
    static const enum audit_act acts[] = {ACT_READ,   ACT_WRITE,  ACT_CREATE,
                                          ACT_DELETE, ACT_RENAME, ACT_CHANGE};
    for (size_t i = 0; i < ELEMENTS(acts); i++) {
        CLEANUP_FREE char *name = text_format("/media/%zu", i);
        struct audit_event event = rename_event(0, name, "/media/x");
        event.act = acts[i];
        if (event.act != ACT_RENAME)
            event.to.text = NULL;
        event.key = (char *)TRAIL_KEY_MEDIUM;
        take(event);
    }
    cr_assert_eq(world.rows.n, 4);
    expect_told(&world, 0, "medium.written /media/1 done");
    expect_told(&world, 1, "medium.written /media/2 done");
    expect_told(&world, 2, "file.deleted /media/3 done");
    expect_told(&world, 3, "file.renamed /media/4 done {\"to\":\"/media/x\"}");
}

Test(files, how_a_path_was_found_is_told_if_it_is_not_whole)
{
    struct audit_event event = file_event(ACT_READ, 0, "a");
    event.path.way = WAY_UNRESOLVED;
    take(event);
    event = file_event(ACT_READ, 0, "/f/b");
    event.path.way = WAY_DESCRIPTOR;
    take(event);
    event = rename_event(0, "/f/c", "d");
    event.to.way = WAY_UNRESOLVED;
    take(event);
    event = file_event(ACT_READ, 0, NULL);
    take(event);
    event.path.inode = 4711;
    take(event);
    expect_told(&world, 0, "file.read a done {\"path\":\"unresolved\"}");
    expect_told(&world, 1, "file.read /f/b done {\"path\":\"descriptor\"}");
    expect_told(&world, 2, "file.renamed /f/c done {\"to\":\"d\",\"path\":\"unresolved\"}");
    expect_told(&world, 3, "file.read ? done {\"path\":\"unresolved\"}");
    expect_told(&world, 4, "file.read ? (inode 4711) done {\"path\":\"unresolved\"}");
}

static struct audit_event refused_event(const char *path, int error)
{
    struct audit_event event = file_event(ACT_READ, 0, path);
    event.key = (char *)TRAIL_KEY_REFUSED;
    event.error = error;
    return event;
}

Test(files, what_was_refused_anywhere_is_told_if_its_name_leads_into_a_protected_folder)
{
    static char *const folders[] = {(char *)"/srv/data", (char *)"/srv/a\nb"};
    static const char *const others[] = {"/srv/data2/a", "/srv", "/srv/data/../a",
                                         "/srv/data/x/../../a", "/"};
    trail_set_folders(world.trail, folders, ELEMENTS(folders));
    for (size_t i = 0; i < ELEMENTS(others); i++)
        take(refused_event(others[i], EACCES));
    take(refused_event("/srv/data/a", 0));
    struct audit_event event = refused_event("/srv/data/b", EACCES);
    event.path.way = WAY_UNRESOLVED;
    take(event);
    cr_assert_eq(world.rows.n, 0);
    take(refused_event("/srv/data/a", EACCES));
    take(refused_event("/srv/data", EACCES));
    take(refused_event("/tmp/../srv/x/../data/c", EACCES));
    take(refused_event("/srv/a\\x0ab/d", EACCES));
    event = rename_event(0, "/tmp/a", "/srv/data/a");
    event.key = (char *)TRAIL_KEY_REFUSED;
    event.error = EACCES;
    take(event);
    cr_assert_eq(world.rows.n, 5);
    expect_told(&world, 0, "file.read /srv/data/a refused");
    expect_told(&world, 1, "file.read /srv/data refused");
    expect_told(&world, 2, "file.read /tmp/../srv/x/../data/c refused");
    expect_told(&world, 3, "file.read /srv/a\\x0ab/d refused");
    expect_told(&world, 4, "file.renamed /tmp/a refused {\"to\":\"/srv/data/a\"}");
}

Test(files, a_folder_and_a_link_are_told_as_such)
{
    struct audit_event event = file_event(ACT_CREATE, 0, "/f/d");
    event.folder = true;
    take(event);
    event = rename_event(0, "/f/a", "/f/b");
    event.act = ACT_CREATE;
    take(event);
    event = rename_event(0, "/f/a", "/f/c");
    event.replaced = true;
    take(event);
    expect_told(&world, 0, "file.created /f/d done {\"folder\":true}");
    expect_told(&world, 1, "file.created /f/a done {\"to\":\"/f/b\"}");
    expect_told(&world, 2, "file.renamed /f/a done {\"to\":\"/f/c\",\"replaced\":true}");
}

Test(files, a_my_number_is_in_no_name_that_is_kept)
{
    take(rename_event(0, "/f/123456789018.txt", "/f/１２３４-５６７８-９０１８.txt"));
    const struct fact *row = world_row(&world, 0);
    cr_expect(strncmp(row->object, "/f/[MN:", 7) == 0, "%s", row->object);
    CLEANUP_JSON json_object *details =
        json_parse(row->details, strlen(row->details), json_type_object);
    cr_expect_str_eq(json_get_text(details, "to"), row->object);
}

Test(files, an_event_from_before_the_boot_is_told_without_its_clock)
{
    struct audit_event event = file_event(ACT_READ, 0, "/f/a");
    event.wall_ns = BOOT_NS - 1;
    take(event);
    cr_expect_eq(world_row(&world, 0)->at.monotonic_ns, 0);
    cr_expect_str_eq(world_row(&world, 0)->at.boot, TEST_BOOT);
}
