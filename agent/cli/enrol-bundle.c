// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho enrol --bundle: is it the site's, and newer? Then its files are put ready, and the agent
// makes them hold.
#include "cli/ask.h"
#include "cli/enrol-parts.h"
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/policy.h"
#include "site/applied.h"
#include "site/bundle.h"
#include "site/envelope.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

static_assert(APPLIED_SITE_MAX == CERTIFICATE_NAME_MAX, "a site's name fits");

// A bundle that was read.
struct reading {
    const struct enrol_options *request;
    struct enrol_folder folder;
    char *der;
    size_t length;
    struct envelope_signed message;
    struct bundle bundle;
    X509 *site;
    struct applied applied; // as it would be
    char *certificate;      // of this workstation, PEM, borrowed from the bundle
};

static void reading_clear(struct reading *reading)
{
    enrol_folder_clear(&reading->folder);
    free(reading->der);
    envelope_signed_clear(&reading->message);
    bundle_clear(&reading->bundle);
    certificate_free_p(&reading->site);
}

// ---- Refusing ----------------------------------------------------------------------------------

enum refusal {
    REFUSAL_CHANGED,
    REFUSAL_FOREIGN,
    REFUSAL_FINGERPRINT,
    REFUSAL_OLDER,
    REFUSAL_TWIN,
    REFUSAL_STRANGER,
    REFUSAL_MAX,
};

static const struct {
    const char *reason; // stable
    const char *why;
} refusals[] = {
    [REFUSAL_CHANGED] = {"changed", N_("is no bundle of a site, or was changed on its way; fetch "
                                       "it again")},
    [REFUSAL_FOREIGN] = {"foreign", N_("is of another site than the one this PC belongs to. Ask "
                                       "your administrator")},
    [REFUSAL_FINGERPRINT] = {"fingerprint",
                             N_("is of a site with another fingerprint than was given")},
    [REFUSAL_OLDER] = {"older", N_("is older than the bundle that holds here; fetch the newest")},
    [REFUSAL_TWIN] = {"twin",
                      N_("has the version that holds here and another content: the site's "
                         "folder was put back to an earlier state. Ask your administrator")},
    [REFUSAL_STRANGER] = {"stranger", N_("has no certificate for this PC: let the admin enrol it "
                                         "(sekisho enrol --to, then sekisho site enrol)")},
};
static_assert(ELEMENTS(refusals) == REFUSAL_MAX, "words for each refusal");

// Each refusal is a row.
static enum cli_exit refuse(const struct reading *reading, enum refusal refusal)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL, *shown = text_printable(reading->request->bundle);
    uint8_t digest[DIGEST_SIZE];
    digest_of(reading->der, reading->length, digest);
    json_add_text(details, "reason", refusals[refusal].reason);
    json_add_hash(details, "bundle_sha256", digest);
    if (reading->bundle.version > 0)
        json_add_number(details, "version", reading->bundle.version);
    if (reading->site)
        json_add_hash(details, "site_sha256", reading->applied.site);
    cli_error(&cmd_enrol, "%s: %s", shown ? shown : "", _(refusals[refusal].why));
    int r = bus_call_enrol("refused", details, &answer, &why);
    if (r < 0)
        (void)cli_bus_failed(&cmd_enrol, r, why);
    return CLI_REFUSED;
}

// ---- Reading -----------------------------------------------------------------------------------

static int read_file(struct reading *reading)
{
    CLEANUP_CLOSE int fd = open(reading->request->bundle, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : file_read_fd(fd, ENVELOPE_MAX, &reading->der, &reading->length);
}

// The signature, the content, and that the site named in it is the signer.
static int judge_message(struct reading *reading)
{
    uint8_t signer[DIGEST_SIZE];
    CLEANUP_FREE char *name = NULL;
    int r = envelope_read_signed(reading->der, reading->length, &reading->message);
    if (r == 0)
        r = bundle_decode((char *)reading->message.data, reading->message.length, &reading->bundle);
    if (r == 0)
        r = certificate_decode(reading->bundle.site, strlen(reading->bundle.site), &reading->site);
    if (r == 0)
        r = certificate_fingerprint(reading->site, reading->applied.site);
    if (r == 0)
        r = certificate_fingerprint(reading->message.signer, signer);
    if (r == 0 && (memcmp(signer, reading->applied.site, DIGEST_SIZE) != 0 ||
                   !certificate_is_for(reading->site, CERTIFICATE_SITE)))
        r = -EBADMSG;
    if (r == 0)
        r = certificate_name(reading->site, &name);
    if (r < 0)
        return r;
    text_copy(reading->applied.site_name, sizeof reading->applied.site_name, name);
    return 0;
}

// Each certificate in it is the site's, and for what it is meant.
static int judge_certificate(const struct reading *reading, const char *pem,
                             enum certificate_use use)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    int r = certificate_decode(pem, strlen(pem), &certificate);
    return r < 0 ? r : certificate_check(certificate, use, reading->site);
}

static int judge_recipients(const struct reading *reading)
{
    int r = reading->bundle.n_recipients > 0 ? 0 : -EBADMSG;
    for (size_t i = 0; r == 0 && i < reading->bundle.n_recipients; i++)
        r = judge_certificate(reading, reading->bundle.recipients[i], CERTIFICATE_RECIPIENT);
    return r;
}

// ---- Whose is it? ------------------------------------------------------------------------------

// As OpenSSL, this program or a person writes it: only the digits count.
static int read_fingerprint(const char *text, uint8_t ret[DIGEST_SIZE])
{
    char digits[DIGEST_TEXT_SIZE] = "";
    size_t n = 0;
    for (; *text; text++) {
        if (strchr(" :-", *text))
            continue;
        if (n + 1 == sizeof digits)
            return -EINVAL;
        digits[n++] = (char)tolower((unsigned char)*text);
    }
    return text_unhex(digits, DIGEST_SIZE, ret);
}

// The first bundle decides to which site this workstation belongs.
static enum cli_exit meet(const struct reading *reading)
{
    uint8_t wanted[DIGEST_SIZE];
    char groups[SITE_GROUPS_SIZE];
    if (reading->request->fingerprint) {
        if (read_fingerprint(reading->request->fingerprint, wanted) < 0)
            return cli_usage(&cmd_enrol, _("a site's fingerprint has 64 digits, 0–9 and a–f"));
        return memcmp(wanted, reading->applied.site, DIGEST_SIZE) == 0
                   ? CLI_OK
                   : refuse(reading, REFUSAL_FINGERPRINT);
    }
    if (!isatty(STDIN_FILENO))
        return cli_usage(&cmd_enrol, _("nobody can be asked here; say --site-fingerprint"));
    site_format_digest(reading->applied.site, DIGEST_SIZE / 2, groups);
    fprintf(stderr,
            _("This PC is to belong to the site “%s”, with the fingerprint\n  %s\n"
              "Is it the one that the admin wrote down? [y/N] "),
            reading->applied.site_name, groups);
    if (ask_is_agreed())
        return CLI_OK;
    cli_error(&cmd_enrol, _("nothing was changed"));
    return CLI_REFUSED;
}

static int read_pinned(const struct reading *reading, uint8_t ret[DIGEST_SIZE])
{
    CLEANUP(certificate_free_p) X509 *pinned = NULL;
    int r = certificate_read_at(reading->folder.site, ENROL_SITE_CERTIFICATE, &pinned);
    return r < 0 ? r : certificate_fingerprint(pinned, ret);
}

// *ret_same: it holds already.
static enum cli_exit judge_site(const struct reading *reading, bool *ret_same)
{
    uint8_t pinned[DIGEST_SIZE];
    struct applied current;
    int r = read_pinned(reading, pinned);
    if (r == -ENOENT)
        return meet(reading);
    if (r == 0)
        r = applied_read(reading->folder.site, &current);
    if (r < 0)
        return enrol_folder_failed(&reading->folder, ENROL_FOLDER, r);
    if (memcmp(pinned, reading->applied.site, DIGEST_SIZE) != 0)
        return refuse(reading, REFUSAL_FOREIGN);
    if (reading->bundle.version < current.version)
        return refuse(reading, REFUSAL_OLDER);
    if (reading->bundle.version > current.version)
        return CLI_OK;
    *ret_same = memcmp(current.bundle, reading->applied.bundle, DIGEST_SIZE) == 0;
    return *ret_same ? CLI_OK : refuse(reading, REFUSAL_TWIN);
}

// ---- This workstation in it --------------------------------------------------------------------

static int find_host(struct reading *reading, EVP_PKEY *key)
{
    for (size_t i = 0; i < reading->bundle.n_hosts; i++) {
        const struct bundle_host *host = &reading->bundle.hosts[i];
        CLEANUP(certificate_free_p) X509 *certificate = NULL;
        int r = certificate_decode(host->certificate, strlen(host->certificate), &certificate);
        if (r < 0)
            return r;
        if (!certificate_has_key(certificate, key))
            continue;
        r = certificate_check(certificate, CERTIFICATE_HOST, reading->site);
        if (r == 0)
            r = certificate_fingerprint(certificate, reading->applied.certificate);
        text_copy(reading->applied.name, sizeof reading->applied.name, host->name);
        text_copy(reading->applied.ledger, sizeof reading->applied.ledger, host->ledger);
        reading->certificate = host->certificate;
        return r;
    }
    return -ENOENT;
}

static enum cli_exit judge_host(struct reading *reading)
{
    CLEANUP(key_free_p) EVP_PKEY *key = NULL;
    int r = key_read_at(reading->folder.site, ENROL_HOST_KEY, NULL, &key);
    if (r < 0 && r != -ENOENT)
        return enrol_folder_failed(&reading->folder, ENROL_FOLDER "/" ENROL_HOST_KEY, r);
    if (r == 0)
        r = find_host(reading, key);
    if (r == -ENOENT)
        return refuse(reading, REFUSAL_STRANGER);
    return r < 0 ? refuse(reading, REFUSAL_CHANGED) : CLI_OK;
}

// ---- Putting ready -----------------------------------------------------------------------------

// What an earlier run left, or the files that held before.
static int remove_next(const struct enrol_folder *folder)
{
    static const char *const folders[] = {ENROL_NEXT "/recipients", ENROL_NEXT "/policy",
                                          ENROL_NEXT};
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(folders); i++) {
        r = file_remove_entries(folder->keys, folders[i], NULL, NULL);
        if (r == 0 && unlinkat(folder->keys, folders[i], AT_REMOVEDIR) < 0 && errno != ENOENT)
            r = -errno;
    }
    return r;
}

static int put(int dir, const char *name, const char *text)
{
    return file_replace_at(dir, name, 0644, text, strlen(text));
}

static int put_recipients(const struct reading *reading, int next)
{
    CLEANUP_CLOSE int dir = -1;
    int r = file_open_dir_at(next, "recipients", 0700, &dir);
    for (size_t i = 0; r == 0 && i < reading->bundle.n_recipients; i++) {
        CLEANUP_FREE char *name = text_format("%02zu.crt", i + 1);
        r = name ? put(dir, name, reading->bundle.recipients[i]) : -ENOMEM;
    }
    return r;
}

static int put_policies(const struct reading *reading, int next)
{
    CLEANUP_CLOSE int dir = -1;
    int r = file_open_dir_at(next, "policy", 0700, &dir);
    for (size_t i = 0; r == 0 && i < reading->bundle.n_policies; i++) {
        const struct bundle_policy *policy = &reading->bundle.policies[i];
        CLEANUP_FREE char *name = text_format(POLICY_SITE_PREFIX "%s", policy->name);
        r = name ? put(dir, name, policy->text) : -ENOMEM;
    }
    return r;
}

// What is this workstation's own comes along.
static int link_own(const struct reading *reading, int next)
{
    static const char *const names[] = {ENROL_HOST_KEY, ENROL_REQUEST};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (linkat(reading->folder.site, names[i], next, names[i], 0) < 0 && errno != ENOENT)
            return -errno;
    return 0;
}

static int put_ready(struct reading *reading)
{
    CLEANUP_CLOSE int next = -1;
    int r = remove_next(&reading->folder);
    if (r == 0)
        r = file_open_dir_at(reading->folder.keys, ENROL_NEXT, 0700, &next);
    if (r == 0)
        r = link_own(reading, next);
    if (r == 0)
        r = put(next, ENROL_HOST_CERTIFICATE, reading->certificate);
    if (r == 0)
        r = put(next, ENROL_SITE_CERTIFICATE, reading->bundle.site);
    if (r == 0)
        r = put_recipients(reading, next);
    if (r == 0)
        r = put_policies(reading, next);
    if (r == 0)
        r = file_replace_at(next, "bundle.cms", 0600, reading->der, reading->length);
    if (r == 0)
        r = applied_write(next, &reading->applied);
    return r < 0 ? r : file_sync_dir(reading->folder.keys);
}

// ---- The whole ---------------------------------------------------------------------------------

static enum cli_exit hand_over(struct reading *reading, const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = put_ready(reading);
    if (r < 0)
        return enrol_folder_failed(&reading->folder, ENROL_NEXT, r);
    r = bus_call_enrol("bundle", NULL, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_enrol, r, why);
    r = remove_next(&reading->folder); // what held before
    if (r < 0)
        (void)enrol_folder_failed(&reading->folder, ENROL_NEXT, r);
    return cli_tell(options, answer,
                    _("Version %" PRIu64 " of the site “%s” holds here now; this PC is %s.\n"),
                    reading->bundle.version, reading->applied.site_name, reading->applied.name);
}

static enum cli_exit tell_same(const struct reading *reading, const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = json_object_new_object();
    json_add_number(answer, "version", reading->bundle.version);
    json_add_bool(answer, "same", true);
    return cli_tell(options, answer, _("Version %" PRIu64 " holds here already: nothing to do.\n"),
                    reading->bundle.version);
}

static enum cli_exit judge_and_apply(struct reading *reading, const struct cli_options *options)
{
    bool same = false;
    int r = judge_message(reading);
    if (r == 0)
        r = judge_recipients(reading);
    if (r < 0)
        return refuse(reading, REFUSAL_CHANGED);
    reading->applied.version = reading->bundle.version;
    reading->applied.signed_ns = reading->message.signed_at_ns;
    digest_of(reading->der, reading->length, reading->applied.bundle);
    enum cli_exit status = judge_site(reading, &same);
    if (status != CLI_OK || same)
        return same ? tell_same(reading, options) : status;
    status = judge_host(reading);
    return status == CLI_OK ? hand_over(reading, options) : status;
}

enum cli_exit enrol_bundle(const struct enrol_options *request, const struct cli_options *options)
{
    CLEANUP(reading_clear)
    struct reading reading = {.request = request, .folder = {.keys = -1, .site = -1}};
    int r = read_file(&reading);
    if (r == -EFBIG)
        return refuse(&reading, REFUSAL_CHANGED);
    if (r < 0) {
        CLEANUP_FREE char *shown = text_printable(request->bundle);
        cli_error(&cmd_enrol, "%s: %s", shown ? shown : "", strerror(-r));
        return CLI_FAILED;
    }
    enum cli_exit status = enrol_folder_open(request->state, &reading.folder);
    return status == CLI_OK ? judge_and_apply(&reading, options) : status;
}
