// SPDX-License-Identifier: GPL-3.0-or-later
// Opens a sealed package for `sekisho verify`, and says who signed it.
#include "cli/verify-sealed.h"

#include "base/text.h"
#include "cli/site.h"
#include "report/package-chain.h"
#include "report/verified.h"
#include "site/certificate.h"
#include "site/key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <signal.h>
#include <string.h>

// ---- Keys --------------------------------------------------------------------------------------

void sealed_keys_clear(struct sealed_keys *keys)
{
    certificate_free_p(&keys->site);
    certificate_free_p(&keys->certificate);
    key_free_p(&keys->key);
}

static enum cli_exit file_failed(int r, const char *path)
{
    if (r == -EBADMSG)
        cli_error(&cmd_verify, _("%s: is no certificate, or no key, that sekisho uses"), path);
    else
        cli_error(&cmd_verify, "%s: %s", path, strerror(-r));
    return r == -EACCES || r == -EPERM ? CLI_REFUSED : CLI_FAILED;
}

static enum cli_exit read_site(const struct sealed_request *request, const char *state, X509 **ret)
{
    CLEANUP_FREE char *own = text_format("%s/" ENROLLED_FOLDER "/site.crt", state);
    const char *path = request->site ? request->site : own;
    int r = path ? certificate_read_at(AT_FDCWD, path, ret) : -ENOMEM;
    if (r < 0 && !request->site) // elsewhere there is none, and others than root may not read it
        return CLI_OK;
    if (r == 0)
        r = certificate_check(*ret, CERTIFICATE_SITE, *ret);
    if (r == -EBADMSG || r == -EKEYREJECTED) {
        cli_error(&cmd_verify, _("%s: is not the certificate of a site"), path);
        return CLI_FAILED;
    }
    return r < 0 ? file_failed(r, path) : CLI_OK;
}

static enum cli_exit read_locked_key(const struct sealed_request *request, EVP_PKEY **ret)
{
    CLEANUP(passphrase_clear) struct passphrase passphrase = {0};
    const struct passphrase_question question = {&cmd_verify, &request->passphrase, request->key,
                                                 0};
    enum cli_exit status = passphrase_ask(&question, &passphrase);
    if (status != CLI_OK)
        return status;
    int r = key_read_at(AT_FDCWD, request->key, passphrase_text(&passphrase), ret);
    if (r != -EACCES)
        return r < 0 ? file_failed(r, request->key) : CLI_OK;
    cli_error(&cmd_verify, _("%s: this is not its passphrase"), request->key);
    return CLI_FAILED;
}

static enum cli_exit read_key(const struct sealed_request *request, EVP_PKEY **ret)
{
    if (access(request->key, R_OK) < 0)
        return file_failed(-errno, request->key);
    int r = key_read_at(AT_FDCWD, request->key, NULL, ret);
    if (r == -EACCES)
        return read_locked_key(request, ret);
    return r < 0 ? file_failed(r, request->key) : CLI_OK;
}

static enum cli_exit read_recipient(const struct sealed_request *request, struct sealed_keys *ret)
{
    int r = certificate_read_at(AT_FDCWD, request->certificate, &ret->certificate);
    if (r < 0)
        return file_failed(r, request->certificate);
    enum cli_exit status = read_key(request, &ret->key);
    if (status != CLI_OK || EVP_PKEY_eq(ret->key, X509_get0_pubkey(ret->certificate)) == 1)
        return status;
    cli_error(&cmd_verify, _("%s: is not the key of the certificate %s"), request->key,
              request->certificate);
    return CLI_FAILED;
}

enum cli_exit sealed_keys_read(const struct sealed_request *request, const char *state,
                               struct sealed_keys *ret)
{
    const char *folder = getenv("TMPDIR");
    ret->scratch = request->scratch ? request->scratch : folder && folder[0] ? folder : "/var/tmp";
    enum cli_exit status = read_site(request, state, &ret->site);
    if (status == CLI_OK && request->key && access(ret->scratch, W_OK | X_OK) < 0)
        return file_failed(-errno, ret->scratch);
    return status == CLI_OK && request->key ? read_recipient(request, ret) : status;
}

// ---- Opening -----------------------------------------------------------------------------------

static const int interrupts[] = {SIGHUP, SIGINT, SIGTERM};

static sigset_t list_interrupts(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(interrupts); i++)
        (void)sigaddset(&set, interrupts[i]);
    return set;
}

static void hold_interrupts(int how)
{
    sigset_t set = list_interrupts();
    (void)sigprocmask(how, &set, NULL);
}

static bool is_interrupted(void)
{
    sigset_t pending;
    bool found = false;
    (void)sigpending(&pending);
    for (size_t i = 0; i < ELEMENTS(interrupts); i++)
        found = found || sigismember(&pending, interrupts[i]) == 1;
    return found;
}

static void show_progress(void *context, enum package_step step, uint64_t done)
{
    (void)context;
    if (step == PACKAGE_OPENING)
        fprintf(stderr, "\r\x1b[K%s … %" PRIu64, _("decrypting, part"), done + 1);
    else
        fprintf(stderr, "\r\x1b[K%s", step == PACKAGE_VERIFYING ? _("verifying") : "");
}

static enum cli_exit open_failed(int r, const char *path, const char *scratch)
{
    if (r == -ENOKEY)
        cli_error(&cmd_verify, _("%s: is encrypted to others than this certificate's key"), path);
    else if (r == -ENOSPC)
        cli_error(&cmd_verify,
                  _("%s: there is no room for what is in the package; name another folder by "
                    "--scratch"),
                  scratch);
    else
        return cli_read_failed(&cmd_verify, r, path);
    return CLI_FAILED;
}

enum cli_exit sealed_open(const char *path, const struct sealed_keys *keys,
                          const struct verify_witness *witness, struct sealed_set *set)
{
    const struct package_reader reader = {
        .site = keys->site,
        .certificate = keys->certificate,
        .key = keys->key,
        .scratch = keys->scratch,
        .witness = *witness,
        .is_cancelled = is_interrupted,
        .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
    };
    struct package *more = reallocarray(set->packages, set->n + 1, sizeof *more);
    if (!more)
        return open_failed(-ENOMEM, path, keys->scratch);
    set->packages = more;
    hold_interrupts(SIG_BLOCK);
    int r = package_open(path, &reader, &set->packages[set->n]);
    if (r < 0)
        return open_failed(r, path, keys->scratch);
    set->n++;
    return CLI_OK;
}

void sealed_set_close(struct sealed_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        package_clear(&set->packages[i]);
    free(set->packages);
    *set = (struct sealed_set){0};
    hold_interrupts(SIG_UNBLOCK);
}

// ---- Telling -----------------------------------------------------------------------------------

bool sealed_is_judged(const struct package *package)
{
    return package->contents && package->signer.vouched;
}

// Of what was looked at and is whole: what nobody has recorded. False: it is not known.
static bool find_gaps(const struct package *package, struct package_gaps *ret)
{
    return package->contents && package->verified.outcome != VERIFY_BROKEN &&
           site_use_named_zone(package->manifest.time_zone) == 0 &&
           package_find_gaps(package, ret) == 0;
}

static void print_gaps(const struct package *package)
{
    struct package_gaps gaps;
    if (!find_gaps(package, &gaps))
        return;
    printf(_("  Not watched while it was on: %" PRIu64 " times, %" PRIu64 " min in all; events "
             "lost: %" PRIu64 "; clock stepped: %" PRIu64 " times.\n"),
           gaps.holes, gaps.unseen_ns / (60 * NS_PER_S), gaps.lost, gaps.clock_steps);
}

static void add_gaps(json_object *object, const struct package *package)
{
    struct package_gaps gaps;
    if (!find_gaps(package, &gaps))
        return;
    json_add_number(object, "holes", gaps.holes);
    json_add_number(object, "unseen_ns", gaps.unseen_ns);
    json_add_number(object, "lost", gaps.lost);
    json_add_number(object, "clock_steps", gaps.clock_steps);
}

void sealed_print(const struct package *package)
{
    const struct package_signer *signer = &package->signer;
    char time[40];
    if (signer->signed_at_ns == 0)
        return; // that it does not hold is one of the faults
    moment_to_iso(signer->signed_at_ns, time);
    printf(_("  Signed by %s (%s), %s by its clock.\n"), signer->name ? signer->name : "?",
           signer->identity ? signer->identity : "?", time);
    puts(signer->vouched
             ? _("  Its certificate is from the site that was given.")
             : _("  Whether it is a PC of your site was not proven; --site does that."));
    if (package->verified.outcome != VERIFY_BROKEN && !package->contents)
        puts(_("  Its rows were not verified, as they are encrypted: give --private-key and "
               "--certificate of a recipient."));
    print_gaps(package);
}

void sealed_add(json_object *object, const struct package *package)
{
    const struct package_signer *signer = &package->signer;
    json_object *by = json_object_new_object();
    json_add_text(object, "contents", package->contents ? "read" : "unread");
    if (package->verified.outcome != VERIFY_BROKEN && !package->contents)
        json_add_text(object, "outcome", "unread");
    else
        verified_add(object, &package->verified);
    add_gaps(object, package);
    json_add(object, "signer", by);
    if (signer->signed_at_ns == 0)
        return;
    char hex[DIGEST_TEXT_SIZE];
    text_hex(signer->fingerprint, DIGEST_SIZE, hex);
    json_add_text(by, "name", signer->name);
    json_add_text(by, "identity", signer->identity);
    json_add_text(by, "fingerprint", hex);
    json_add_bool(by, "vouched", signer->vouched);
    json_add_number(by, "signed_at_ns", signer->signed_at_ns);
    json_add_number(by, "created_ns", package->manifest.created_ns);
}
