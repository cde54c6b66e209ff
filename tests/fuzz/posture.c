// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the readers of configuration files, some of which any person may write. The first byte
// says which one.
#include "watch/posture/accounts.h"
#include "watch/posture/grub-config.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/sshd-config.h"
#include "watch/posture/sudoers.h"
#include "watch/posture/xfconf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t seen; // so that nothing is left out as unused

static void take_entry(void *context, const struct keyfile_entry *entry)
{
    (void)context;
    if (strlen(entry->section) >= KEYFILE_NAME_SIZE || entry->key[0] == '\0')
        abort();
    seen += strlen(entry->value);
}

static void take_property(void *context, const char *path, const char *value)
{
    (void)context;
    if (path[0] != '/' || strlen(path) >= XFCONF_PATH_SIZE)
        abort();
    seen += strlen(value);
}

static void read_sshd(const char *text)
{
    char line[WORDS_LINE_SIZE];
    struct sshd_line parsed;
    bool odd = false;
    while (words_line(&text, false, line, &odd))
        if (sshd_line_parse(line, &parsed, &odd))
            seen += strlen(parsed.keyword) + strlen(parsed.value);
}

static void read_sudoers(const char *text)
{
    char line[WORDS_LINE_SIZE];
    struct sudoers_line parsed;
    bool cut = false;
    while (words_line(&text, true, line, &cut)) {
        sudoers_parse(line, &parsed);
        // Whoever may do something has a name.
        if (parsed.kind == SUDOERS_RULE && parsed.who[0] == '\0')
            abort();
        seen += strlen(parsed.name);
    }
}

static void read_accounts(char *text)
{
    struct accounts accounts = {0};
    char *shadow = strchr(text, '\1');
    if (shadow)
        *shadow++ = '\0';
    if (accounts_parse(text, shadow, &accounts) < 0)
        return;
    for (size_t i = 0; i < accounts.n; i++)
        seen += account_is_person(&accounts.items[i]) +
                strlen(account_password_to_str(accounts.items[i].password));
    accounts_clear(&accounts);
}

static void read_text(char which, char *text)
{
    struct grub_config config = {0};
    switch (which) {
    case 'k':
        (void)keyfile_read(text, false, take_entry, NULL);
        return;
    case 'u':
        (void)keyfile_read(text, true, take_entry, NULL);
        return;
    case 'x':
        (void)xfconf_read(text, take_property, NULL);
        return;
    case 's':
        read_sshd(text);
        return;
    case 'r':
        read_sudoers(text);
        return;
    case 'a':
        read_accounts(text);
        return;
    case 'g':
        grub_config_parse(text, &config);
        if (config.open_recovery > config.recovery || config.recovery > config.entries)
            abort();
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    if (text)
        read_text((char)data[0], text);
    free(text);
    return 0;
}
