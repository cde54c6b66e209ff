// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/watch.h"

#include "tree.h"

#include "fact/medium.h"

#include <criterion/criterion.h>
#include <errno.h>

#define FACTS_MAX 32

struct notes {
    struct fact *facts[FACTS_MAX];
    size_t n;
};

static void on_put(void *context, struct fact *fact)
{
    struct notes *notes = context;
    cr_assert_lt(notes->n, (size_t)FACTS_MAX);
    notes->facts[notes->n++] = fact;
}

static void notes_clear(struct notes *notes)
{
    while (notes->n > 0)
        fact_free(notes->facts[--notes->n]);
}

static size_t notes_count(const struct notes *notes, enum fact_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < notes->n; i++)
        n += notes->facts[i]->kind == kind;
    return n;
}

static const struct fact *notes_first(const struct notes *notes, enum fact_kind kind)
{
    for (size_t i = 0; i < notes->n; i++)
        if (notes->facts[i]->kind == kind)
            return notes->facts[i];
    return NULL;
}

struct post {
    struct world world;
    struct notes notes;
    int proc;
    void *state;
};

static void post_open(struct post *post)
{
    *post = (struct post){0};
    tree_new(&post->world);
    world_folder(post->world.root, "proc/self");
    world_set(post->world.root, "proc/self", "mountinfo",
              "40 22 8:1 / /media/x rw - vfat /dev/sda1 rw\n");
    post->proc = openat(post->world.root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct watch_context context = {
        .sink = {on_put, &post->notes},
        .sys = post->world.sys,
        .proc = post->proc,
        .run = post->world.root,
        .dev = post->world.root,
    };
    cr_assert_eq(watch_medium.start(&context, &post->state), 0);
}

static void post_close(struct post *post)
{
    watch_medium.stop(post->state);
    notes_clear(&post->notes);
    close(post->proc);
    world_free(&post->world);
}

Test(watch_medium, a_snapshot_tells_disks_and_mounts_once)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(watch_medium.snapshot(post.state), 0);
        cr_assert_eq(post.notes.n, 2);
        const struct medium *m = notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium;
        cr_expect_str_eq(m->node, "/dev/sda");
        cr_expect_str_eq(m->usb, "1-2");
        cr_expect_eq(m->sequence, 9);
        cr_expect_eq(m->size, UINT64_C(131072) * 512);
        cr_expect_eq(m->content, MEDIUM_UNCHECKED);
        const struct mount *mount = notes_first(&post.notes, FACT_SEEN_MOUNT)->mount;
        cr_expect_str_eq(mount->point, "/media/x");
        cr_expect_eq(mount->again, round > 0);
        notes_clear(&post.notes);
    }
}

Test(watch_medium, a_card_that_was_swapped_is_another_medium)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    notes_clear(&post.notes);
    world_set(post.world.sys, TREE_DISK, "diskseq", "10\n");
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_assert_eq(notes_count(&post.notes, FACT_SEEN_MEDIUM_GONE), 1);
    cr_assert_eq(notes_count(&post.notes, FACT_SEEN_MEDIUM), 1);
    cr_expect_eq(notes_first(&post.notes, FACT_SEEN_MEDIUM_GONE)->medium->sequence, 9);
    cr_expect_eq(notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium->sequence, 10);
}

Test(watch_medium, a_disk_that_went_unnoticed_is_told_as_gone)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    notes_clear(&post.notes);
    cr_assert_eq(unlinkat(post.world.sys, "block/sda", 0), 0);
    cr_assert_eq(unlinkat(post.world.sys, "class/block/sda", 0), 0);
    world_set(post.world.root, "proc/self", "mountinfo", "");
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_assert_eq(post.notes.n, 2);
    cr_expect_not_null(notes_first(&post.notes, FACT_SEEN_MEDIUM_GONE));
    cr_expect(notes_first(&post.notes, FACT_SEEN_MOUNT)->mount->gone);
}

Test(watch_medium, a_slot_without_a_card_is_empty)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    world_set(post.world.sys, TREE_DISK, "size", "0\n");
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_expect_eq(notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium->content, MEDIUM_EMPTY);
}

Test(watch_medium, write_protection_is_told_when_it_changes)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_expect_not(notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium->read_only);
    notes_clear(&post.notes);
    world_set(post.world.sys, TREE_DISK, "ro", "1\n");
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_assert_eq(notes_count(&post.notes, FACT_SEEN_MEDIUM), 1);
    cr_expect(notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium->read_only);
}

Test(watch_medium, without_a_kernel_to_watch_nothing_is_examined)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_expect_eq(watch_medium_examine(post.state, "sda"), -EOPNOTSUPP);
}

Test(watch_medium, what_is_forgotten_is_unchecked_again)
{
    CLEANUP(post_close) struct post post;
    post_open(&post);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    notes_clear(&post.notes);
    watch_medium_forget(post.state);
    cr_assert_eq(watch_medium.snapshot(post.state), 0);
    cr_expect_eq(notes_first(&post.notes, FACT_SEEN_MEDIUM)->medium->content, MEDIUM_UNCHECKED);
    cr_expect_eq(notes_count(&post.notes, FACT_SEEN_MEDIUM_GONE), 0);
}
