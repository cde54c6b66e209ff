// SPDX-License-Identifier: GPL-3.0-or-later
// The watch with a program in the place of health: it tells how often it was asked, and of what.
#include "watch/watch.h"

#include "fact/look.h"

#include "../../usb_world.h"

#include "base/json.h"

#define PATIENCE_US (20 * 1000 * 1000ULL) // a busy machine; the wires' own time is test_wires'

struct scene {
    struct world world;
    char folder[128], programs[128];
    sd_event *event;
    void *watch;
    unsigned facts;
    char *last; // what the last look said
};

static void put(void *context, struct fact *fact)
{
    struct scene *scene = context;
    struct look_found found = {0};
    cr_assert_eq(fact->kind, FACT_SEEN_STORAGE);
    cr_assert_eq(look_read(fact, &found), 0);
    free(scene->last);
    scene->last = text_dup(found.facts ? json_to_line(found.facts) : found.why);
    scene->facts++;
    look_found_clear(&found);
    fact_free(fact);
}

static void put_health(struct scene *scene, const char *script)
{
    world_write(scene->world.root, "programs/health", script, strlen(script));
    cr_assert_eq(fchmodat(scene->world.root, "programs/health", 0755, 0), 0);
}

static void scene_new(struct scene *scene, bool live)
{
    *scene = (struct scene){0};
    world_new(&scene->world);
    world_folder(scene->world.root, "programs");
    world_folder(scene->world.root, "a/b");
    (void)snprintf(scene->folder, sizeof scene->folder, "%s/a/b", scene->world.path);
    (void)snprintf(scene->programs, sizeof scene->programs, "%s/programs", scene->world.path);
    put_health(scene, "#!/bin/sh\nprintf '{\"asked\":\"%s\"}' \"$*\"\n");
    cr_assert_geq(sd_event_new(&scene->event), 0);
    CLEANUP_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct watch_context context = {.sink = {.put = put, .context = scene},
                                          .event = scene->event,
                                          .proc = proc,
                                          .programs = scene->programs,
                                          .live = live};
    cr_assert_eq(watch_storage.start(&context, &scene->watch), 0);
}

static void scene_free(struct scene *scene)
{
    watch_storage.stop(scene->watch);
    sd_event_unref(scene->event);
    free(scene->last);
    world_free(&scene->world);
}

static int on_time(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source, (void)usec;
    *(bool *)context = true;
    return 0;
}

static void expect_look(struct scene *scene, const char *said)
{
    bool over = false;
    sd_event_source *time = NULL;
    cr_assert_geq(sd_event_add_time_relative(scene->event, &time, CLOCK_MONOTONIC, PATIENCE_US, 1,
                                             on_time, &over),
                  0);
    for (scene->facts = 0; !over && scene->facts == 0;)
        cr_assert_geq(sd_event_run(scene->event, UINT64_MAX), 0);
    sd_event_source_disable_unref(time);
    cr_assert_eq(scene->facts, 1, "a look for “%s”", said);
    cr_expect(strstr(scene->last, said), "%s", scene->last);
}

Test(storage_watch, looks_at_the_folders_that_it_is_told_and_when_they_change)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    char *folders[] = {scene.folder};
    CLEANUP_FREE char *asked = text_format("{\"asked\":\"storage %s\"}", scene.folder);
    cr_assert_eq(watch_storage_set_folders(scene.watch, folders, 1), 0);
    expect_look(&scene, asked);
    cr_assert_eq(chmod(scene.folder, 0700), 0);
    expect_look(&scene, asked);
    cr_assert_eq(watch_storage.snapshot(scene.watch), 0);
    expect_look(&scene, asked);
    cr_assert_eq(watch_storage_set_folders(scene.watch, NULL, 0), 0);
    expect_look(&scene, "{\"asked\":\"storage\"}");
}

Test(storage_watch, says_why_nothing_can_be_said)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, true);
    put_health(&scene, "#!/bin/sh\nexit 4\n");
    cr_assert_eq(watch_storage.snapshot(scene.watch), 0);
    expect_look(&scene, "it ended with 4");
    put_health(&scene, "#!/bin/sh\necho nonsense\n");
    cr_assert_eq(watch_storage.snapshot(scene.watch), 0);
    expect_look(&scene, "one JSON object");
}

Test(storage_watch, that_is_not_live_does_nothing)
{
    CLEANUP(scene_free) struct scene scene;
    scene_new(&scene, false);
    char *folders[] = {scene.folder};
    cr_expect_eq(watch_storage_set_folders(scene.watch, folders, 1), 0);
    cr_expect_eq(watch_storage.snapshot(scene.watch), 0);
    cr_expect_eq(sd_event_run(scene.event, 500 * 1000), 0);
    cr_expect_eq(scene.facts, 0);
}
