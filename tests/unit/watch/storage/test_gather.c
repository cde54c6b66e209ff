// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

TestSuite(gather);

Test(gather, a_mount_below_a_folder_is_a_place_of_its_own)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_folder(world.root, "srv/a/in ner");
    tree_mounts(&world, "22 21 8:16 / /srv/a/in\\040ner rw - ext4 /dev/sdb rw\n"
                        "23 21 8:16 / /srv/ab rw - ext4 /dev/sdb rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(block:sda1(disk:sda))) "
                               "folder:/srv/a/in ner(mount:ext4(disk:sdb))");
}

Test(gather, one_that_is_hidden_is_none)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_folder(world.root, "srv/a/b");
    tree_mounts(&world, "22 21 8:16 / /srv/a/b rw - ext4 /dev/sdb rw\n"
                        "23 21 8:1 / /srv/a rw - ext4 /dev/sda1 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(block:sda1(disk:sda)))");
}

Test(gather, ten_thousand_mounts_are_bounded)
{
    CLEANUP(world_free) struct world world;
    CLEANUP_FREE char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    tree_new(&world);
    for (int i = 0; i < 10000; i++)
        fprintf(out, "%d 21 8:16 / /srv/a/%d rw - ext4 /dev/sdb rw\n", 100 + i, i);
    (void)fclose(out);
    tree_mounts(&world, text);
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    json_object *places = json_get(tree_first(facts, "folders"), "places");
    cr_expect_eq(json_object_array_length(places), 66); // its own, 64, and that there are more
    cr_expect_str_eq(json_get_text(json_object_array_get_idx(places, 65), "error"), "E2BIG");
}

Test(gather, a_link_stands_for_where_it_leads_and_stays_below_the_root)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    cr_assert_eq(symlinkat("/srv/a", world.root, "srv/link"), 0);
    cr_assert_eq(symlinkat("../../../../../../srv/a", world.root, "srv/out"), 0);
    tree_mounts(&world, "22 21 8:16 / /srv/a rw - ext4 /dev/sdb rw\n");
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_JSON json_object *facts = tree_look(&world, i == 0 ? "/srv/link" : "/srv/out");
        json_object *folder = tree_first(facts, "folders");
        cr_expect_str_eq(json_get_text(folder, "folder"), i == 0 ? "/srv/link" : "/srv/out");
        tree_expect(json_get(folder, "places"), "folder:/srv/a(mount:ext4(disk:sdb))");
    }
}

Test(gather, what_is_not_there_is_said)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/none");
    cr_expect_str_eq(json_get_text(tree_first(facts, "folders"), "error"), "ENOENT");
    (void)unlinkat(world.root, "proc/self/mountinfo", 0);
    tree_expect_places(&world, "folder:/srv/a:ENOENT");
    world_write(world.root, "proc/self/mountinfo", "nonsense\n", 9);
    tree_expect_places(&world, "folder:/srv/a:EBADMSG");
}

Test(gather, an_empty_root_is_no_failure)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    cr_expect_str_eq(json_get_text(facts, "swaps_error"), "ENOENT");
    cr_expect_str_eq(json_get_text(facts, "users_error"), "ENOENT");
    cr_expect_str_eq(json_get_text(facts, "groups_error"), "ENOENT");
    cr_expect_str_eq(json_get_text(json_get(facts, "hibernation"), "error"), "ENOENT");
}

// ---- Memory ------------------------------------------------------------------------------------

#define SWAPS_HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static void expect_swap(struct world *world, const char *line, const char *expected)
{
    CLEANUP_FREE char *text = text_format(SWAPS_HEAD "%s", line);
    world_write(world->root, "proc/swaps", text, strlen(text));
    CLEANUP_JSON json_object *facts = tree_look(world, NULL);
    cr_assert_eq(json_object_array_length(json_get(facts, "swaps")), 1);
    tree_expect(json_get(tree_first(facts, "swaps"), "on"), expected);
    cr_expect_null(json_get(facts, "swaps_error"));
}

Test(gather, each_swap_has_a_chain)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_write(world.root, "srv/swap file", "", 0);
    tree_virtual(&world, "zram0", "252:0");
    tree_attribute(&world, "zram0", "backing_dev", "none\n");
    expect_swap(&world, "/dev/sdb partition 1048572 0 -2\n", "disk:sdb");
    expect_swap(&world, "/srv/swap\\040file file 1 0 -2\n",
                "folder:/srv/swap file(mount:ext4(block:sda1(disk:sda)))");
    expect_swap(&world, "/dev/zram0 partition 1 0 100\n", "memory:zram0");
    tree_attribute(&world, "zram0", "backing_dev", "/dev/sdb\n");
    expect_swap(&world, "/dev/zram0 partition 1 0 100\n", "block:zram0(disk:sdb)");
    expect_swap(&world, "/dev/gone partition 1 0 100\n", "unknown:/dev/gone:ENOENT");
}

static void expect_image(struct world *world, const char *expected)
{
    CLEANUP_JSON json_object *facts = tree_look(world, NULL);
    json_object *hibernation = json_get(facts, "hibernation");
    cr_expect(json_get_bool(hibernation, "able"));
    tree_expect(json_get(hibernation, "on"), expected);
}

Test(gather, the_image_of_a_hibernation_is_found)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_folder(world.sys, "power");
    world_set(world.sys, "power", "state", "freeze mem disk\n");
    world_set(world.sys, "power", "resume", "8:16\n");
    world_set(world.root, "proc", "cmdline", "root=/dev/sda1 noresume=1 quiet\n");
    expect_image(&world, "disk:sdb");
    world_set(world.sys, "power", "resume", "0:0\n");
    expect_image(&world, "");
    world_set(world.root, "proc", "cmdline", "quiet resume=/dev/sda1\n");
    expect_image(&world, "block:sda1(disk:sda)");
    world_folder(world.root, "dev/disk/by-uuid");
    cr_assert_eq(symlinkat("../../sdb", world.root, "dev/disk/by-uuid/1-2"), 0);
    world_set(world.root, "proc", "cmdline", "resume=UUID=1-2 quiet\n");
    expect_image(&world, "disk:sdb");
    world_set(world.sys, "power", "state", "freeze mem\n");
    CLEANUP_JSON json_object *facts = tree_look(&world, NULL);
    cr_expect(json_get(json_get(facts, "hibernation"), "able"));
    cr_expect_not(json_get_bool(json_get(facts, "hibernation"), "able"));
}

// ---- People ------------------------------------------------------------------------------------

Test(gather, people_are_read_and_escaped)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_set(
        world.root, "etc", "passwd",
        "root:x:0:0::/root:/bin/bash\nbroken\nbad:x:-1:0::/:/x\nsa\033to:x:1000:1001::/:/x\n");
    world_set(world.root, "etc", "group", "root:x:0:\ntokutei:x:2000:sato,,suzuki\n");
    world_set(
        world.root, "etc", "nsswitch.conf",
        "# passwd: no\npasswd: files sss # x\nshadow: other\ngroup:\tfiles [!NOTFOUND=return]\n");
    CLEANUP_JSON json_object *facts = tree_look(&world, NULL);
    cr_expect_str_eq(json_to_line(json_get(facts, "users")),
                     "[{\"name\":\"root\",\"uid\":0,\"gid\":0},"
                     "{\"name\":\"sa\\\\x1bto\",\"uid\":1000,\"gid\":1001}]");
    cr_expect_str_eq(json_to_line(json_get(facts, "groups")),
                     "[{\"members\":[],\"name\":\"root\",\"gid\":0},"
                     "{\"members\":[\"sato\",\"suzuki\"],\"name\":\"tokutei\",\"gid\":2000}]");
    cr_expect_str_eq(json_to_line(json_get(facts, "sources")),
                     "[\"files\",\"sss\",\"files\",\"[!NOTFOUND=return]\"]");
}

Test(gather, each_step_to_a_folder_tells_its_rights)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    cr_assert_eq(fchmodat(world.root, "srv/a", 0750, 0), 0);
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    json_object *folder = tree_first(facts, "folders"), *steps = json_get(folder, "steps");
    cr_expect(json_get_bool(folder, "steps_whole"));
    cr_assert_eq(json_object_array_length(steps), 3);
    json_object *last = json_object_array_get_idx(steps, 2);
    cr_expect_str_eq(json_get_text(last, "path"), "/srv/a");
    cr_expect_eq(json_get_number(last, "mode"), 0750);
    cr_expect_eq(json_get_number(last, "owner"), geteuid());
    cr_expect_null(json_get(last, "error"));
}

Test(gather, fuse_without_allow_other_is_one_person_s)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - fuse.gocryptfs /c rw,user_id=1000,group_id=0\n");
    CLEANUP_JSON json_object *private = tree_look(&world, "/srv/a");
    json_object *steps = json_get(tree_first(private, "folders"), "steps");
    cr_expect_eq(json_get_number(json_object_array_get_idx(steps, 2), "only"), 1000);
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - fuse.gocryptfs /c rw,user_id=1000,allow_other\n");
    CLEANUP_JSON json_object *open = tree_look(&world, "/srv/a");
    steps = json_get(tree_first(open, "folders"), "steps");
    cr_expect_null(json_get(json_object_array_get_idx(steps, 2), "only"));
}
