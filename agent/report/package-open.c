// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a sealed package: it came on a stick, and everything in it may have been made up. Each
// part is read once: what was hashed is what is opened.
#include "report/package-parts.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "report/package-file.h"
#include "report/sealed-manifest.h"
#include "site/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

struct opening_parts {
    struct package_check check;
    const struct package_reader *reader;
    int contents; // folder for the files as they are; −1: nobody looks into them
    uint64_t n_done;
};

// One file on its way out of its parts.
struct joined {
    const struct manifest_file *file;
    int fd; // −1: nobody looks into it
    struct digest *digest;
    uint64_t size;
};

static int add_fault(struct opening_parts *opening, const char *file, const char *what)
{
    return package_add_fault(&opening->check, file, text_dup(what));
}

static bool is_faultless(const struct opening_parts *opening)
{
    return opening->check.package->verified.n_faults == 0;
}

// ---- Who signed --------------------------------------------------------------------------------

static int take_name(int (*get)(X509 *certificate, char **ret), X509 *certificate, char **ret)
{
    CLEANUP_FREE char *text = NULL;
    int r = get(certificate, &text);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    *ret = text_printable(text);
    return *ret ? 0 : -ENOMEM;
}

static int describe_signer(const struct envelope_signed *message, struct package_signer *ret)
{
    ret->signed_at_ns = message->signed_at_ns;
    int r = take_name(certificate_name, message->signer, &ret->name);
    if (r == 0)
        r = take_name(certificate_identity, message->signer, &ret->identity);
    return r < 0 ? r : certificate_fingerprint(message->signer, ret->fingerprint);
}

// Is the signer the site's, the manifest's, and that of this ledger?
static int check_site(struct opening_parts *opening, X509 *signer)
{
    const struct manifest *manifest = &opening->check.package->manifest;
    uint8_t site[DIGEST_SIZE];
    if (!opening->reader->site)
        return 0;
    int r = certificate_check(signer, CERTIFICATE_HOST, opening->reader->site);
    if (r == -EKEYREJECTED)
        return add_fault(opening, MANIFEST_SEALED_NAME,
                         _("the site has not given its signer's certificate to a workstation"));
    if (r < 0)
        return add_fault(opening, MANIFEST_SEALED_NAME,
                         _("the site has not issued its signer's certificate"));
    opening->check.package->signer.vouched = true;
    r = certificate_fingerprint(opening->reader->site, site);
    if (r == 0 && memcmp(site, manifest->site, DIGEST_SIZE) != 0)
        r = add_fault(opening, MANIFEST_SEALED_NAME, _("it names another site"));
    return r;
}

static int check_signer(struct opening_parts *opening)
{
    const struct manifest *manifest = &opening->check.package->manifest;
    const struct package_signer *signer = &opening->check.package->signer;
    if (memcmp(signer->fingerprint, manifest->certificate, DIGEST_SIZE) != 0)
        return add_fault(opening, MANIFEST_SEALED_NAME,
                         _("another than the one it names has signed it"));
    if (!text_equal(signer->identity, manifest->ledger))
        return add_fault(opening, MANIFEST_SEALED_NAME,
                         _("its signer's certificate is that of another PC's ledger"));
    return 0;
}

static int take_manifest(struct opening_parts *opening)
{
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    struct package *package = opening->check.package;
    int r = sealed_manifest_read(opening->check.folder, &message);
    if (r == -EBADMSG)
        return add_fault(opening, MANIFEST_SEALED_NAME, _("its signature does not hold"));
    if (r == 0)
        r = describe_signer(&message, &package->signer);
    if (r < 0)
        return r;
    r = sealed_manifest_decode(&message, &package->manifest);
    if (r == -EBADMSG)
        return add_fault(opening, MANIFEST_SEALED_NAME,
                         _("this is no manifest that sekisho has written"));
    if (r == 0)
        r = check_site(opening, message.signer);
    return r < 0 ? r : check_signer(opening);
}

// ---- Parts -------------------------------------------------------------------------------------

static int check_part(struct opening_parts *opening, const char *name,
                      const struct manifest_part *part, const char *data, size_t length)
{
    uint8_t sha256[DIGEST_SIZE];
    digest_of(data, length, sha256);
    if (length != part->size)
        return package_add_fault(&opening->check, name,
                                 text_format(_("it has %" PRIu64 " bytes, the manifest says "
                                               "%" PRIu64),
                                             (uint64_t)length, part->size));
    if (memcmp(sha256, part->sha256, DIGEST_SIZE) != 0)
        return add_fault(opening, name, _("its content is not what the manifest's SHA-256 says"));
    return 0;
}

static int unseal_part(struct opening_parts *opening, const char *name, struct joined *joined,
                       const struct manifest_part *part, const char *data)
{
    const struct package_reader *reader = opening->reader;
    CLEANUP_FREE uint8_t *content = NULL;
    size_t length;
    int r = envelope_open(data, part->size, reader->certificate, reader->key, &content, &length);
    if (r == -EBADMSG || r == -ENOKEY)
        return add_fault(opening, name, _("it can't be decrypted: its PC has not written it so"));
    if (r < 0)
        return r;
    joined->size += length;
    if (joined->size > joined->file->size)
        return add_fault(opening, name, _("there is more in it than the manifest says"));
    digest_add(joined->digest, content, length);
    return file_write_all(joined->fd, content, length);
}

static int take_part(struct opening_parts *opening, struct joined *joined, size_t i)
{
    const struct manifest_part *part = &joined->file->parts[i];
    char name[MANIFEST_NAME_SIZE];
    CLEANUP_FREE char *data = NULL;
    size_t length;
    manifest_name_part(joined->file, i, name);
    int r = package_file_read(opening->check.folder, name, ENVELOPE_MAX, &data, &length);
    if (r == -ENOENT)
        return add_fault(opening, name, _("the file is missing"));
    if (r == -EINVAL)
        return add_fault(opening, name, _("this is no regular file"));
    if (r == -EFBIG)
        return add_fault(opening, name, _("it is larger than a part can be"));
    if (r == 0)
        r = check_part(opening, name, part, data, length);
    // Behind the first fault nothing is opened any more, but the outside of all is looked at.
    if (r < 0 || joined->fd < 0 || !is_faultless(opening))
        return r;
    return unseal_part(opening, name, joined, part, data);
}

static int take_parts(struct opening_parts *opening, struct joined *joined)
{
    const struct package_reader *reader = opening->reader;
    uint8_t sha256[DIGEST_SIZE];
    for (size_t i = 0; i < joined->file->n_parts; i++) {
        if (reader->is_cancelled && reader->is_cancelled())
            return -ECANCELED;
        if (reader->progress)
            reader->progress(reader->context, PACKAGE_OPENING, opening->n_done++);
        int r = take_part(opening, joined, i);
        if (r < 0)
            return r;
    }
    if (joined->fd < 0 || !is_faultless(opening))
        return 0;
    digest_end(joined->digest, sha256);
    if (joined->size == joined->file->size &&
        memcmp(sha256, joined->file->sha256, DIGEST_SIZE) == 0)
        return 0;
    return add_fault(opening, joined->file->name,
                     _("its content is not what the manifest's SHA-256 says"));
}

static int take_file(struct opening_parts *opening, const struct manifest_file *file)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    CLEANUP_CLOSE int fd = -1;
    int r = digest_new(&digest);
    if (r < 0)
        return r;
    if (opening->contents >= 0) {
        fd = openat(opening->contents, file->name,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
            return -errno;
    }
    struct joined joined = {.file = file, .fd = fd, .digest = digest};
    return take_parts(opening, &joined);
}

static int take_files(struct opening_parts *opening)
{
    int r = 0;
    for (enum manifest_item item = 0; r == 0 && item < MANIFEST_ITEM_MAX; item++)
        if (manifest_has(MANIFEST_SEALED, item))
            r = take_file(opening, &opening->check.package->manifest.files[item]);
    return r;
}

// ---- Contents ----------------------------------------------------------------------------------

// Its certificate has to be among those which the manifest names.
static int check_recipient(const struct package_reader *reader, const struct manifest *manifest)
{
    uint8_t own[DIGEST_SIZE];
    int r = certificate_fingerprint(reader->certificate, own);
    for (size_t i = 0; r == 0 && i < manifest->n_recipients; i++)
        if (memcmp(manifest->recipients[i], own, DIGEST_SIZE) == 0)
            return 0;
    return r < 0 ? r : -ENOKEY;
}

static int make_contents(struct opening_parts *opening)
{
    struct package *package = opening->check.package;
    CLEANUP_FREE char *path = text_format("%s/sekisho-open.XXXXXX", opening->reader->scratch);
    if (!path)
        return -ENOMEM;
    if (!mkdtemp(path))
        return -errno;
    package->contents = TAKE_PTR(path);
    opening->contents = open(package->contents, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return opening->contents < 0 ? -errno : 0;
}

char *package_path_of(const struct package *package, enum manifest_item item)
{
    return text_format("%s/%s", package->contents, package->manifest.files[item].name);
}

static int check_contents(struct opening_parts *opening)
{
    const struct package_reader *reader = opening->reader;
    if (opening->contents < 0)
        return 0;
    if (!is_faultless(opening)) { // nobody is to take for contents what is not all of them
        package_drop_contents(opening->check.package);
        return 0;
    }
    CLEANUP_FREE char *ledger = package_path_of(opening->check.package, MANIFEST_LEDGER);
    if (!ledger)
        return -ENOMEM;
    if (reader->progress)
        reader->progress(reader->context, PACKAGE_VERIFYING, 0);
    return package_check_ledger(&opening->check, ledger);
}

// ---- All of it ---------------------------------------------------------------------------------

static int check_all(struct opening_parts *opening)
{
    int r = take_manifest(opening);
    // Without a manifest that its signer stands for, there is nothing to hold the parts against.
    if (r < 0 || !is_faultless(opening))
        return r;
    if (opening->reader->key) {
        r = check_recipient(opening->reader, &opening->check.package->manifest);
        if (r == 0)
            r = make_contents(opening);
    }
    if (r == 0)
        r = take_files(opening);
    if (r == 0)
        r = check_contents(opening);
    return r < 0 ? r : package_check_strangers(&opening->check);
}

int package_open(const char *path, const struct package_reader *reader, struct package *ret)
{
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    struct package package = {.path = text_dup(path), .verified = {.outcome = VERIFY_OPEN_END}};
    struct opening_parts opening = {
        .check = {path, folder, &reader->witness, &package}, .reader = reader, .contents = -1};
    int r = package.path ? check_all(&opening) : -ENOMEM;
    if (opening.contents >= 0)
        (void)close(opening.contents);
    if (r == 0 && reader->progress)
        reader->progress(reader->context, PACKAGE_DONE, opening.n_done);
    if (r < 0) {
        package_clear(&package);
        return r;
    }
    *ret = package;
    return 0;
}
