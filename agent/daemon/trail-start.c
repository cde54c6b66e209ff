// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the newest checkpoint; makes the key.
#include "daemon/trail-start.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/latest.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define KEYS "keys"
#define KEY_FILE "names.key"

static int make_key(int keys, uint8_t ret[TRAIL_KEY_SIZE])
{
    uint8_t key[TRAIL_KEY_SIZE];
    if (getrandom(key, sizeof key, 0) != sizeof key)
        return -EIO;
    int r = file_replace_at(keys, KEY_FILE, 0600, key, sizeof key);
    if (r == 0)
        memcpy(ret, key, sizeof key);
    explicit_bzero(key, sizeof key);
    return r;
}

int trail_start_key(int state, uint8_t ret[TRAIL_KEY_SIZE])
{
    CLEANUP_CLOSE int keys = -1;
    CLEANUP_FREE char *data = NULL;
    size_t length = 0;
    int r = file_open_dir_at(state, KEYS, 0700, &keys);
    if (r == 0)
        r = file_read_at(keys, KEY_FILE, TRAIL_KEY_SIZE, &data, &length);
    bool damaged = r == -EFBIG || (r == 0 && length != TRAIL_KEY_SIZE);
    if (r == -ENOENT || damaged) {
        r = make_key(keys, ret);
        return r < 0 ? r : damaged;
    }
    if (r < 0)
        return r;
    memcpy(ret, data, TRAIL_KEY_SIZE);
    explicit_bzero(data, length);
    return 0;
}

static int restore(struct trail *trail, const struct latest *row, struct audit_place **ret_place)
{
    CLEANUP_JSON json_object *checkpoint = NULL;
    int r = trail_checkpoint_parse(row->object, row->details, &checkpoint);
    return r < 0 ? r : trail_restore(trail, checkpoint, row->sequence, ret_place);
}

int trail_start_load(const char *state_path, const struct trail_settings *settings,
                     struct trail **ret_trail, struct audit_place **ret_place)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", state_path);
    CLEANUP(latest_clear) struct latest row = {0};
    CLEANUP(trail_free_p) struct trail *trail = NULL;
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    struct moment now = moment_now();
    int r = folder ? trail_new(settings, &trail) : -ENOMEM;
    if (r < 0)
        return r;
    int found = latest_find(folder, FACT_TRAIL_READ, &row);
    if (found == 0)
        found = restore(trail, &row, &place);
    if (found < 0 && found != -ENOENT && found != -EBADMSG)
        return found;
    trail_set_boot(trail, &now);
    *ret_trail = TAKE_PTR(trail);
    *ret_place = TAKE_PTR(place);
    return found == -EBADMSG;
}

void trail_folders_clear(struct trail_folders *folders)
{
    for (size_t i = 0; i < folders->n; i++) {
        free(folders->names[i]);
        free(folders->owners[i]);
    }
    free(folders->names);
    free(folders->owners);
    *folders = (struct trail_folders){0};
}

// Takes `name`.
static int add_folder(struct trail_folders *folders, char *name, const char *owner)
{
    char *copy = name ? text_dup(owner) : NULL;
    if (!copy) {
        free(name);
        return -ENOMEM;
    }
    folders->owners[folders->n] = copy;
    folders->names[folders->n++] = name;
    return 0;
}

int trail_folders_read(const struct policy *policy, struct trail_folders *ret)
{
    size_t most = policy->n_folders * 2 + 1;
    CLEANUP(trail_folders_clear)
    struct trail_folders folders = {.names = calloc(most, sizeof(char *)),
                                    .owners = calloc(most, sizeof(char *))};
    if (!folders.names || !folders.owners)
        return -ENOMEM;
    for (size_t i = 0; i < policy->n_folders; i++) {
        const char *folder = policy->folders[i];
        CLEANUP_FREE char *real = realpath(folder, NULL);
        int r = add_folder(&folders, text_dup(folder), folder);
        if (r == 0 && real && strcmp(real, folder) != 0)
            r = add_folder(&folders, TAKE_PTR(real), folder);
        if (r < 0)
            return r;
    }
    *ret = folders;
    folders = (struct trail_folders){0};
    return 0;
}
