// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a restated register out of the row that states it.
#include "report/stated.h"

#include "base/text.h"

size_t stated_entries(json_object *details, const char *name, json_object **ret)
{
    *ret = json_get(details, "entries");
    return text_equal(json_get_text(details, "register"), name) &&
                   json_object_is_type(*ret, json_type_array)
               ? json_object_array_length(*ret)
               : 0;
}
