// SPDX-License-Identifier: GPL-3.0-or-later
// Goes down the layers: the content is encrypted if on every way down there is encryption, or no
// disk.
#include "report/storage-check-parts.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX 32

struct walk {
    json_object *trail[DEPTH_MAX]; // from the top to where it is; borrowed
    size_t n;
    const struct chain *swap;
    bool doubtful; // something above may encrypt, and nobody can tell
    bool any;      // some way down came to an end
    struct chain chain;
    int r; // −ENOMEM as soon as that happened
};

void chain_clear(struct chain *chain)
{
    free(chain->leg);
    *chain = (struct chain){0};
}

// ---- Words for a way down ----------------------------------------------------------------------

static const char *text_or(json_object *layer, const char *key, const char *other)
{
    const char *text = json_get_text(layer, key);
    return text ? text : other;
}

// "LUKS2" of "CRYPT-LUKS2-…".
static void describe_block(FILE *out, json_object *layer)
{
    const char *uuid = text_or(layer, "uuid", ""), *level = json_get_text(layer, "level");
    (void)fputs(text_or(layer, "name", "?"), out);
    if (strncmp(uuid, "CRYPT-", 6) == 0)
        fprintf(out, " (%.*s)", (int)strcspn(uuid + 6, "-"), uuid + 6);
    else if (level)
        fprintf(out, " (%s)", level);
    if (json_get(layer, "error"))
        fprintf(out, " (%s)", text_or(layer, "error", "?"));
}

static void describe_layer(FILE *out, json_object *layer)
{
    const char *kind = text_or(layer, "layer", "?");
    if (strcmp(kind, "mount") == 0)
        fprintf(out, "%s %s", text_or(layer, "type", "?"), text_or(layer, "point", "?"));
    else if (strcmp(kind, "folder") == 0)
        fprintf(out, "%s%s", text_or(layer, "path", "?"),
                json_get(layer, "fscrypt") ? " (fscrypt)" : "");
    else if (json_get(layer, "name"))
        describe_block(out, layer);
    else
        (void)fputs(kind, out);
    if (strcmp(kind, "folder") == 0 && json_get(layer, "error"))
        fprintf(out, " (%s)", text_or(layer, "error", "?"));
}

static char *describe(const struct walk *walk)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (size_t i = 0; i < walk->n; i++) {
        if (i > 0)
            (void)fputs(" → ", out);
        describe_layer(out, walk->trail[i]);
    }
    if (walk->swap && walk->swap->leg && walk->n > 0 &&
        text_equal(json_get_text(walk->trail[walk->n - 1], "layer"), "swappable"))
        fprintf(out, " → %s", walk->swap->leg);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

// ---- The way down ------------------------------------------------------------------------------

// This way ends here; the worst is kept.
static void note(struct walk *walk, enum chain_state state)
{
    if (state == CHAIN_PLAIN && walk->doubtful)
        state = CHAIN_UNKNOWN;
    if (walk->any && state <= walk->chain.state)
        return;
    walk->any = true;
    char *leg = describe(walk);
    if (!leg) {
        walk->r = -ENOMEM;
        return;
    }
    free(walk->chain.leg);
    walk->chain = (struct chain){state, leg};
}

static void walk_list(struct walk *walk, json_object *list);

// cryptsetup says so in front of device-mapper's UUID; its CRYPT-VERITY and -INTEGRITY do not
// encrypt.
static bool is_crypt(json_object *layer)
{
    static const char *const prefixes[] = {"CRYPT-LUKS1-",  "CRYPT-LUKS2-", "CRYPT-PLAIN-",
                                           "CRYPT-TCRYPT-", "CRYPT-BITLK-", "CRYPT-FVAULT2-"};
    const char *uuid = text_or(layer, "uuid", "");
    for (size_t i = 0; i < ELEMENTS(prefixes); i++)
        if (strncmp(uuid, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

// While LUKS2 encrypts or decrypts in place, a part is plain; cryptsetup names its helpers so.
static bool is_in_change(json_object *layer)
{
    json_object *on = json_get(layer, "on");
    size_t n = json_object_is_type(on, json_type_array) ? json_object_array_length(on) : 0;
    for (size_t i = 0; i < n; i++) {
        const char *mapping = text_or(json_object_array_get_idx(on, i), "mapping", "");
        if (strstr(mapping, "-hotzone-") || strstr(mapping, "-overlay-"))
            return true;
    }
    return false;
}

static void walk_block(struct walk *walk, json_object *layer)
{
    if (is_crypt(layer))
        note(walk, is_in_change(layer) ? CHAIN_UNKNOWN : CHAIN_ENCRYPTED);
    else
        walk_list(walk, json_get(layer, "on"));
}

static void walk_doubtfully(struct walk *walk, json_object *layer)
{
    bool before = walk->doubtful;
    walk->doubtful = true;
    walk_list(walk, json_get(layer, "on"));
    walk->doubtful = before;
}

// FUSE may call itself what it likes, so that the mark in its cipher folder is wanted, too.
static void walk_mount(struct walk *walk, json_object *layer)
{
    const char *type = text_or(layer, "type", "");
    bool named = text_equal(type, "fuse.gocryptfs") || text_equal(type, "fuse.cryfs") ||
                 text_equal(type, "fuse.encfs");
    if (text_equal(type, "ecryptfs") || (named && json_get_text(layer, "mark")))
        note(walk, CHAIN_ENCRYPTED);
    else if (named)
        walk_doubtfully(walk, layer);
    else
        walk_list(walk, json_get(layer, "on"));
}

static void walk_folder(struct walk *walk, json_object *layer)
{
    if (json_object_is_type(json_get(layer, "fscrypt"), json_type_object))
        note(walk, CHAIN_ENCRYPTED);
    else if (json_get(layer, "error"))
        note(walk, CHAIN_UNKNOWN);
    else if (json_get(layer, "fscrypt_error"))
        walk_doubtfully(walk, layer);
    else
        walk_list(walk, json_get(layer, "on"));
}

static void walk_layer(struct walk *walk, json_object *layer)
{
    const char *kind = text_or(layer, "layer", "");
    if (strcmp(kind, "folder") == 0)
        walk_folder(walk, layer);
    else if (strcmp(kind, "mount") == 0)
        walk_mount(walk, layer);
    else if (strcmp(kind, "block") == 0)
        walk_block(walk, layer);
    else if (strcmp(kind, "disk") == 0)
        note(walk, CHAIN_PLAIN);
    else if (strcmp(kind, "memory") == 0)
        note(walk, CHAIN_ENCRYPTED);
    else if (strcmp(kind, "swappable") == 0)
        note(walk, walk->swap ? walk->swap->state : CHAIN_UNKNOWN);
    else
        note(walk, CHAIN_UNKNOWN);
}

static void walk_list(struct walk *walk, json_object *list)
{
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n == 0 || walk->n == DEPTH_MAX)
        note(walk, CHAIN_UNKNOWN);
    for (size_t i = 0; i < n && walk->n < DEPTH_MAX && walk->r == 0; i++) {
        json_object *layer = json_object_array_get_idx(list, i);
        walk->trail[walk->n++] = layer;
        walk_layer(walk, layer);
        walk->n--;
    }
}

int chain_judge(json_object *layers, const struct chain *swap, struct chain *ret)
{
    struct walk walk = {.swap = swap};
    walk_list(&walk, layers);
    if (walk.r < 0) {
        chain_clear(&walk.chain);
        return walk.r;
    }
    *ret = walk.chain;
    return 0;
}

int chain_judge_swaps(json_object *facts, struct chain *ret)
{
    json_object *swaps = json_get(facts, "swaps");
    CLEANUP(chain_clear) struct chain worst = {.state = CHAIN_ENCRYPTED};
    bool known = json_object_is_type(swaps, json_type_array) && !json_get(facts, "swaps_error");
    if (!known)
        worst.state = CHAIN_UNKNOWN;
    for (size_t i = 0; known && i < json_object_array_length(swaps); i++) {
        struct chain chain = {0};
        json_object *swap = json_object_array_get_idx(swaps, i);
        int r = chain_judge(json_get(swap, "on"), NULL, &chain);
        if (r < 0)
            return r;
        if (worst.leg && chain.state <= worst.state) {
            chain_clear(&chain);
            continue;
        }
        chain_clear(&worst);
        worst = chain;
    }
    *ret = worst;
    worst = (struct chain){0};
    return 0;
}
