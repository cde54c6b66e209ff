// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mountinfo.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

static void parse(const char *text, struct mountinfo *ret)
{
    cr_assert_eq(mountinfo_parse(text_dup(text), ret), 0);
}

static void expect_at(const struct mountinfo *info, const char *path, uint64_t id)
{
    const struct mountinfo_line *line = mountinfo_find(info, path);
    cr_expect_eq(line ? line->id : 0, id, "%s: %d", path, line ? (int)line->id : 0);
}

Test(mountinfo, a_line_is_cut_into_its_fields)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("36 35 98:1 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=x\n",
          &info);
    cr_assert_eq(info.n, 1);
    const struct mountinfo_line *line = &info.items[0];
    cr_expect_eq(line->id, 36);
    cr_expect_eq(line->parent, 35);
    cr_expect_eq(line->number, makedev(98, 1));
    cr_expect_str_eq(line->root, "/mnt1");
    cr_expect_str_eq(line->point, "/mnt2");
    cr_expect_str_eq(line->type, "ext3");
    cr_expect_str_eq(line->source, "/dev/root");
    cr_expect(mountinfo_has_option(line->options, "noatime"));
    cr_expect_not(mountinfo_has_option(line->options, "atime"));
    cr_expect(mountinfo_has_option(line->super_options, "rw"));
}

Test(mountinfo, names_are_as_they_are)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("1 0 8:1 /a\\040b /c\\011d\\012e\\134f\\04g rw - fuse.x cipher\\040s rw\n", &info);
    cr_expect_str_eq(info.items[0].root, "/a b");
    cr_expect_str_eq(info.items[0].point, "/c\td\ne\\f\\04g");
    cr_expect_str_eq(info.items[0].source, "cipher s");
}

Test(mountinfo, what_the_kernel_would_not_write_is_refused)
{
    static const char *const lines[] = {
        "x",
        "1",
        "1 0 8:1 / /a rw",
        "1 0 8:1 / /a rw - ext4 /dev/sda1",
        "1 0 8:1 / /a rw ext4 /dev/sda1 rw",
        "x 0 8:1 / /a rw - ext4 /dev/sda1 rw",
        "1 x 8:1 / /a rw - ext4 /dev/sda1 rw",
        "1 0 8 / /a rw - ext4 /dev/sda1 rw",
        "1 0 8:-1 / /a rw - ext4 /dev/sda1 rw",
        "1 0 4294967296:1 / /a rw - ext4 /dev/sda1 rw",
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        struct mountinfo info = {0};
        cr_expect_eq(mountinfo_parse(text_dup(lines[i]), &info), -EBADMSG, "%s", lines[i]);
        cr_expect_null(info.items);
    }
}

Test(mountinfo, options_are_found_by_name_and_number)
{
    static const char options[] = "rw,lowerdir=/a\\054b,xlowerdir=/no,lowerdir=/c,upperdir=";
    CLEANUP_FREE char *first = NULL, *second = NULL, *empty = NULL, *none = NULL;
    cr_assert_eq(mountinfo_option(options, "lowerdir", 0, &first), 0);
    cr_assert_eq(mountinfo_option(options, "lowerdir", 1, &second), 0);
    cr_assert_eq(mountinfo_option(options, "upperdir", 0, &empty), 0);
    cr_expect_str_eq(first, "/a,b");
    cr_expect_str_eq(second, "/c");
    cr_expect_str_eq(empty, "");
    cr_expect_eq(mountinfo_option(options, "lowerdir", 2, &none), -ENOENT);
    cr_expect_eq(mountinfo_option(options, "lower", 0, &none), -ENOENT);
    cr_expect_null(none);
}

Test(mountinfo, a_path_lies_on_the_mount_that_the_kernel_comes_to)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
          "22 21 8:2 / /srv rw - ext4 /dev/sda2 rw\n"
          "23 22 8:3 / /srv/a rw - ext4 /dev/sda3 rw\n",
          &info);
    expect_at(&info, "/", 21);
    expect_at(&info, "/srvs/a", 21);
    expect_at(&info, "/srv", 22);
    expect_at(&info, "/srv/b/c", 22);
    expect_at(&info, "/srv/a", 23);
    expect_at(&info, "/srv/a/b/c", 23);
    expect_at(&info, "srv", 0);
}

Test(mountinfo, of_several_at_one_point_the_topmost_counts)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("24 23 8:4 / /srv rw - ext4 /dev/sda4 rw\n" // in any order
          "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
          "22 21 8:2 / / rw - ext4 /dev/sda2 rw\n"
          "23 22 8:3 / /srv rw - ext4 /dev/sda3 rw\n",
          &info);
    expect_at(&info, "/", 22);
    expect_at(&info, "/srv/a", 24);
}

Test(mountinfo, what_another_mount_hides_is_not_found)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
          "22 21 8:2 / /srv/a rw - ext4 /dev/sda2 rw\n" // mounted before …
          "23 21 8:3 / /srv rw - ext4 /dev/sda3 rw\n",  // … this, which lies over it
          &info);
    expect_at(&info, "/srv/a", 23);
}

Test(mountinfo, a_table_in_a_circle_comes_to_an_end)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    parse("1 9 8:1 / / rw - ext4 a rw\n"
          "2 1 8:1 / /srv rw - ext4 a rw\n"
          "3 2 8:1 / /srv rw - ext4 a rw\n"
          "2 3 8:1 / /srv rw - ext4 a rw\n"
          "5 5 8:1 / /srv rw - ext4 a rw\n",
          &info);
    cr_expect_not_null(mountinfo_find(&info, "/srv/x"));
}

Test(mountinfo, without_a_root_nothing_is_told)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0}, none = {0};
    parse("2 1 8:1 / /srv rw - ext4 a rw\n", &info);
    parse("", &none);
    expect_at(&info, "/srv", 0);
    expect_at(&none, "/", 0);
}

Test(mountinfo, inside_is_below)
{
    cr_expect(mountinfo_is_inside("/srv/a", "/srv"));
    cr_expect(mountinfo_is_inside("/srv", "/"));
    cr_expect_not(mountinfo_is_inside("/srv", "/srv"));
    cr_expect_not(mountinfo_is_inside("/srvs", "/srv"));
    cr_expect_not(mountinfo_is_inside("/", "/"));
}
