// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/spool.h"

#include "base/file.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int new_folder(void)
{
    char name[] = "/tmp/sekisho-test-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

static struct usb_interface interfaces[] = {{1, 0, 0, 8, 6, 0x50}, {1, 0, 1, 8, 6, 0x62}};
static struct usb_device device;
static struct spool_entry entry;

static void begin(void)
{
    device = (struct usb_device){
        .sysname = (char *)"1-2",
        .port = (char *)"pci-0000:00:04.0-usb-0:2",
        .serial = (char *)"A\\x0aB \"%n\" 日本",
        .bus = 1,
        .address = 9,
        .vendor = 0xFFFF,
        .product = 0x1666,
        .hash = {1, 2, 3},
        .interfaces = interfaces,
        .n_interfaces = 2,
    };
    entry = (struct spool_entry){
        .at = moment_now(),
        .device = &device,
        .verdict = (char *)"block",
        .reason = (char *)"no-approval",
        .rule = (char *)"none",
        .mode = (char *)"enforce",
        .error = EIO,
    };
}

struct seen {
    size_t n, damaged;
    int answer;
    char serial[64];
    char order[256];
};

static int see(void *context, const char *name, const struct spool_entry *e)
{
    struct seen *seen = context;
    cr_assert_not_null(name);
    if (seen->answer < 0)
        return seen->answer;
    if (!e) {
        seen->damaged++;
        return 0;
    }
    seen->n++;
    size_t length = strlen(seen->order);
    (void)snprintf(seen->order + length, sizeof seen->order - length, "%s", e->verdict);
    (void)snprintf(seen->serial, sizeof seen->serial, "%s", e->device->serial);
    return 0;
}

Test(spool, what_was_written_is_handed_over_once)
{
    CLEANUP_CLOSE int run = new_folder();
    struct seen seen = {0};
    uint64_t lost = 1;
    begin();
    cr_assert_eq(spool_write(run, &entry), 0);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(seen.n, 1);
    cr_expect_eq(lost, 0);
    cr_expect_str_eq(seen.serial, device.serial);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(seen.n, 1);
}

Test(spool, verdicts_come_in_the_order_of_time)
{
    CLEANUP_CLOSE int run = new_folder();
    struct seen seen = {0};
    uint64_t lost;
    begin();
    entry.at.monotonic_ns = 10000000000;
    entry.verdict = (char *)"b";
    cr_assert_eq(spool_write(run, &entry), 0);
    entry.at.monotonic_ns = 9000000000;
    entry.verdict = (char *)"a";
    cr_assert_eq(spool_write(run, &entry), 0);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_str_eq(seen.order, "ab");
}

Test(spool, what_could_not_be_recorded_stays)
{
    CLEANUP_CLOSE int run = new_folder();
    struct seen seen = {.answer = -EIO};
    uint64_t lost;
    begin();
    cr_assert_eq(spool_write(run, &entry), 0);
    cr_expect_eq(spool_take_all(run, see, &seen, &lost), -EIO);
    seen.answer = 0;
    cr_expect_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(seen.n, 1);
}

Test(spool, a_damaged_file_is_told_and_removed)
{
    CLEANUP_CLOSE int run = new_folder();
    CLEANUP_CLOSE int folder = -1;
    struct seen seen = {0};
    uint64_t lost;
    begin();
    cr_assert_eq(spool_write(run, &entry), 0);
    cr_assert_eq(file_open_dir_at(run, "spool", 0700, &folder), 0);
    cr_assert_eq(file_replace_at(folder, "00000000000000000001-1.json", 0600, "{}", 2), 0);
    cr_assert_eq(file_replace_at(folder, "notes.txt", 0600, "{}", 2), 0);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(seen.damaged, 1);
    cr_expect_eq(seen.n, 1);
    cr_expect_eq(faccessat(folder, "notes.txt", F_OK, 0), 0);
}

Test(spool, beyond_the_limit_verdicts_are_only_counted, .timeout = 120)
{
    CLEANUP_CLOSE int run = new_folder();
    CLEANUP_CLOSE int folder = -1;
    struct seen seen = {0};
    uint64_t lost = 0;
    begin();
    cr_assert_eq(file_open_dir_at(run, "spool", 0700, &folder), 0);
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%020d-1.json", i);
        CLEANUP_CLOSE int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        cr_assert_geq(fd, 0);
    }
    for (int i = 0; i < 3; i++)
        cr_assert_eq(spool_write(run, &entry), 1);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(lost, 3);
    cr_expect_eq(seen.damaged, SPOOL_FILES_MAX);
    cr_expect_eq(spool_write(run, &entry), 0);
    cr_assert_eq(spool_take_all(run, see, &seen, &lost), 0);
    cr_expect_eq(lost, 0);
}

Test(spool, an_entry_reads_back_as_it_was_written)
{
    CLEANUP(spool_entry_free_p) struct spool_entry *back = NULL;
    CLEANUP_FREE char *json = NULL;
    begin();
    device.malformed = "odd";
    cr_assert_eq(spool_entry_to_json(&entry, &json), 0);
    cr_assert_eq(spool_entry_from_json(json, strlen(json), &back), 0);
    cr_expect_eq(back->error, EIO);
    cr_expect_eq(back->at.wall_ns, entry.at.wall_ns);
    cr_expect_str_eq(back->at.boot, entry.at.boot);
    cr_expect_not_null(back->device->malformed);
    cr_expect_null(back->device->name);
    cr_expect_eq(back->device->interfaces[1].protocol, 0x62);
    cr_expect(usb_device_is_twin(back->device, &device));
}

Test(spool, every_changed_byte_is_seen_or_changes_only_a_value)
{
    CLEANUP_FREE char *json = NULL;
    begin();
    cr_assert_eq(spool_entry_to_json(&entry, &json), 0);
    size_t length = strlen(json);
    for (size_t i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            CLEANUP(spool_entry_free_p) struct spool_entry *back = NULL;
            CLEANUP_FREE char *again = NULL;
            json[i] = (char)(json[i] ^ 1 << bit);
            if (spool_entry_from_json(json, length, &back) == 0) {
                cr_assert_eq(spool_entry_to_json(back, &again), 0);
                cr_expect_str_eq(again, json);
            }
            json[i] = (char)(json[i] ^ 1 << bit);
        }
    }
    CLEANUP(spool_entry_free_p) struct spool_entry *short_one = NULL;
    cr_expect_eq(spool_entry_from_json(json, length - 1, &short_one), -EBADMSG);
}
