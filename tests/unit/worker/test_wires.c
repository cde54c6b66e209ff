// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/wires.h"

#include "../usb_world.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#define SOON_US (900 * 1000)
#define QUIET_US (400 * 1000) // long enough for what would have tripped

struct scene {
    struct world world;
    char folder[128], file[128];
    sd_event *event;
    struct wires *wires;
    unsigned tripped;
};

static void on_tripped(void *context)
{
    struct scene *scene = context;
    scene->tripped++;
}

static void scene_free(struct scene *scene)
{
    wires_free(scene->wires);
    sd_event_unref(scene->event);
    world_free(&scene->world);
}

// A folder /a/b and a file /etc/group below the made-up root, both watched.
static void scene_new(struct scene *scene, bool with_folder)
{
    *scene = (struct scene){0};
    world_new(&scene->world);
    world_folder(scene->world.root, "etc");
    world_folder(scene->world.root, with_folder ? "a/b" : "a");
    world_write(scene->world.root, "etc/group", "x\n", 2);
    (void)snprintf(scene->folder, sizeof scene->folder, "%s/a/b", scene->world.path);
    (void)snprintf(scene->file, sizeof scene->file, "%s/etc/group", scene->world.path);
    cr_assert_geq(sd_event_new(&scene->event), 0);
    CLEANUP_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(wires_new(scene->event, on_tripped, scene, &scene->wires), 0);
    cr_assert_eq(wires_add_table(scene->wires, proc, "self/mountinfo"), 0);
    cr_assert_eq(wires_add_file(scene->wires, scene->file), 0);
    cr_assert_eq(wires_add_place(scene->wires, scene->folder), 0);
}

static int on_time(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source, (void)usec;
    *(bool *)context = true;
    return 0;
}

// Runs the loop until it tripped or the time is over.
static void run(struct scene *scene, uint64_t patience_us)
{
    bool over = false;
    sd_event_source *time = NULL;
    cr_assert_geq(sd_event_add_time_relative(scene->event, &time, CLOCK_MONOTONIC, patience_us, 1,
                                             on_time, &over),
                  0);
    while (!over && scene->tripped == 0)
        cr_assert_geq(sd_event_run(scene->event, UINT64_MAX), 0);
    sd_event_source_disable_unref(time);
}

static void expect_trip(struct scene *scene, const char *what)
{
    run(scene, SOON_US);
    cr_expect_gt(scene->tripped, 0, "%s", what);
    do { // what else came of it; then they are renewed, as before each look
        scene->tripped = 0;
        wires_renew(scene->wires);
        run(scene, QUIET_US);
    } while (scene->tripped > 0);
}

static void expect_quiet(struct scene *scene, const char *what)
{
    run(scene, QUIET_US);
    cr_expect_eq(scene->tripped, 0, "%s", what);
}

Test(wires, nothing_trips_by_itself)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    expect_quiet(&scene, "nothing");
}

Test(wires, rights_of_a_folder_and_on_the_way_to_it_trip)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0700, 0), 0);
    expect_trip(&scene, "chmod");
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0750, 0), 0);
    expect_trip(&scene, "chmod again");
    cr_assert_eq(fchmodat(scene.world.root, "a", 0700, 0), 0);
    expect_trip(&scene, "chmod of the folder above");
}

Test(wires, work_in_a_folder_trips_nothing)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    world_write(scene.world.root, "a/b/file", "x", 1);
    cr_assert_eq(fchmodat(scene.world.root, "a/b/file", 0600, 0), 0);
    cr_assert_eq(renameat(scene.world.root, "a/b/file", scene.world.root, "a/b/other"), 0);
    cr_assert_eq(unlinkat(scene.world.root, "a/b/other", 0), 0);
    world_folder(scene.world.root, "a/beside");
    world_write(scene.world.root, "etc/other", "x", 1);
    expect_quiet(&scene, "files");
}

static void replace(struct scene *scene)
{
    world_write(scene->world.root, "etc/group+", "y\n", 2);
    cr_assert_eq(renameat(scene->world.root, "etc/group+", scene->world.root, "etc/group"), 0);
}

Test(wires, a_file_trips_when_it_is_written_replaced_and_comes_back)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    world_write(scene.world.root, "etc/group", "z\n", 2);
    expect_trip(&scene, "written");
    for (int i = 0; i < 3; i++) {
        replace(&scene);
        expect_trip(&scene, "replaced");
    }
    world_write(scene.world.root, "etc/group", "w\n", 2);
    expect_trip(&scene, "the new one written");
    cr_assert_eq(unlinkat(scene.world.root, "etc/group", 0), 0);
    expect_trip(&scene, "gone");
    world_write(scene.world.root, "etc/group", "v\n", 2);
    expect_trip(&scene, "back");
    world_write(scene.world.root, "etc/group", "u\n", 2);
    expect_trip(&scene, "and written");
}

Test(wires, a_folder_trips_when_it_comes_goes_and_is_replaced)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, false);
    world_folder(scene.world.root, "a/b");
    expect_trip(&scene, "come");
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0700, 0), 0);
    expect_trip(&scene, "chmod");
    cr_assert_eq(renameat(scene.world.root, "a/b", scene.world.root, "a/old"), 0);
    expect_trip(&scene, "moved away");
    cr_assert_eq(fchmodat(scene.world.root, "a/old", 0750, 0), 0);
    expect_quiet(&scene, "it is not ours any more");
    world_folder(scene.world.root, "a/b");
    expect_trip(&scene, "another");
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0711, 0), 0);
    expect_trip(&scene, "its chmod");
}

Test(wires, a_mount_trips_and_what_is_mounted_is_watched)
{
    CLEANUP(scene_free) struct scene scene;
    cr_assert_eq(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS), 0);
    cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    scene_new(&scene, true);
    cr_assert_eq(mount("none", scene.folder, "tmpfs", 0, "mode=700"), 0, "%s", strerror(errno));
    expect_trip(&scene, "mounted");
    cr_assert_eq(chmod(scene.folder, 0755), 0);
    expect_trip(&scene, "chmod of what is mounted");
    cr_assert_eq(umount(scene.folder), 0);
    expect_trip(&scene, "unmounted");
    cr_assert_eq(chmod(scene.folder, 0700), 0);
    expect_trip(&scene, "chmod of what was below");
}

Test(wires, any_entry_of_a_path_trips)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    cr_assert_eq(wires_add_path(scene.wires, scene.folder), 0);
    world_write(scene.world.root, "a/b/file", "x", 1);
    expect_trip(&scene, "a file in it");
    cr_assert_eq(unlinkat(scene.world.root, "a/b/file", 0), 0);
    expect_trip(&scene, "which goes");
}

Test(wires, paths_that_are_forgotten_trip_nothing)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    wires_forget_paths(scene.wires);
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0700, 0), 0);
    replace(&scene);
    expect_quiet(&scene, "not watched any more");
}

Test(wires, there_is_a_limit_and_it_is_no_failure)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    for (unsigned i = 0; i < WIRES_MAX; i++)
        cr_assert_eq(wires_add_path(scene.wires, "/nowhere"), 0);
    replace(&scene);
    expect_trip(&scene, "the first ones still do");
}
