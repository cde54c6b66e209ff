// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "ssh": who may come with a key.
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <string.h>

#define PATH_SIZE 1024

// What a line with a key has in it (sshd(8)); options may stand before.
static const char *const types[] = {"ssh-ed25519",      "ssh-rsa",         "ecdsa-sha2-",
                                    "ssh-dss",          "sk-ssh-ed25519@", "sk-ecdsa-sha2-",
                                    "ssh-ed25519-cert", "ssh-xmss@"};

static bool is_key(const char *line)
{
    char word[WORDS_SIZE];
    while (line[0] != '#' && words_next(&line, word))
        for (size_t i = 0; i < ELEMENTS(types); i++)
            if (words_begin(word, types[i]))
                return true;
    return false;
}

static size_t count_keys(const char *text, bool *ret_cut)
{
    char line[WORDS_LINE_SIZE];
    size_t n = 0;
    bool cut = false; // a key of RSA may be as long as it likes: its type stands before
    while (words_line(&text, false, line, &cut))
        n += is_key(line);
    *ret_cut = cut && n == 0;
    return n;
}

// "%h/.ssh/x", ".ssh/x", "/etc/ssh/keys/%u". False: it does not fit, or has another token.
static bool make_path(const char *pattern, const struct account *account, char ret[PATH_SIZE])
{
    size_t n = 0;
    int length = pattern[0] == '/' || words_begin(pattern, "%h")
                     ? 0
                     : snprintf(ret, PATH_SIZE, "%s/", account->home);
    if (length < 0 || length >= PATH_SIZE)
        return false;
    n = (size_t)length;
    for (const char *p = pattern; *p; p++) {
        char one[2] = {*p, '\0'};
        const char *piece = one;
        if (*p == '%') {
            p++;
            piece = *p == 'h' ? account->home : *p == 'u' ? account->name : *p == '%' ? "%" : NULL;
        }
        if (!piece || n + strlen(piece) >= PATH_SIZE)
            return false;
        memcpy(ret + n, piece, strlen(piece) + 1);
        n += strlen(piece);
    }
    return n > 0;
}

static void look_at_file(struct sight *sight, json_object *keys, const struct account *account,
                         const char *path)
{
    CLEANUP_FREE char *text = NULL;
    bool cut = false;
    if (sight_read(sight, path, &text) < 0)
        return;
    size_t n = count_keys(text, &cut);
    if (cut)
        sight_note(sight, path, -EBADMSG);
    if (n == 0)
        return;
    json_object *entry = json_object_new_object();
    sight_add_text(entry, "user", account->name);
    sight_add_text(entry, "path", path);
    json_add_number(entry, "count", n);
    sight_append(sight, keys, entry, path);
}

static void look_at_account(struct sight *sight, json_object *keys, const struct account *account,
                            const char *patterns)
{
    char pattern[WORDS_SIZE], path[PATH_SIZE];
    while (words_next(&patterns, pattern)) {
        if (text_equal(pattern, "none"))
            continue;
        if (make_path(pattern, account, path))
            look_at_file(sight, keys, account, path);
        else
            sight_note(sight, "AuthorizedKeysFile", -EOPNOTSUPP);
    }
}

// "keys": [{"user", "path", "count"}] of all who have a shell. An operator can't look into the
// homes of others: what could not be read stands here, and not beside what sshd_config says.
void posture_look_at_keys(struct sight *sight, const char *files)
{
    json_object *keys = sight_array(sight, sight->topic, "keys");
    sight_note_accounts(sight);
    for (size_t i = 0; i < sight->accounts.n; i++)
        if (account_has_login(&sight->accounts.items[i]))
            look_at_account(sight, keys, &sight->accounts.items[i], files);
}
