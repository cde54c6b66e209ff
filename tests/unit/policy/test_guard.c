// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static int decode(const char *text, struct guard_modes *ret)
{
    return guard_modes_decode(text, strlen(text), ret);
}

Test(guard, every_guard_has_a_name_that_is_read_back)
{
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        enum guard back = GUARD_MAX;
        cr_assert_eq(guard_from_str(guard_to_str(g), &back), 0);
        cr_expect_eq(back, g);
    }
    enum guard none = GUARD_MAX;
    cr_expect_eq(guard_from_str("telepathy", &none), -EINVAL);
    cr_expect_eq(guard_from_str(NULL, &none), -EINVAL);
    cr_expect_eq(none, GUARD_MAX);
}

Test(guard, the_file_holds_a_line_a_guard)
{
    const struct guard_modes modes = {{[GUARD_USB] = MODE_ENFORCE, [GUARD_NETWORK] = MODE_OBSERVE}};
    CLEANUP_FREE char *text = NULL;
    cr_assert_eq(guard_modes_encode(&modes, &text), 0);
    cr_expect_str_eq(text, "usb enforce\nnetwork observe\n");
}

Test(guard, what_was_written_is_read_back)
{
    for (unsigned i = 0; i < 4; i++) {
        const struct guard_modes modes = {
            {i & 1 ? MODE_ENFORCE : MODE_OBSERVE, i & 2 ? MODE_ENFORCE : MODE_OBSERVE}};
        struct guard_modes back;
        CLEANUP_FREE char *text = NULL;
        cr_assert_eq(guard_modes_encode(&modes, &text), 0);
        cr_assert_eq(decode(text, &back), 0);
        cr_expect_eq(memcmp(&modes, &back, sizeof modes), 0);
    }
}

Test(guard, in_the_file_of_a_version_that_knew_usb_only_the_network_observes)
{
    const char *const texts[] = {"usb enforce\n", "usb enforce"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct guard_modes modes = {{MODE_MAX, MODE_MAX}};
        cr_assert_eq(decode(texts[i], &modes), 0);
        cr_expect_eq(modes.of[GUARD_USB], MODE_ENFORCE);
        cr_expect_eq(modes.of[GUARD_NETWORK], MODE_OBSERVE);
    }
}

Test(guard, anything_else_is_damage_and_nothing_is_told)
{
    const char *const texts[] = {
        "",
        "\n",
        "usb\n",
        "usb perhaps\n",
        "usb enforce \n",
        " usb enforce\n",
        "usb  enforce\n",
        "usb enforce\n\n",
        "usb enforce\r\n",
        "network observe\n", // no version wrote that
        "network observe\nusb enforce\n",
        "usb enforce\nusb enforce\n",
        "usb enforce\nnetwork observe\nnetwork enforce\n",
        "usb enforce\nnetwork observe\ntelepathy observe\n",
        "usb enforce\nnetwork observe\n\n",
        "usb enforce\nnetworks observe\n",
        "usb enforce network observe\n",
        "# usb enforce\n",
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct guard_modes modes = {{MODE_MAX, MODE_MAX}};
        cr_expect_eq(decode(texts[i], &modes), -EBADMSG, "%s", texts[i]);
        cr_expect_eq(modes.of[GUARD_USB], MODE_MAX);
    }
}

Test(guard, a_file_with_a_nul_or_over_the_limit_is_damage)
{
    static const char nul[] = "usb enforce\n\0network observe\n";
    char *large = calloc(1, GUARD_FILE_MAX + 2);
    struct guard_modes modes;
    cr_assert_not_null(large);
    memset(large, '\n', GUARD_FILE_MAX + 1);
    memcpy(large, "usb enforce", strlen("usb enforce"));
    cr_expect_eq(guard_modes_decode(nul, sizeof nul - 1, &modes), -EBADMSG);
    cr_expect_eq(guard_modes_decode(large, GUARD_FILE_MAX + 1, &modes), -EBADMSG);
    free(large);
}
