// SPDX-License-Identifier: GPL-3.0-or-later
// What the layers below a file allow to claim of its erasing.
#include "report/erase-ground.h"

#include <criterion/criterion.h>
#include <string.h>

#define PLACE(below) "[{\"layer\":\"folder\",\"path\":\"/x\",\"on\":[" below "]}]"
#define MOUNT(type, more, below)                                                                   \
    "{\"layer\":\"mount\",\"type\":\"" type "\",\"point\":\"/x\"" more ",\"on\":[" below "]}"
#define BLOCK(name, more, below)                                                                   \
    "{\"layer\":\"block\",\"name\":\"" name "\"" more ",\"on\":[" below "]}"
#define DISK(bus, rotational, model)                                                               \
    "{\"layer\":\"disk\",\"name\":\"sda\",\"bus\":\"" bus "\",\"rotational\":\"" rotational        \
    "\",\"model\":\"" model "\"}"
#define MAGNETIC DISK("ata", "1", "WDC WD10EZEX")
#define LUKS ",\"uuid\":\"CRYPT-LUKS2-1\""
#define LVM ",\"uuid\":\"LVM-1\""

static struct erase_ground judge(const char *json)
{
    CLEANUP_JSON json_object *layers = json_parse(json, strlen(json), json_type_array);
    struct erase_ground ground = {0};
    cr_assert(layers, "%s", json);
    cr_assert_eq(erase_ground_judge(layers, &ground), 0);
    free(TAKE_PTR(ground.way));
    return ground;
}

static void expect(const char *json, bool in_place, bool encrypted, bool magnetic)
{
    struct erase_ground ground = judge(json);
    cr_expect_eq(ground.in_place, in_place, "in place: %s", json);
    cr_expect_eq(ground.encrypted, encrypted, "encrypted: %s", json);
    cr_expect_eq(ground.magnetic, magnetic, "magnetic: %s", json);
}

Test(erase_ground, plain_ext4_on_a_magnetic_disk_is_the_best_there_is)
{
    expect(PLACE(MOUNT("ext4", "", BLOCK("sda1", "", MAGNETIC))), true, false, true);
    expect(PLACE(MOUNT("xfs", "", MAGNETIC)), true, false, true);
}

Test(erase_ground, a_disk_that_is_not_surely_magnetic_is_none)
{
    expect(PLACE(MOUNT("ext4", "", DISK("ata", "0", "SSD"))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", DISK("usb", "1", "Stick"))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", DISK("virtio", "1", "x"))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", DISK("nvme", "1", "x"))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", DISK("ata", "1", "QEMU HARDDISK"))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", "{\"layer\":\"disk\",\"name\":\"sda\"}")), true, false, false);
}

Test(erase_ground, a_journal_that_holds_content_or_may_hold_it_spoils_the_claim)
{
    expect(PLACE(MOUNT("ext4", ",\"data\":\"journal\"", MAGNETIC)), true, false, false);
    expect(PLACE(MOUNT("ext4", ",\"data\":\"unknown\"", MAGNETIC)), true, false, false);
}

Test(erase_ground, a_file_system_that_writes_elsewhere_is_not_in_place)
{
    static const char *const types[] = {"btrfs", "overlay", "f2fs", "zfs", "nfs4", "fuse.x"};
    for (size_t i = 0; i < ELEMENTS(types); i++) {
        char json[512];
        (void)snprintf(json, sizeof json, PLACE(MOUNT("%s", "", MAGNETIC)), types[i]);
        cr_expect_not(judge(json).in_place, "%s", types[i]);
    }
}

Test(erase_ground, a_file_in_a_file_is_as_good_as_the_worse_of_both)
{
    expect(PLACE(MOUNT("ext4", "",
                       BLOCK("loop0", "",
                             "{\"layer\":\"folder\",\"path\":\"/y\",\"on\":[" MOUNT(
                                 "btrfs", "", MAGNETIC) "]}"))),
           false, false, true);
}

Test(erase_ground, luks_is_encrypted_and_still_written_in_place)
{
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", LUKS, MAGNETIC))), true, true, true);
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", LUKS, DISK("nvme", "0", "x")))), true, true,
           false);
}

Test(erase_ground, one_plain_leg_of_two_is_not_encrypted)
{
    expect(PLACE(MOUNT(
               "ext4", "",
               BLOCK("md0", ",\"level\":\"raid1\"", BLOCK("dm-0", LUKS, MAGNETIC) "," MAGNETIC))),
           true, false, true);
}

Test(erase_ground, what_keeps_copies_below_spoils_the_claim)
{
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", LVM, MAGNETIC))), true, false, true);
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", LVM, BLOCK("dm-1", LVM, MAGNETIC)))), true, false,
           false);
    expect(PLACE(MOUNT("ext4", "", BLOCK("md0", ",\"level\":\"raid5\"", MAGNETIC))), true, false,
           false);
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", "", MAGNETIC))), true, false, false);
    expect(PLACE(MOUNT("ext4", "", BLOCK("dm-0", ",\"uuid\":\"CRYPT-INTEGRITY-1\"", MAGNETIC))),
           true, false, false);
}

Test(erase_ground, memory_is_neither_encrypted_nor_a_disk)
{
    expect(PLACE(MOUNT("tmpfs", "", "{\"layer\":\"memory\"}")), true, false, false);
    expect(PLACE(MOUNT("tmpfs", "", "{\"layer\":\"swappable\"}")), true, false, false);
}

Test(erase_ground, what_nobody_can_tell_is_nothing)
{
    expect("[]", false, false, false);
    expect("[{}]", false, false, false);
    expect("[{\"layer\":\"folder\",\"error\":\"EACCES\"}]", false, false, false);
    expect(PLACE("{\"layer\":\"unknown\",\"error\":\"type\"}"), false, false, false);
    expect(PLACE(MOUNT("ext4", "", "")), false, false, false);
}
