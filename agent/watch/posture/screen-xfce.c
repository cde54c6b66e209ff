// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "screen": the channels of Xfce that have to do with locking.
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/xfconf.h"

#include <errno.h>
#include <string.h>

static const char *const channels[] = {"xfce4-screensaver", "xfce4-power-manager"};
static const char *const properties[] = {
    "/saver/enabled",
    "/saver/idle-activation/enabled",
    "/saver/idle-activation/delay",
    "/lock/enabled",
    "/lock/saver-activation/enabled",
    "/lock/saver-activation/delay",
    "/xfce4-power-manager/blank-on-ac",
    "/xfce4-power-manager/presentation-mode",
};

static void take(void *context, const char *path, const char *value)
{
    for (size_t i = 0; i < ELEMENTS(properties); i++)
        if (text_equal(properties[i], path))
            sight_add_text(context, path, value);
}

// {property: value}, as far as it is set in FOLDER/xfce4/xfconf/xfce-perchannel-xml.
void posture_look_at_xfce(struct sight *sight, const char *folder, json_object *ret)
{
    for (size_t i = 0; i < ELEMENTS(channels); i++) {
        CLEANUP_FREE char *path =
            text_format("%s/xfce4/xfconf/xfce-perchannel-xml/%s.xml", folder, channels[i]);
        CLEANUP_FREE char *text = NULL;
        if (!path)
            sight->r = -ENOMEM;
        else if (sight_read(sight, path, &text) == 0 && !xfconf_read(text, take, ret))
            sight_note(sight, path, -EBADMSG);
    }
}
