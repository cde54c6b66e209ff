// SPDX-License-Identifier: GPL-3.0-or-later
// One look at one place.
#include "watch/storage/place.h"

#include "watch/storage/chain.h"

#include <errno.h>

int storage_place_look(int root, const char *path, json_object **ret)
{
    CLEANUP(survey_end) struct survey survey = {0};
    CLEANUP_JSON json_object *list = json_object_new_array();
    int r = list ? survey_begin(root, &survey) : -ENOMEM;
    if (r < 0)
        return r;
    chain_add_place(&survey, list, path, 0);
    *ret = TAKE_PTR(list);
    return 0;
}
