// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "boot": the boot loader's menu.
#include "base/text.h"
#include "watch/posture/grub-config.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>

static const char *const folders[] = {"/boot/grub", "/boot/grub2"};
static const char *const loaders[] = {"/boot/efi/loader/loader.conf", "/boot/loader/loader.conf",
                                      "/efi/loader/loader.conf"};

static void add(struct sight *sight, const struct grub_config *config, const char *path)
{
    json_add_text(sight->topic, "loader", "grub");
    sight_add_text(sight->topic, "superusers", config->superusers);
    sight_add_text(sight->topic, "hashed", config->hashed);
    json_add_bool(sight->topic, "plain_password", config->has_plain);
    json_add_number(sight->topic, "entries", config->entries);
    json_add_number(sight->topic, "unrestricted", config->unrestricted);
    json_add_number(sight->topic, "recovery", config->recovery);
    json_add_number(sight->topic, "open_recovery", config->open_recovery);
    if (config->is_odd)
        sight_note(sight, path, -E2BIG);
}

// A menu that is there and can't be read is the one that counts, too.
static bool look_at_menu(struct sight *sight, const char *folder)
{
    CLEANUP_FREE char *path = text_format("%s/grub.cfg", folder);
    CLEANUP_FREE char *custom = text_format("%s/custom.cfg", folder);
    CLEANUP_FREE char *text = NULL, *more = NULL;
    struct grub_config config = {0};
    if (!path || !custom) {
        sight->r = -ENOMEM;
        return true;
    }
    int r = sight_read(sight, path, &text);
    if (r < 0)
        return r != -ENOENT;
    grub_config_parse(text, &config);
    if (sight_read(sight, custom, &more) == 0)
        grub_config_parse(more, &config);
    add(sight, &config, path);
    return true;
}

// systemd-boot: "editor no", between a key and its value only space.
static bool look_at_loader(struct sight *sight, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    char line[WORDS_LINE_SIZE], word[WORDS_SIZE];
    bool cut = false, editor = true;
    int r = sight_read(sight, path, &text);
    if (r < 0)
        return r != -ENOENT;
    for (const char *rest = text; words_line(&rest, false, line, &cut);) {
        const char *p = line;
        if (!words_next(&p, word) || !text_equal(word, "editor") || !words_next(&p, word))
            continue;
        editor = !text_equal(word, "no") && !text_equal(word, "false") && !text_equal(word, "0");
    }
    json_add_text(sight->topic, "loader", "systemd-boot");
    json_add_bool(sight->topic, "editor", editor);
    return true;
}

// "loader": "grub" or "systemd-boot"; "superusers", "hashed": who has a hashed password,
// "plain_password", "entries", "unrestricted", "recovery", "open_recovery": numbers of menu
// entries; "editor".
void posture_look_at_grub(struct sight *sight)
{
    for (size_t i = 0; i < ELEMENTS(folders); i++)
        if (look_at_menu(sight, folders[i]))
            return;
    for (size_t i = 0; i < ELEMENTS(loaders); i++)
        if (look_at_loader(sight, loaders[i]))
            return;
    sight_note(sight, "/boot/grub/grub.cfg", -ENOENT);
}
