// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho enrol --to: the workstation's own key, and a request with what the agent says.
#include "cli/enrol-parts.h"
#include "cli/field.h"
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "ledger/ledger.h"
#include "site/note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

// ---- The folder --------------------------------------------------------------------------------

void enrol_folder_clear(struct enrol_folder *folder)
{
    close_p(&folder->site);
    close_p(&folder->keys);
}

enum cli_exit enrol_folder_failed(const struct enrol_folder *folder, const char *name, int r)
{
    if (r == -EACCES || r == -EPERM)
        cli_error(&cmd_enrol, _("only root may do this: sudo sekisho enrol"));
    else
        cli_error(&cmd_enrol, "%s/keys/%s: %s", folder->state, name,
                  r == -EBADMSG ? _("is damaged, or not what it should be") : strerror(-r));
    return r == -EACCES || r == -EPERM ? CLI_REFUSED : CLI_FAILED;
}

static enum cli_exit open_both(struct enrol_folder *folder)
{
    CLEANUP_FREE char *path = text_format("%s/keys", folder->state);
    folder->keys = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder->keys < 0)
        return enrol_folder_failed(folder, "", -errno);
    if (flock(folder->keys, LOCK_EX | LOCK_NB) < 0) {
        cli_error(&cmd_enrol, _("another “sekisho enrol” is at work; wait until it has ended"));
        return CLI_FAILED;
    }
    int r = file_open_dir_at(folder->keys, ENROL_FOLDER, 0700, &folder->site);
    return r < 0 ? enrol_folder_failed(folder, ENROL_FOLDER, r) : CLI_OK;
}

enum cli_exit enrol_folder_open(const char *state, struct enrol_folder *ret)
{
    struct enrol_folder folder = {.state = state, .keys = -1, .site = -1};
    enum cli_exit status = open_both(&folder);
    if (status == CLI_OK)
        *ret = folder;
    else
        enrol_folder_clear(&folder);
    return status;
}

// ---- The key -----------------------------------------------------------------------------------

static int take_key(const struct enrol_folder *folder, EVP_PKEY **ret)
{
    int r = key_read_at(folder->site, ENROL_HOST_KEY, NULL, ret);
    if (r != -ENOENT)
        return r;
    r = key_generate(ret);
    return r < 0 ? r : key_write_at(folder->site, ENROL_HOST_KEY, *ret, NULL);
}

// ---- What the agent says -----------------------------------------------------------------------

// The hardware of the last request, so that the agent sees whether this disk has moved.
static void add_hardware(const struct enrol_folder *folder, json_object *details)
{
    CLEANUP_FREE char *pem = NULL;
    CLEANUP(certificate_request_clear_p) struct certificate_request last = {0};
    size_t length = 0;
    struct note note;
    if (file_read_at(folder->site, ENROL_REQUEST, CERTIFICATE_MAX, &pem, &length) < 0 ||
        certificate_request_decode(pem, length, &last) < 0 || !last.note ||
        note_decode(last.note, &note) < 0)
        return;
    json_add_hash(details, "board", note.board);
    json_add_hash(details, "links", note.links);
}

static enum cli_exit ask_agent(const struct enrol_folder *folder, const char *name, EVP_PKEY *key,
                               struct note *ret)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint8_t digest[DIGEST_SIZE];
    int r = key_digest(key, digest);
    if (r < 0)
        return enrol_folder_failed(folder, ENROL_FOLDER "/" ENROL_HOST_KEY, r);
    json_add_text(details, "name", name);
    json_add_hash(details, "key_sha256", digest);
    add_hardware(folder, details);
    r = bus_call_enrol("request", details, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_enrol, r, why);
    r = note_from_object(json_get(answer, "note"), ret);
    if (r < 0)
        cli_error(&cmd_enrol, _("sekishod is of another version; restart it"));
    return r < 0 ? CLI_FAILED : CLI_OK;
}

// ---- The request -------------------------------------------------------------------------------

static int encode(const char *name, EVP_PKEY *key, const struct note *note, char **ret_pem)
{
    CLEANUP_JSON json_object *object = note_to_object(note);
    CLEANUP_FREE char *text = NULL, *own_name = text_dup(name), *identity = text_dup(note->ledger);
    int r = own_name && identity ? json_to_text(object, &text) : -ENOMEM;
    const struct certificate_request request = {
        .key = key, .name = own_name, .identity = identity, .note = text};
    return r < 0 ? r : certificate_request_encode(&request, ret_pem);
}

static enum cli_exit write_request(const struct enrol_options *request,
                                   const struct enrol_folder *folder, const char *name,
                                   const char *pem)
{
    CLEANUP_FREE char *file = text_format("enrol-%s.csr", name);
    CLEANUP_CLOSE int to = open(request->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = file_replace_at(folder->site, ENROL_REQUEST, 0600, pem, strlen(pem));
    if (r < 0)
        return enrol_folder_failed(folder, ENROL_FOLDER "/" ENROL_REQUEST, r);
    r = !file || to < 0 ? -errno : file_replace_at(to, file, 0644, pem, strlen(pem));
    if (r < 0) {
        CLEANUP_FREE char *shown = text_printable(request->to);
        cli_error(&cmd_enrol, "%s: %s", shown ? shown : "", strerror(-r));
    }
    return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit tell(const struct enrol_options *request, const char *name,
                          const struct note *note, const char *pem,
                          const struct cli_options *options)
{
    CLEANUP(certificate_request_clear_p) struct certificate_request made = {0};
    CLEANUP_JSON json_object *document = json_object_new_object();
    struct ledger_head head = {.sequence = note->sequence};
    char code[40], groups[SITE_GROUPS_SIZE];
    int r = certificate_request_decode(pem, strlen(pem), &made);
    if (r < 0) {
        cli_error(&cmd_enrol, "%s: %s", name, strerror(-r));
        return CLI_FAILED;
    }
    memcpy(head.hash, note->hash, DIGEST_SIZE);
    ledger_head_code(&head, code);
    site_format_digest(made.digest, SITE_SHORT_GROUPS, groups);
    json_add_text(document, "name", name);
    json_add_text(document, "identity", note->ledger);
    json_add_text(document, "head_code", code);
    json_add_hash(document, "request_sha256", made.digest);
    return cli_tell(options, document,
                    _("%s/enrol-%s.csr is for the admin: sekisho site enrol\n"
                      "There these have to be the same; write them down or read them out:\n"
                      "  Head code    %s\n"
                      "  Fingerprint  %s\n"),
                    request->to, name, code, groups);
}

// As somebody calls it, or else by its host name.
static int choose_name(const struct enrol_options *request, char ret[CARD_NAME_MAX + 1])
{
    char host[256] = "";
    if (!request->name && gethostname(host, sizeof host - 1) < 0)
        return -errno;
    const char *name = request->name ? request->name : host;
    if (!card_is_name(name))
        return -EINVAL;
    text_copy(ret, CARD_NAME_MAX + 1, name);
    return 0;
}

enum cli_exit enrol_request(const struct enrol_options *request, const struct cli_options *options)
{
    CLEANUP(enrol_folder_clear) struct enrol_folder folder = {.keys = -1, .site = -1};
    CLEANUP(key_free_p) EVP_PKEY *key = NULL;
    CLEANUP_FREE char *pem = NULL;
    char name[CARD_NAME_MAX + 1];
    struct note note;
    if (choose_name(request, name) < 0)
        return cli_usage(&cmd_enrol, _("what is this PC called? Give --name, of letters, digits, "
                                       "“-”, “_” and “.”"));
    enum cli_exit status = enrol_folder_open(request->state, &folder);
    if (status != CLI_OK)
        return status;
    int r = take_key(&folder, &key);
    if (r < 0)
        return enrol_folder_failed(&folder, ENROL_FOLDER "/" ENROL_HOST_KEY, r);
    status = ask_agent(&folder, name, key, &note);
    if (status != CLI_OK)
        return status;
    r = encode(name, key, &note, &pem);
    if (r < 0)
        return enrol_folder_failed(&folder, ENROL_FOLDER "/" ENROL_REQUEST, r);
    status = write_request(request, &folder, name, pem);
    return status == CLI_OK ? tell(request, name, &note, pem, options) : status;
}
