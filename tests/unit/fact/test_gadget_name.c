// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/gadget_name.h"

#include <criterion/criterion.h>

Test(gadget_name, is_what_the_kernel_writes_and_nothing_else)
{
    static const char *const wrong[] = {
        "",     "gadget", "gadget.", "gadget.-1", "gadget.0/", "gadget..0", "gadget.123456789012",
        "udc.0"};
    cr_expect(gadget_name_is_valid("gadget.0"));
    cr_expect(gadget_name_is_valid("gadget.12"));
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect_not(gadget_name_is_valid(wrong[i]), "%s", wrong[i]);
}
