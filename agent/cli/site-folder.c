// SPDX-License-Identifier: GPL-3.0-or-later
// Opens a site's folder, one writer at a time.
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

void site_folder_clear(struct site_folder *folder)
{
    close_p(&folder->dir);
    certificate_free_p(&folder->certificate);
    key_free_p(&folder->key);
    cards_clear(&folder->cards);
}

enum cli_exit site_folder_failed(const struct site_folder *folder, const char *name, int r)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder->path, name);
    CLEANUP_FREE char *shown = path ? text_printable(path) : NULL;
    cli_error(&cmd_site, "%s: %s", shown ? shown : name,
              r == -EBADMSG ? _("is damaged, or not what it should be") : strerror(-r));
    return CLI_FAILED;
}

void site_format_digest(const uint8_t digest[DIGEST_SIZE], unsigned n_groups,
                        char ret[SITE_GROUPS_SIZE])
{
    for (unsigned i = 0; i < n_groups; i++) {
        text_hex(digest + (size_t)2 * i, 2, ret);
        ret += 4;
        *ret++ = ' ';
    }
    ret[-1] = '\0';
}

// ---- Opening -----------------------------------------------------------------------------------

static bool is_card(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && text_equal(dot, ".json");
}

static int read_card(int hosts, const char *name, struct cards *cards)
{
    CLEANUP_FREE char *text = NULL;
    struct card card;
    int r = file_read_at(hosts, name, CARD_MAX, &text, NULL);
    if (r == 0)
        r = card_decode(text, &card);
    return r < 0 ? (r == -EFBIG ? -EBADMSG : r) : cards_add(cards, &card);
}

static enum cli_exit read_cards(struct site_folder *folder)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(folder->dir, SITE_HOSTS, &entries);
    if (r < 0)
        return site_folder_failed(folder, SITE_HOSTS, r);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        r = is_card(entry->d_name) ? read_card(dirfd(entries), entry->d_name, &folder->cards) : 0;
        if (r < 0) {
            CLEANUP_FREE char *name = text_format(SITE_HOSTS "/%s", entry->d_name);
            return site_folder_failed(folder, name ? name : SITE_HOSTS, r);
        }
    }
    return CLI_OK;
}

static enum cli_exit take_lock(const struct site_folder *folder)
{
    if (flock(folder->dir, LOCK_EX | LOCK_NB) == 0)
        return CLI_OK;
    if (errno != EWOULDBLOCK)
        return site_folder_failed(folder, ".", -errno);
    cli_error(&cmd_site, _("%s: another “sekisho site” is at work here; wait until it has ended"),
              folder->path);
    return CLI_FAILED;
}

static enum cli_exit open_folder(struct site_folder *folder, bool to_write)
{
    folder->dir = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->dir < 0)
        return site_folder_failed(folder, "", -errno);
    enum cli_exit status = to_write ? take_lock(folder) : CLI_OK;
    if (status != CLI_OK)
        return status;
    int r = certificate_read_at(folder->dir, SITE_CERTIFICATE, &folder->certificate);
    if (r == 0 && !certificate_is_for(folder->certificate, CERTIFICATE_SITE))
        r = -EBADMSG;
    return r < 0 ? site_folder_failed(folder, SITE_CERTIFICATE, r) : read_cards(folder);
}

enum cli_exit site_folder_open(const char *path, bool to_write, struct site_folder *ret)
{
    struct site_folder folder = {.path = path, .dir = -1};
    enum cli_exit status = open_folder(&folder, to_write);
    if (status == CLI_OK)
        *ret = folder;
    else
        site_folder_clear(&folder);
    return status;
}

// ---- The key -----------------------------------------------------------------------------------

enum cli_exit site_folder_unlock(struct site_folder *folder, const struct passphrase_source *source)
{
    CLEANUP(passphrase_clear) struct passphrase passphrase = {0};
    const struct passphrase_question question = {
        .command = &cmd_site, .source = source, .what = SITE_KEY};
    int r = key_read_at(folder->dir, SITE_KEY, NULL, &folder->key);
    if (r == -EACCES) { // it has a passphrase
        enum cli_exit status = passphrase_ask(&question, &passphrase);
        if (status != CLI_OK)
            return status;
        r = key_read_at(folder->dir, SITE_KEY, passphrase.text, &folder->key);
    }
    if (r == -EACCES) {
        cli_error(&cmd_site, _("%s/%s: another passphrase"), folder->path, SITE_KEY);
        return CLI_REFUSED;
    }
    if (r == 0 && !certificate_has_key(folder->certificate, folder->key))
        r = -EBADMSG;
    return r < 0 ? site_folder_failed(folder, SITE_KEY, r) : CLI_OK;
}
