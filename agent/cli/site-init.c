// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site init: keys and certificates of a site, made beside their place and put there whole.
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define ADMIN "admin"
#define DEPUTY "deputy"
#define RECOVERY "recovery"

struct request {
    const char *name, *to, *takes, *takes_key, *second;
    struct passphrase_source source;
};

// What is made, in the folder `dir`, which is not in its place yet.
struct making {
    const struct request *request;
    int dir, deputy, recipients;
    X509 *site;
    EVP_PKEY *key;
    uint64_t now_ns;
    unsigned n_recipients;
    struct passphrase own, second;
};

static void making_clear(struct making *making)
{
    close_p(&making->dir);
    close_p(&making->deputy);
    close_p(&making->recipients);
    certificate_free_p(&making->site);
    key_free_p(&making->key);
    passphrase_clear(&making->own);
    passphrase_clear(&making->second);
}

static enum cli_exit failed(const char *what, int r)
{
    CLEANUP_FREE char *shown = text_printable(what);
    bool is_taken = r == -ENOTEMPTY || r == -EEXIST;
    cli_error(&cmd_site, "%s: %s", shown ? shown : what,
              is_taken        ? _("is there already; nothing is overwritten")
              : r == -EBADMSG ? _("holds no P-256 key or certificate")
              : r == -EINVAL  ? _("is too long for a name, at most 64 bytes")
                              : strerror(-r));
    return is_taken ? CLI_REFUSED : CLI_FAILED;
}

static int write_certificate(int dir, const char *name, X509 *certificate)
{
    CLEANUP_FREE char *pem = NULL;
    int r = certificate_encode(certificate, &pem);
    return r < 0 ? r : file_replace_at(dir, name, 0644, pem, strlen(pem));
}

// ---- The site ----------------------------------------------------------------------------------

static enum cli_exit take_site(struct making *making)
{
    const struct request *request = making->request;
    CLEANUP(passphrase_clear) struct passphrase passphrase = {0};
    const struct passphrase_source terminal = {0};
    const struct passphrase_question question = {
        .command = &cmd_site, .source = &terminal, .what = request->takes_key};
    int r = certificate_read_at(AT_FDCWD, request->takes, &making->site);
    if (r < 0)
        return failed(request->takes, r);
    r = key_read_at(AT_FDCWD, request->takes_key, NULL, &making->key);
    if (r == -EACCES && passphrase_ask(&question, &passphrase) == CLI_OK)
        r = key_read_at(AT_FDCWD, request->takes_key, passphrase.text, &making->key);
    if (r < 0)
        return failed(request->takes_key, r);
    if (!certificate_is_for(making->site, CERTIFICATE_SITE) ||
        !certificate_has_key(making->site, making->key)) {
        cli_error(&cmd_site,
                  _("%s: is no certificate that may issue others (CA, keyCertSign and "
                    "digitalSignature), or the key is not its own"),
                  request->takes);
        return CLI_FAILED;
    }
    CLEANUP_FREE char *name = NULL;
    r = certificate_name(making->site, &name);
    if (r == 0 && request->name && !text_equal(request->name, name)) {
        cli_error(&cmd_site, _("%s: its name is “%s”; leave out --name"), request->takes, name);
        return CLI_USAGE;
    }
    return r < 0 ? failed(request->takes, r) : CLI_OK;
}

static int make_site(struct making *making)
{
    int r = key_generate(&making->key);
    if (r < 0)
        return r;
    const struct certificate_order order = {.use = CERTIFICATE_SITE,
                                            .name = making->request->name,
                                            .key = making->key,
                                            .from_ns = making->now_ns,
                                            .years = SITE_YEARS};
    return certificate_issue(&order, &making->site);
}

static enum cli_exit put_site(struct making *making)
{
    enum cli_exit status = CLI_OK;
    int r = 0;
    if (making->request->takes)
        status = take_site(making);
    else
        r = make_site(making);
    if (status != CLI_OK)
        return status;
    if (r == 0)
        r = key_write_at(making->dir, SITE_KEY, making->key, passphrase_text(&making->own));
    if (r == 0)
        r = write_certificate(making->dir, SITE_CERTIFICATE, making->site);
    return r < 0 ? failed(making->request->name, r) : CLI_OK;
}

// ---- Those who may read ------------------------------------------------------------------------

struct recipient {
    EVP_PKEY *key;
    X509 *certificate;
};

static void recipient_clear(struct recipient *recipient)
{
    key_free_p(&recipient->key);
    certificate_free_p(&recipient->certificate);
}

// Its certificate goes among the recipients'.
static int make_recipient(struct making *making, const char *name, struct recipient *ret)
{
    int r = key_generate(&ret->key);
    if (r < 0)
        return r;
    const struct certificate_order order = {.use = CERTIFICATE_RECIPIENT,
                                            .name = name,
                                            .key = ret->key,
                                            .issuer = making->site,
                                            .issuer_key = making->key,
                                            .from_ns = making->now_ns,
                                            .years = SITE_YEARS};
    CLEANUP_FREE char *file = text_format("%02u.crt", ++making->n_recipients);
    r = file ? certificate_issue(&order, &ret->certificate) : -ENOMEM;
    return r < 0 ? r : write_certificate(making->recipients, file, ret->certificate);
}

static enum cli_exit put_admin(struct making *making)
{
    CLEANUP(recipient_clear) struct recipient admin = {0};
    int r = make_recipient(making, ADMIN, &admin);
    if (r == 0)
        r = key_write_at(making->dir, ADMIN ".key", admin.key, passphrase_text(&making->own));
    if (r == 0)
        r = write_certificate(making->dir, ADMIN ".crt", admin.certificate);
    return r < 0 ? failed(ADMIN, r) : CLI_OK;
}

static enum cli_exit put_second(struct making *making)
{
    CLEANUP(recipient_clear) struct recipient second = {0};
    int r = make_recipient(making, making->request->second, &second);
    if (r == 0)
        r = key_write_at(making->deputy, DEPUTY ".key", second.key,
                         passphrase_text(&making->second));
    if (r == 0)
        r = write_certificate(making->deputy, DEPUTY ".crt", second.certificate);
    return r < 0 ? failed(making->request->second, r) : CLI_OK;
}

static enum cli_exit put_recovery(struct making *making)
{
    CLEANUP(recipient_clear) struct recipient recovery = {0};
    CLEANUP_FREE char *name = NULL, *html = NULL;
    int r = make_recipient(making, RECOVERY, &recovery);
    if (r == 0)
        r = certificate_name(making->site, &name);
    if (r < 0)
        return failed(RECOVERY, r);
    enum cli_exit status = site_write_paper(recovery.key, name, recovery.certificate, &html);
    if (status != CLI_OK)
        return status;
    r = file_replace_at(making->dir, RECOVERY ".html", 0600, html, strlen(html));
    explicit_bzero(html, strlen(html));
    if (r == 0)
        r = write_certificate(making->dir, RECOVERY ".crt", recovery.certificate);
    return r < 0 ? failed(RECOVERY, r) : CLI_OK;
}

// ---- The folder --------------------------------------------------------------------------------

// −ENOTEMPTY: there is something in it already.
static int check_free(const char *path)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(AT_FDCWD, path, &entries);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            return -ENOTEMPTY;
    return 0;
}

static int make_folders(const char *path, struct making *making)
{
    CLEANUP_CLOSE int hosts = -1;
    if (mkdir(path, 0700) < 0)
        return -errno;
    int r = file_open_dir_at(AT_FDCWD, path, 0700, &making->dir);
    if (r == 0)
        r = file_open_dir_at(making->dir, DEPUTY, 0700, &making->deputy);
    if (r == 0)
        r = file_open_dir_at(making->dir, SITE_RECIPIENTS, 0755, &making->recipients);
    if (r == 0)
        r = file_open_dir_at(making->dir, SITE_HOSTS, 0755, &hosts);
    return r;
}

static enum cli_exit choose_passphrases(struct making *making)
{
    const struct passphrase_source *source = &making->request->source;
    const struct passphrase_question own = {
        .command = &cmd_site, .source = source, .what = SITE_KEY ", " ADMIN ".key"};
    const struct passphrase_question second = {
        .command = &cmd_site, .source = source, .what = DEPUTY ".key", .line = 1};
    enum cli_exit status = passphrase_choose(&own, &making->own);
    return status == CLI_OK ? passphrase_choose(&second, &making->second) : status;
}

static enum cli_exit fill(struct making *making)
{
    enum cli_exit status = put_site(making);
    if (status == CLI_OK)
        status = put_admin(making);
    if (status == CLI_OK)
        status = put_second(making);
    if (status == CLI_OK)
        status = put_recovery(making);
    return status;
}

static void remove_all(const char *path, const struct making *making)
{
    static const char *const folders[] = {DEPUTY, SITE_RECIPIENTS, SITE_HOSTS};
    for (size_t i = 0; i < ELEMENTS(folders); i++) {
        (void)!file_remove_entries(making->dir, folders[i], NULL, NULL);
        (void)unlinkat(making->dir, folders[i], AT_REMOVEDIR);
    }
    (void)!file_remove_entries(making->dir, ".", NULL, NULL);
    (void)rmdir(path);
}

static int put_in_place(const char *from, const struct making *making)
{
    int r = file_sync_dir(making->dir);
    if (r == 0 && rename(from, making->request->to) < 0) // over an empty folder at most
        r = -errno;
    CLEANUP_CLOSE int parent = openat(making->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r == 0 && parent >= 0 ? file_sync_dir(parent) : r;
}

// ---- Telling -----------------------------------------------------------------------------------

static enum cli_exit tell(const struct making *making, const struct cli_options *options)
{
    uint8_t fingerprint[DIGEST_SIZE];
    char groups[SITE_GROUPS_SIZE];
    const char *to = making->request->to;
    int r = certificate_fingerprint(making->site, fingerprint);
    if (r < 0)
        return failed(to, r);
    if (options->json) {
        CLEANUP_JSON json_object *document = json_object_new_object();
        char hex[DIGEST_TEXT_SIZE];
        text_hex(fingerprint, DIGEST_SIZE, hex);
        json_add_text(document, "folder", to);
        json_add_text(document, "fingerprint", hex);
        cli_print_json(document);
        return CLI_OK;
    }
    site_format_digest(fingerprint, DIGEST_SIZE / 2, groups);
    printf(_("The site's keys and certificates are in %s.\n"
             "Fingerprint of the site: write it down, each PC shows it at its first bundle:\n"
             "  %s\n"
             "Now, before the first PC is enrolled:\n"
             "  1. Print %s/recovery.html, check the print, lock it away, and delete the file:\n"
             "     sekisho erase %s/recovery.html\n"
             "  2. Move %s/deputy to another medium, which the deputy keeps.\n"
             "  3. Keep a copy of %s that is locked away.\n"),
           to, groups, to, to, to, to);
    return CLI_OK;
}

static enum cli_exit make(const struct request *request, const struct cli_options *options)
{
    CLEANUP(making_clear)
    struct making making = {.request = request,
                            .dir = -1,
                            .deputy = -1,
                            .recipients = -1,
                            .now_ns = moment_now().wall_ns};
    size_t length = strlen(request->to);
    while (length > 1 && request->to[length - 1] == '/')
        length--;
    CLEANUP_FREE char *path = text_format("%.*s.new", (int)length, request->to);
    int r = path ? check_free(request->to) : -ENOMEM;
    if (r < 0)
        return failed(request->to, r);
    enum cli_exit status = choose_passphrases(&making);
    if (status != CLI_OK)
        return status;
    r = make_folders(path, &making);
    if (r == -EEXIST) {
        cli_error(&cmd_site, _("%s: an earlier “site init” did not end; remove this folder first"),
                  path);
        return CLI_FAILED;
    }
    status = r < 0 ? failed(path, r) : fill(&making);
    r = status == CLI_OK ? put_in_place(path, &making) : 0;
    if (r < 0)
        status = failed(request->to, r);
    if (status != CLI_OK && making.dir >= 0)
        remove_all(path, &making);
    return status == CLI_OK ? tell(&making, options) : status;
}

// ---- The command -------------------------------------------------------------------------------

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    switch (option) {
    case 'n':
        request->name = optarg;
        break;
    case 't':
        request->to = optarg;
        break;
    case 'c':
        request->takes = optarg;
        break;
    case 'k':
        request->takes_key = optarg;
        break;
    case 's':
        request->second = optarg;
        break;
    case 'P':
        request->source.none = true;
        break;
    default:
        request->source.file = optarg;
        break;
    }
    return CLI_OK;
}

static enum cli_exit check(const struct request *request)
{
    if (!request->to || (!request->name && !request->takes))
        return cli_usage(&cmd_site, _("say --name NAME of the site and --to FOLDER"));
    if (!request->takes != !request->takes_key)
        return cli_usage(&cmd_site, _("--takes and --takes-key go together"));
    if (request->source.none && request->source.file)
        return cli_usage(&cmd_site, _("a passphrase, or none? Give one of the two options"));
    return CLI_OK;
}

enum cli_exit site_init(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"name", required_argument, NULL, 'n'},
        {"to", required_argument, NULL, 't'},
        {"takes", required_argument, NULL, 'c'},
        {"takes-key", required_argument, NULL, 'k'},
        {"second", required_argument, NULL, 's'},
        {"no-passphrase", no_argument, NULL, 'P'},
        {"passphrase-file", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_site, argc, argv};
    struct request request = {.second = DEPUTY};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &request);
    if (status == CLI_OK && optind + 1 < argc)
        return cli_usage(&cmd_site, _("%s: unexpected"), argv[optind + 1]);
    if (status == CLI_OK)
        status = check(&request);
    return status == CLI_OK ? make(&request, options) : status;
}
