// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves with what it lies on, and what stays on this PC's own disks.
#include "report/export-ground.h"

#include <criterion/criterion.h>
#include <string.h>

#define PLACE(below) "[{\"layer\":\"folder\",\"path\":\"/x\",\"on\":[" below "]}]"
#define MOUNT(below)                                                                               \
    "{\"layer\":\"mount\",\"type\":\"ext4\",\"source\":\"/dev/sdb1\",\"point\":\"/media/x\","      \
    "\"on\":[" below "]}"
#define BLOCK(more, below) "{\"layer\":\"block\",\"name\":\"sdb1\"" more ",\"on\":[" below "]}"
#define DISK(name, more) "{\"layer\":\"disk\",\"name\":\"" name "\"" more "}"
#define USB ",\"bus\":\"usb\",\"model\":\"DataTraveler\""
#define LUKS ",\"uuid\":\"CRYPT-LUKS2-1\""
#define OWN PLACE(MOUNT(BLOCK("", DISK("sda", ",\"bus\":\"ata\""))))

static void expect(const char *json, const char *own, const char *medium, bool encrypted)
{
    CLEANUP_JSON json_object *layers = json_parse(json, strlen(json), json_type_array);
    CLEANUP_JSON json_object *root = json_parse(own, strlen(own), json_type_array);
    struct export_ground ground = {0};
    cr_assert(layers && root, "%s", json);
    cr_assert_eq(export_ground_judge(layers, root, &ground), 0);
    cr_expect_eq(ground.leaves, medium != NULL, "%s", json);
    if (medium)
        cr_expect_str_eq(ground.medium, medium);
    else
        cr_expect_null(ground.medium);
    cr_expect_eq(ground.encrypted, encrypted, "%s", json);
    export_ground_clear(&ground);
}

Test(export_ground, what_is_on_usb_leaves_and_is_named_as_people_know_it)
{
    expect(PLACE(MOUNT(BLOCK("", DISK("sdb", USB)))), OWN, "DataTraveler (sdb), /media/x", false);
    expect(PLACE(MOUNT(DISK("sdb", ",\"bus\":\"usb\""))), OWN, "sdb, /media/x", false);
    expect(PLACE(MOUNT(BLOCK(LUKS, BLOCK("", DISK("sdb", USB))))), OWN,
           "DataTraveler (sdb), /media/x", true);
}

Test(export_ground, a_card_leaves_and_what_is_soldered_in_does_not)
{
    expect(PLACE(MOUNT(DISK("mmcblk1", ",\"bus\":\"mmc\",\"card\":\"SD\""))), OWN,
           "mmcblk1, /media/x", false);
    expect(PLACE(MOUNT(DISK("mmcblk0", ",\"bus\":\"mmc\",\"card\":\"MMC\""))), OWN, NULL, false);
}

Test(export_ground, the_pcs_own_disks_stay_also_on_usb)
{
    expect(OWN, OWN, NULL, false);
    expect(PLACE(MOUNT(DISK("nvme0n1", ",\"bus\":\"nvme\""))), OWN, NULL, false);
    expect(PLACE(MOUNT("{\"layer\":\"swappable\"}")), OWN, NULL, false);
    expect(PLACE(MOUNT(BLOCK("", DISK("sdb", USB)))), PLACE(MOUNT(DISK("sdb", USB))), NULL, false);
}

Test(export_ground, of_several_disks_one_that_leaves_is_enough)
{
    expect(PLACE(MOUNT(DISK("sda", ",\"bus\":\"ata\"") "," DISK("sdb", USB))), OWN,
           "DataTraveler (sdb), /media/x", false);
}

Test(export_ground, what_is_elsewhere_or_cannot_be_told_leaves)
{
    expect(PLACE("{\"layer\":\"mount\",\"type\":\"nfs4\",\"source\":\"nas:/share\",\"point\":"
                 "\"/mnt\",\"on\":[{\"layer\":\"remote\"}]}"),
           OWN, "nas:/share, /mnt", false);
    expect(PLACE(MOUNT("{\"layer\":\"unknown\",\"error\":\"type\"}")), OWN, "/dev/sdb1, /media/x",
           false);
    expect("[{\"layer\":\"folder\",\"path\":\"/x\",\"error\":\"ENODEV\"}]", OWN, "?, ?", false);
}
