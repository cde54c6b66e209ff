// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site bundle: what all workstations are to have, signed by the site. The last bundle in
// the site's folder is what the next version is counted from.
#include "cli/mistake.h"
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

struct request {
    const char *site, *to;
    const char *policies[BUNDLE_POLICIES_MAX];
    size_t n_policies;
    bool no_policy;
    struct passphrase_source source;
};

// The last one, as signed and as read; all zero: there is none.
struct last {
    char *der;
    size_t length;
    struct bundle bundle;
};

static void last_clear(struct last *last)
{
    free(last->der);
    bundle_clear(&last->bundle);
}

// ---- The last one ------------------------------------------------------------------------------

static int read_last(const struct site_folder *folder, struct last *last)
{
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    int r = file_read_at(folder->dir, SITE_BUNDLE, ENVELOPE_MAX, &last->der, &last->length);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = envelope_read_signed(last->der, last->length, &message);
    if (r == 0 && !certificate_has_key(message.signer, folder->key))
        r = -EBADMSG;
    return r < 0 ? r : bundle_decode((char *)message.data, message.length, &last->bundle);
}

// ---- Putting together --------------------------------------------------------------------------

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_certificate(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && text_equal(dot, ".crt");
}

// Names of the recipients' files, in order. The caller frees each of the first `*ret_n`.
static int list_recipients(const struct site_folder *folder, char *names[ENVELOPE_RECIPIENTS_MAX],
                           size_t *ret_n)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(folder->dir, SITE_RECIPIENTS, &entries);
    for (const struct dirent *entry; r == 0 && (entry = readdir(entries));) {
        if (!is_certificate(entry->d_name))
            continue;
        if (*ret_n == ENVELOPE_RECIPIENTS_MAX)
            return -ENOSPC;
        names[*ret_n] = text_dup(entry->d_name);
        r = names[*ret_n] ? 0 : -ENOMEM;
        *ret_n += r == 0;
    }
    qsort(names, *ret_n, sizeof *names, by_text);
    return r;
}

// Read, and checked to be the site's.
static int read_issued(const struct site_folder *folder, const char *name, enum certificate_use use,
                       X509 **ret)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    int r = certificate_read_at(folder->dir, name, &certificate);
    if (r == 0)
        r = certificate_check(certificate, use, folder->certificate);
    if (r == 0)
        *ret = TAKE_PTR(certificate);
    return r == -EKEYREJECTED ? -EBADMSG : r;
}

static enum cli_exit add_recipient(const struct site_folder *folder, const char *file,
                                   struct bundle *bundle)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    CLEANUP_FREE char *pem = NULL, *name = text_format(SITE_RECIPIENTS "/%s", file);
    int r = name ? read_issued(folder, name, CERTIFICATE_RECIPIENT, &certificate) : -ENOMEM;
    if (r == 0)
        r = certificate_encode(certificate, &pem);
    if (r == 0)
        r = bundle_add_recipient(bundle, pem);
    return r < 0 ? site_folder_failed(folder, name ? name : file, r) : CLI_OK;
}

static enum cli_exit add_recipients(const struct site_folder *folder, struct bundle *bundle)
{
    char *names[ENVELOPE_RECIPIENTS_MAX];
    size_t n = 0;
    int r = list_recipients(folder, names, &n);
    enum cli_exit status = r < 0 ? site_folder_failed(folder, SITE_RECIPIENTS, r) : CLI_OK;
    for (size_t i = 0; i < n; i++) {
        status = status == CLI_OK ? add_recipient(folder, names[i], bundle) : status;
        free(names[i]);
    }
    return status;
}

static enum cli_exit add_host(const struct site_folder *folder, const struct card *card,
                              struct bundle *bundle)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    CLEANUP_FREE char *pem = NULL;
    CLEANUP_FREE char *name = text_format(SITE_HOSTS "/%s-%s.crt", card->name, card->note.ledger);
    uint8_t fingerprint[DIGEST_SIZE];
    struct bundle_host host = {0};
    int r = name ? read_issued(folder, name, CERTIFICATE_HOST, &certificate) : -ENOMEM;
    if (r == 0)
        r = certificate_fingerprint(certificate, fingerprint);
    if (r == 0 && memcmp(fingerprint, card->certificate, DIGEST_SIZE) != 0)
        r = -EBADMSG;
    if (r == 0)
        r = certificate_encode(certificate, &pem);
    if (r < 0)
        return site_folder_failed(folder, name ? name : SITE_HOSTS, r);
    text_copy(host.name, sizeof host.name, card->name);
    text_copy(host.ledger, sizeof host.ledger, card->note.ledger);
    host.certificate = pem;
    r = bundle_add_host(bundle, &host);
    return r < 0 ? site_folder_failed(folder, name, r) : CLI_OK;
}

// Those in use: one that was replaced gets nothing any more.
static enum cli_exit add_hosts(const struct site_folder *folder, struct bundle *bundle)
{
    enum cli_exit status = CLI_OK;
    for (size_t i = 0; status == CLI_OK && i < folder->cards.n; i++)
        if (cards_replaced_ns(&folder->cards, i) == 0)
            status = add_host(folder, &folder->cards.items[i], bundle);
    return status;
}

// ---- Policy ------------------------------------------------------------------------------------

static enum cli_exit add_policy(const char *path, struct bundle *bundle)
{
    CLEANUP_FREE char *text = NULL, *shown = text_printable(path);
    size_t length = 0;
    int r = file_read_at(AT_FDCWD, path, BUNDLE_POLICY_MAX, &text, &length);
    if (r == 0 && (strlen(text) != length || !text_is_utf8(text, length)))
        r = -EILSEQ;
    if (r == 0)
        r = bundle_add_policy(bundle, text_basename(path), text);
    if (r == 0)
        return CLI_OK;
    cli_error(&cmd_site, "%s: %s", shown ? shown : "",
              r == -EINVAL ? _("to be named once, NAME.conf with letters, digits, “-” and “_”")
              : r == -EFBIG || r == -ENOSPC ? _("too much: 32 files, 256 KiB together")
              : r == -EILSEQ                ? _("is no UTF-8 text")
                                            : strerror(-r));
    return CLI_FAILED;
}

static enum cli_exit add_policies(const struct request *request, const struct bundle *last,
                                  struct bundle *bundle)
{
    enum cli_exit status = CLI_OK;
    for (size_t i = 0; status == CLI_OK && i < request->n_policies; i++)
        status = add_policy(request->policies[i], bundle);
    if (request->n_policies > 0 || request->no_policy)
        return status;
    for (size_t i = 0; i < last->n_policies; i++)
        if (bundle_add_policy(bundle, last->policies[i].name, last->policies[i].text) < 0)
            return CLI_FAILED;
    return CLI_OK;
}

// What no workstation would take is not handed out.
static enum cli_exit check_policies(const struct bundle *bundle, const struct cli_options *options)
{
    struct policy_part parts[BUNDLE_POLICIES_MAX];
    struct policy_mistakes mistakes = {0};
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    for (size_t i = 0; i < bundle->n_policies; i++)
        parts[i] = (struct policy_part){bundle->policies[i].name, bundle->policies[i].text};
    int r = policy_load_parts(parts, bundle->n_policies, &policy, &mistakes);
    for (size_t i = 0; i < mistakes.n; i++)
        mistake_print(&mistakes.items[i], stderr, options->color);
    if (r < 0)
        cli_error(&cmd_site, _("the policy has mistakes, so nothing was signed"));
    policy_mistakes_clear(&mistakes);
    return r < 0 ? CLI_FINDING : CLI_OK;
}

// ---- Signing -----------------------------------------------------------------------------------

static int sign(const struct site_folder *folder, const struct bundle *bundle, uint8_t **ret,
                size_t *ret_length)
{
    CLEANUP_FREE char *text = NULL;
    int r = bundle_encode(bundle, &text);
    if (r == 0)
        r = envelope_sign(text, strlen(text), folder->certificate, folder->key, ret, ret_length);
    return r < 0 ? r : file_replace_at(folder->dir, SITE_BUNDLE, 0644, *ret, *ret_length);
}

// A number is never used for two contents: the next one follows the last, and the same content
// keeps its own.
static enum cli_exit choose(const struct site_folder *folder, struct last *last,
                            struct bundle *bundle, bool *ret_same)
{
    uint8_t now[DIGEST_SIZE], before[DIGEST_SIZE];
    int r = bundle_digest(bundle, now);
    if (r == 0)
        r = bundle_digest(&last->bundle, before);
    if (r == 0 && last->bundle.version > 0 && memcmp(now, before, DIGEST_SIZE) == 0) {
        bundle->version = last->bundle.version;
        *ret_same = true;
        return CLI_OK;
    }
    bundle->version = last->bundle.version + 1;
    bundle->created_ns = moment_now().wall_ns;
    free(TAKE_PTR(last->der));
    if (r == 0)
        r = sign(folder, bundle, (uint8_t **)&last->der, &last->length);
    return r < 0 ? site_folder_failed(folder, SITE_BUNDLE, r) : CLI_OK;
}

static enum cli_exit hand_out(const struct request *request, const struct last *last)
{
    CLEANUP_CLOSE int to = open(request->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = to < 0 ? -errno : file_replace_at(to, BUNDLE_NAME, 0644, last->der, last->length);
    if (r == 0)
        return CLI_OK;
    CLEANUP_FREE char *shown = text_printable(request->to);
    cli_error(&cmd_site, "%s: %s", shown ? shown : "", strerror(-r));
    return CLI_FAILED;
}

static enum cli_exit tell(const struct request *request, const struct bundle *bundle, bool same,
                          const struct cli_options *options)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_add_number(document, "version", bundle->version);
    json_add_bool(document, "same", same);
    json_add_number(document, "hosts", bundle->n_hosts);
    json_add_number(document, "recipients", bundle->n_recipients);
    json_add_number(document, "policy_files", bundle->n_policies);
    return cli_tell(options, document,
                    same ? _("%s/%s: version %" PRIu64 " as before, %zu PCs, %zu policy files\n")
                         : _("%s/%s: version %" PRIu64 ", %zu PCs, %zu policy files\n"),
                    request->to, BUNDLE_NAME, bundle->version, bundle->n_hosts, bundle->n_policies);
}

static enum cli_exit fill(const struct request *request, const struct site_folder *folder,
                          const struct last *last, struct bundle *bundle)
{
    int r = certificate_encode(folder->certificate, &bundle->site);
    if (r < 0)
        return site_folder_failed(folder, SITE_CERTIFICATE, r);
    enum cli_exit status = add_recipients(folder, bundle);
    if (status == CLI_OK)
        status = add_hosts(folder, bundle);
    return status == CLI_OK ? add_policies(request, &last->bundle, bundle) : status;
}

static enum cli_exit make(const struct request *request, const struct cli_options *options)
{
    CLEANUP(site_folder_clear) struct site_folder folder = {.dir = -1};
    CLEANUP(last_clear) struct last last = {0};
    CLEANUP(bundle_clear) struct bundle bundle = {0};
    bool same = false;
    enum cli_exit status = site_folder_open(request->site, true, &folder);
    if (status == CLI_OK)
        status = site_folder_unlock(&folder, &request->source);
    if (status != CLI_OK)
        return status;
    int r = read_last(&folder, &last);
    if (r < 0)
        return site_folder_failed(&folder, SITE_BUNDLE, r);
    status = fill(request, &folder, &last, &bundle);
    if (status == CLI_OK)
        status = check_policies(&bundle, options);
    if (status == CLI_OK)
        status = choose(&folder, &last, &bundle, &same);
    if (status == CLI_OK)
        status = hand_out(request, &last);
    return status == CLI_OK ? tell(request, &bundle, same, options) : status;
}

// ---- The command -------------------------------------------------------------------------------

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    switch (option) {
    case 's':
        request->site = optarg;
        break;
    case 't':
        request->to = optarg;
        break;
    case 'P':
        if (request->n_policies == BUNDLE_POLICIES_MAX)
            return cli_usage(&cmd_site, _("at most 32 policy files"));
        request->policies[request->n_policies++] = optarg;
        break;
    case 'n':
        request->no_policy = true;
        break;
    default:
        request->source.file = optarg;
        break;
    }
    return CLI_OK;
}

enum cli_exit site_bundle(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"site", required_argument, NULL, 's'},
        {"to", required_argument, NULL, 't'},
        {"policy", required_argument, NULL, 'P'},
        {"no-policy", no_argument, NULL, 'n'},
        {"passphrase-file", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_site, argc, argv};
    struct request request = {0};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &request);
    if (status != CLI_OK)
        return status;
    if (!request.site || !request.to)
        return cli_usage(&cmd_site, _("say --site FOLDER and --to FOLDER"));
    if (request.no_policy && request.n_policies > 0)
        return cli_usage(&cmd_site, _("--policy and --no-policy exclude each other"));
    if (optind + 1 < argc)
        return cli_usage(&cmd_site, _("%s: unexpected"), argv[optind + 1]);
    return make(&request, options);
}
