// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/storage/wires.h"

#include "../../usb_world.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#define SOON_US (900 * 1000)  // "at once": a look takes the rest of the second
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
    const char *const files[] = {scene->file};
    const struct wires_options options = {.event = scene->event,
                                          .proc = proc,
                                          .files = files,
                                          .n_files = 1,
                                          .tripped = on_tripped,
                                          .context = scene};
    cr_assert_eq(wires_new(&options, &scene->wires), 0);
    char *folders[] = {scene->folder};
    cr_assert_eq(wires_set_folders(scene->wires, folders, 1), 0);
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
    cr_expect_eq(scene->tripped, 1, "%s", what);
    scene->tripped = 0;
    run(scene, QUIET_US); // what else came of it
    scene->tripped = 0;
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

Test(wires, other_folders_take_the_place_of_the_old)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    cr_assert_eq(wires_set_folders(scene.wires, NULL, 0), 0);
    cr_assert_eq(fchmodat(scene.world.root, "a/b", 0700, 0), 0);
    expect_quiet(&scene, "not watched any more");
    replace(&scene);
    expect_trip(&scene, "the files still are");
}
