// SPDX-License-Identifier: GPL-3.0-or-later
// Reads "gadget.0" strictly.
#include "fact/gadget_name.h"

#include <string.h>

#define PREFIX "gadget."

bool gadget_name_is_valid(const char *text)
{
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return false;
    const char *number = text + strlen(PREFIX);
    size_t digits = strspn(number, "0123456789");
    return digits > 0 && digits < 10 && number[digits] == '\0';
}
