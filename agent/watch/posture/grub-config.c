// SPDX-License-Identifier: GPL-3.0-or-later
// Line by line, as grub-mkconfig writes them.
#include "watch/posture/grub-config.h"

#include "watch/posture/words.h"

#include <string.h>

// The kernel's words that end in a shell of root.
static bool is_recovery_word(const char *word)
{
    static const char *const words[] = {"single", "recovery", "emergency", "rescue",
                                        "s",      "S",        "1",         "-s"};
    static const char *const starts[] = {"init=",
                                         "rdinit=",
                                         "systemd.unit=rescue",
                                         "systemd.unit=emergency",
                                         "systemd.debug_shell",
                                         "systemd.debug-shell",
                                         "break",
                                         "rd.break"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (words_begin(word, starts[i]))
            return true;
    return false;
}

static bool is_recovery_line(const char *rest)
{
    char word[WORDS_SIZE];
    (void)words_next(&rest, word); // the kernel's file
    while (words_next(&rest, word))
        if (is_recovery_word(word))
            return true;
    return false;
}

static void take_set(const char *rest, struct grub_config *config)
{
    static const char name[] = "superusers=";
    char word[WORDS_SIZE];
    if (!words_next(&rest, word) || !words_begin(word, name))
        return;
    const char *value = word + sizeof name - 1;
    if (strlen(value) >= sizeof config->superusers)
        config->is_odd = true;
    else
        memcpy(config->superusers, value, strlen(value) + 1);
}

static void take_hash(const char *rest, struct grub_config *config)
{
    char user[WORDS_SIZE], hash[WORDS_SIZE];
    size_t length = strlen(config->hashed);
    if (!words_next(&rest, user) || !words_next(&rest, hash) || !words_begin(hash, "grub.pbkdf2."))
        return;
    if (length + strlen(user) + 2 > sizeof config->hashed) {
        config->is_odd = true;
        return;
    }
    memcpy(config->hashed + length, user, strlen(user));
    memcpy(config->hashed + length + strlen(user), " ", sizeof " ");
}

struct entry {
    bool is_open;    // a menu entry has begun
    bool restricted; // by itself; a submenu around it may ask, too
    bool is_recovery;
};

static void end_entry(struct grub_config *config, struct entry *entry)
{
    if (!entry->is_open)
        return;
    config->recovery += entry->is_recovery;
    config->open_recovery += entry->is_recovery && !entry->restricted;
    *entry = (struct entry){0};
}

static void begin_entry(const char *rest, struct grub_config *config, struct entry *entry)
{
    char word[WORDS_SIZE];
    end_entry(config, entry);
    *entry = (struct entry){.is_open = true, .restricted = true};
    while (words_next(&rest, word) && strcmp(word, "{") != 0)
        if (strcmp(word, "--unrestricted") == 0)
            entry->restricted = false;
    config->entries++;
    config->unrestricted += !entry->restricted;
}

static void take_line(const char *line, struct grub_config *config, struct entry *entry)
{
    char word[WORDS_SIZE];
    if (line[0] == '#' || !words_next(&line, word))
        return;
    if (strcmp(word, "set") == 0)
        take_set(line, config);
    else if (words_begin(word, "superusers="))
        take_set(word, config);
    else if (strcmp(word, "password_pbkdf2") == 0)
        take_hash(line, config);
    else if (strcmp(word, "password") == 0)
        config->has_plain = true;
    else if (strcmp(word, "menuentry") == 0)
        begin_entry(line, config, entry);
    else if (words_begin(word, "linux") && is_recovery_line(line))
        entry->is_recovery = true;
}

void grub_config_parse(const char *text, struct grub_config *config)
{
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    struct entry entry = {0};
    while (words_line(&text, true, line, &cut))
        take_line(line, config, &entry);
    end_entry(config, &entry);
    config->is_odd = config->is_odd || cut;
}
