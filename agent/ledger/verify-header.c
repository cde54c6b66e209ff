// SPDX-License-Identifier: GPL-3.0-or-later
// The first 100 bytes of a file, and what may lie beside it: FORMAT.md section 1. It is read before
// SQLite sees the file, which would act on both.
#include "base/bytes.h"
#include "base/i18n.h"
#include "base/text.h"
#include "ledger/schema.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_SIZE 100
#define AT_MODE 18
#define AT_CHANGES 24
#define AT_PAGES 28
#define AT_VERSION 63
#define AT_CHANGES_SEEN 92
// A writer that opens or closes a file passes through forms that are neither.
#define CHANGING_TRIES 10
#define CHANGING_US 50000

static const struct field {
    unsigned at, size;
    const char *bytes;
} fields[] = {
    {0, 16, "SQLite format 3"},
    {16, 2, "\x10\x00"},                         // page size
    {AT_MODE, 2, "\x01\x01"},                    // rollback journal
    {20, 1, "\x00"},                             // no reserved room
    {21, 3, "\x40\x20\x20"},                     // payload fractions
    {44, 4, "\x00\x00\x00\x04"},                 // schema format
    {48, 8, "\x00\x00\x00\x00\x00\x00\x00\x00"}, // default cache size, largest root page
    {56, 4, "\x00\x00\x00\x01"},                 // UTF-8
    {60, 3, "\x00\x00\x00"},                     // user_version, but for its last byte
    {64, 4, "\x00\x00\x00\x00"},                 // incremental vacuum
    {68, 4, "skLG"},                             // application_id
    {72, 20, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
};

// What can be seen of a file without SQLite.
struct form {
    uint8_t header[HEADER_SIZE];
    uint64_t size;
    bool has_wal, has_shm, has_journal;
    bool has_log; // its -wal is a file that can be one
};

// ---- Looking -----------------------------------------------------------------------------------

static int is_beside(const char *path, const char *suffix, bool *ret, bool *ret_is_file)
{
    CLEANUP_FREE char *beside = text_format("%s%s", path, suffix);
    struct stat status = {0};
    if (!beside)
        return -ENOMEM;
    if (lstat(beside, &status) < 0 && errno != ENOENT)
        return -errno;
    *ret = status.st_mode != 0;
    *ret_is_file = S_ISREG(status.st_mode);
    return 0;
}

static int look_beside(const char *path, struct form *form)
{
    bool ignored;
    int r = is_beside(path, "-wal", &form->has_wal, &form->has_log);
    if (r == 0)
        r = is_beside(path, "-shm", &form->has_shm, &ignored);
    return r < 0 ? r : is_beside(path, "-journal", &form->has_journal, &ignored);
}

static int look(const char *path, struct form *ret)
{
    struct form form = {0};
    struct stat status;
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (pread(fd, form.header, sizeof form.header, 0) < 0)
        return -errno;
    form.size = (uint64_t)status.st_size;
    int r = look_beside(path, &form);
    if (r == 0)
        *ret = form;
    return r;
}

static bool is_marked(const struct form *form, uint8_t mode)
{
    return form->header[AT_MODE] == mode && form->header[AT_MODE + 1] == mode;
}

static bool is_open(const struct form *form)
{
    return is_marked(form, 2) && form->has_log && !form->has_journal;
}

static bool is_closed(const struct form *form)
{
    return is_marked(form, 1) && !form->has_wal && !form->has_journal;
}

// The form that stays: a writer may be about to open or close the file.
static int look_until_settled(const struct verifier *verifier, const char *path, struct form *ret)
{
    int r = look(path, ret);
    bool may_change = verifier->witness->open && verifier->newest;
    for (int i = 0; r == 0 && may_change && i < CHANGING_TRIES; i++) {
        if (is_open(ret) || is_closed(ret) || ret->size < HEADER_SIZE)
            break;
        (void)usleep(CHANGING_US);
        r = look(path, ret);
    }
    return r;
}

// ---- Judging -----------------------------------------------------------------------------------

static int blame(struct verifier *verifier, const char *what)
{
    return verifier_blame(verifier, VERIFY_RULE_FORM, 0, 0, "%s", what);
}

static int check_mode(struct verifier *verifier, const struct form *form)
{
    if (!is_marked(form, 2))
        return blame(verifier, _("the header is wrong at byte 18 or 19"));
    if (!form->has_log)
        return blame(verifier, _("the file was not closed, and the part \"-wal\" is missing"));
    return blame(verifier, verifier->newest
                               ? _("the file was not closed: a writer has it open")
                               : _("the file was not closed, though a later month has begun; end "
                                   "what reads it, the next seal closes it"));
}

static int check_header(struct verifier *verifier, const struct form *form)
{
    const uint8_t *header = form->header;
    for (size_t i = 0; i < ELEMENTS(fields); i++) {
        if (memcmp(header + fields[i].at, fields[i].bytes, fields[i].size) == 0)
            continue;
        return fields[i].at == AT_MODE
                   ? check_mode(verifier, form)
                   : verifier_blame(verifier, VERIFY_RULE_FORM, 0, 0,
                                    _("the header is wrong at byte %u"), fields[i].at);
    }
    if (header[AT_VERSION] == 0 || header[AT_VERSION] > SCHEMA_VERSION)
        return verifier_blame(verifier, VERIFY_RULE_FORM, 0, 0, _("the header is wrong at byte %u"),
                              AT_VERSION);
    if (memcmp(header + AT_CHANGES, header + AT_CHANGES_SEEN, 4) != 0)
        return verifier_blame(verifier, VERIFY_RULE_FORM, 0, 0, _("the header is wrong at byte %u"),
                              AT_CHANGES);
    if ((uint64_t)bytes_get_u32(header + AT_PAGES) * SCHEMA_PAGE_SIZE != form->size)
        return blame(verifier, _("the file is longer or shorter than its header says"));
    return 0;
}

static int check_beside(struct verifier *verifier, const struct form *form)
{
    const char *suffix = form->has_journal ? "-journal"
                         : form->has_wal   ? "-wal"
                         : form->has_shm   ? "-shm"
                                           : NULL;
    if (!suffix)
        return 0;
    return verifier_blame(verifier, VERIFY_RULE_FORM, 0, 0,
                          _("\"%s%s\" lies beside a file that was closed"),
                          text_basename(verifier->path), suffix);
}

int verify_header(struct verifier *verifier, const char *path)
{
    struct form form;
    int r = look_until_settled(verifier, path, &form);
    if (r < 0)
        return r;
    if (verifier->witness->open && verifier->newest && is_open(&form))
        return 0; // SQLite and its log know better than the first page
    size_t before = verifier->result.n_faults;
    r = form.has_journal ? check_beside(verifier, &form) : check_header(verifier, &form);
    if (r == 0 && verifier->result.n_faults == before)
        r = check_beside(verifier, &form);
    return r < 0 ? r : verifier->result.n_faults > before;
}
