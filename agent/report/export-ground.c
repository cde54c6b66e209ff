// SPDX-License-Identifier: GPL-3.0-or-later
// Goes down the layers to what can be carried away.
#include "report/export-ground.h"

#include "base/text.h"
#include "report/storage-check-parts.h"

#include <errno.h>

#define DEPTH_MAX 32

struct walk {
    json_object *own, *mount; // the mount that the place is in
    json_object *found;       // the first layer that leaves; NULL: none does
    unsigned depth;
};

void export_ground_clear(struct export_ground *ground)
{
    free(ground->medium);
    *ground = (struct export_ground){0};
}

static bool has_disk(json_object *list, const char *name, unsigned depth)
{
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; name && depth < DEPTH_MAX && i < n; i++) {
        json_object *layer = json_object_array_get_idx(list, i);
        bool is_it = text_equal(json_get_text(layer, "layer"), "disk") &&
                     text_equal(json_get_text(layer, "name"), name);
        if (is_it || has_disk(json_get(layer, "on"), name, depth + 1))
            return true;
    }
    return false;
}

// A card is one that can be taken out; what is soldered in is "MMC".
static bool is_medium(const struct walk *walk, json_object *disk)
{
    const char *bus = json_get_text(disk, "bus");
    return !has_disk(walk->own, json_get_text(disk, "name"), 0) &&
           (text_equal(bus, "usb") ||
            (text_equal(bus, "mmc") && !text_equal(json_get_text(disk, "card"), "MMC")));
}

static bool leaves(const struct walk *walk, json_object *layer)
{
    const char *kind = json_get_text(layer, "layer");
    return text_equal(kind, "disk") ? is_medium(walk, layer)
                                    : text_equal(kind, "remote") || text_equal(kind, "unknown") ||
                                          json_get(layer, "error");
}

static void walk_list(struct walk *walk, json_object *list)
{
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    walk->depth++;
    for (size_t i = 0; !walk->found && walk->depth < DEPTH_MAX && i < n; i++) {
        json_object *layer = json_object_array_get_idx(list, i);
        if (!walk->mount && text_equal(json_get_text(layer, "layer"), "mount"))
            walk->mount = layer;
        if (leaves(walk, layer))
            walk->found = layer;
        else
            walk_list(walk, json_get(layer, "on"));
    }
    walk->depth--;
}

static char *name_it(const struct walk *walk)
{
    const char *model = json_get_text(walk->found, "model");
    const char *name = json_get_text(walk->found, "name");
    const char *source = json_get_text(walk->mount, "source");
    const char *point = json_get_text(walk->mount, "point");
    if (!point)
        point = "?";
    if (name)
        return text_format("%s%s%s%s, %s", model ? model : "", model ? " (" : "", name,
                           model ? ")" : "", point);
    return text_format("%s, %s", source ? source : "?", point);
}

int export_ground_judge(json_object *layers, json_object *own, struct export_ground *ret)
{
    struct walk walk = {.own = own};
    struct chain chain = {0};
    CLEANUP_FREE char *medium = NULL;
    walk_list(&walk, layers);
    if (walk.found && !(medium = name_it(&walk)))
        return -ENOMEM;
    int r = chain_judge(layers, NULL, &chain);
    if (r < 0)
        return r;
    *ret = (struct export_ground){.leaves = walk.found != NULL,
                                  .encrypted = chain.state == CHAIN_ENCRYPTED,
                                  .medium = TAKE_PTR(medium)};
    chain_clear(&chain);
    return 0;
}
