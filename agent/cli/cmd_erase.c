// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho erase: files are recorded, overwritten, deleted, and recorded again. Clause 5 (10).
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/erase-parts.h"
#include "cli/site.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define BATCH_FILES 100   // of one pair of rows
#define BATCH_BYTES 6000u // of their paths: a row's document holds 16 KiB

struct request {
    const char *certificate, *reason;
    bool recursive, yes, hash;
    bool container, no_backup; // the keys of containers, of whose headers there is no other copy
};

struct batch {
    struct erase_file files[BATCH_FILES];
    size_t n, bytes;
};

static void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        erase_file_clear(&batch->files[i]);
    batch->n = batch->bytes = 0;
}

struct totals {
    size_t erased, failed;
};

// ---- One file ----------------------------------------------------------------------------------

static void say(const struct erase_file *file, const struct cli_options *options)
{
    CLEANUP_FREE char *path = text_printable(file->path);
    if (file->why)
        cli_error(&cmd_erase, "%s: %s", path, _(file->why));
    else if (!options->json)
        printf("%s: %s\n", path, _(erase_level_sentence(erase_level_of(&file->evidence))));
}

// A file has as many names as links; all of them are named here, or its content would live on.
static const char *count_names(const struct batch *batch, const struct erase_file *file)
{
    uint64_t named = 0;
    if (file->luks[0]) // all of its names lead to a container without keys
        return NULL;
    for (size_t i = 0; i < batch->n; i++)
        named += batch->files[i].device == file->device && batch->files[i].inode == file->inode;
    return named < file->links ? N_("it has other names (hard links); erase all of them together")
                               : NULL;
}

static const struct erase_file *first_name(const struct batch *batch, size_t i)
{
    const struct erase_file *file = &batch->files[i];
    for (size_t k = 0; k < i; k++)
        if (batch->files[k].device == file->device && batch->files[k].inode == file->inode)
            return &batch->files[k];
    return NULL;
}

// ---- A batch -----------------------------------------------------------------------------------

static enum cli_exit do_batch(struct erase_job *job, struct batch *batch, struct totals *totals,
                              const struct cli_options *options)
{
    uint64_t number;
    if (batch->n == 0)
        return CLI_OK;
    enum cli_exit status = erase_record_begin(job, batch->files, batch->n, &number);
    if (status != CLI_OK)
        return status;
    for (size_t i = 0; i < batch->n; i++) {
        struct erase_file *file = &batch->files[i];
        if (file->luks[0])
            erase_container_do(file);
        else if (file->fd >= 0)
            erase_file_do(file);
        else
            erase_file_follow(file, first_name(batch, i));
        say(file, options);
        *(file->why ? &totals->failed : &totals->erased) += 1;
    }
    status = erase_record_end(job, number, batch->files, batch->n);
    batch_clear(batch);
    return status;
}

// Those that something is against fall out of the batch before anything is recorded of them.
static void drop_refused(struct batch *batch, struct totals *totals,
                         const struct cli_options *options)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->n; i++)
        if (!batch->files[i].why)
            batch->files[i].why = count_names(batch, &batch->files[i]);
    for (size_t i = 0; i < batch->n; i++) {
        struct erase_file *file = &batch->files[i];
        if (!file->why) {
            batch->files[kept++] = *file;
            continue;
        }
        say(file, options);
        totals->failed++;
        erase_file_clear(file);
    }
    batch->n = kept;
}

static int look(const struct request *request, const char *path, struct batch *batch)
{
    struct erase_file *file = &batch->files[batch->n];
    int r = request->container ? erase_container_look(path, file)
                               : erase_file_look(path, batch->files, batch->n, file);
    if (r == 0 && request->hash && !file->why && file->fd >= 0 && erase_file_hash(file) < 0)
        file->why = N_("it can't be read for its SHA-256");
    if (r < 0)
        return r;
    batch->n++;
    batch->bytes += (unsigned)strlen(file->path) + (file->luks[0] ? 160 : 32);
    return 0;
}

static enum cli_exit do_all(const struct request *request, const struct erase_list *list,
                            struct erase_job *job, struct totals *totals,
                            const struct cli_options *options)
{
    CLEANUP_FREE struct batch *batch = calloc(1, sizeof *batch);
    enum cli_exit status = batch ? CLI_OK : CLI_FAILED;
    for (size_t i = 0; i < list->n && status == CLI_OK; i++) {
        if (look(request, list->paths[i], batch) < 0)
            status = CLI_FAILED;
        bool full = batch->n == BATCH_FILES || batch->bytes > BATCH_BYTES;
        if (status == CLI_OK && (full || i + 1 == list->n)) {
            drop_refused(batch, totals, options);
            status = do_batch(job, batch, totals, options);
        }
    }
    if (batch)
        batch_clear(batch);
    return status;
}

// ---- The whole ---------------------------------------------------------------------------------

static bool is_agreed(const struct request *request, const struct erase_list *list)
{
    if (request->yes)
        return true;
    if (request->container)
        fprintf(stderr,
                ngettext("%zu container will be closed for ever. Go on? [y/N] ",
                         "%zu containers will be closed for ever. Go on? [y/N] ", list->n),
                list->n);
    else
        fprintf(stderr,
                ngettext("%zu file will be erased for ever. Go on? [y/N] ",
                         "%zu files will be erased for ever. Go on? [y/N] ", list->n),
                list->n);
    return ask_is_agreed();
}

static void print_end(const struct erase_job *job, const struct totals *totals,
                      const struct request *request, const struct cli_options *options)
{
    if (options->json) {
        CLEANUP_JSON json_object *document = json_object_new_object();
        json_add_number(document, "number", job->whole);
        json_add_number(document, "erased", totals->erased);
        json_add_number(document, "failed", totals->failed);
        if (job->certificate)
            json_add(document, "certificate", json_object_get(job->certificate));
        cli_print_json(document);
        return;
    }
    if (job->whole)
        printf(_("Recorded as number %" PRIu64 ".\n"), job->whole);
    if (job->whole && request->certificate)
        printf(_("The certificate is in %s.\n"), request->certificate);
}

static enum cli_exit erase(const struct request *request, const struct erase_list *list,
                           const struct cli_options *options)
{
    struct erase_job job = {.reason = request->reason};
    struct totals totals = {0};
    if (!is_agreed(request, list))
        return CLI_REFUSED;
    (void)signal(SIGIO, SIG_IGN); // somebody opens a file that we hold a lease on: he waits
    enum cli_exit status = do_all(request, list, &job, &totals, options);
    for (size_t i = 0; i < list->n_folders; i++)
        (void)rmdir(list->folders[i]); // one that still holds something stays
    if (status == CLI_OK && request->certificate && job.certificate)
        status = erase_certificate_write(job.certificate, request->certificate);
    print_end(&job, &totals, request, options);
    json_object_put(job.certificate);
    return status != CLI_OK ? status : totals.failed > 0 ? CLI_FINDING : CLI_OK;
}

static enum cli_exit list_all(const struct request *request, char *paths[], struct erase_list *list)
{
    for (; *paths; paths++) {
        CLEANUP_FREE char *shown = text_printable(*paths);
        int r = erase_list_add(list, *paths, request->recursive);
        if (r == -EISDIR)
            return cli_usage(&cmd_erase, _("%s: is a folder; --recursive erases what is in it"),
                             shown);
        if (r == -E2BIG)
            return cli_usage(&cmd_erase, _("more than %d files at once"), ERASE_FILES_MAX);
        if (r < 0) {
            cli_error(&cmd_erase, "%s: %s", shown, strerror(-r));
            return CLI_FAILED;
        }
    }
    return CLI_OK;
}

static bool *flag_of(struct request *request, int option)
{
    switch (option) {
    case 'r':
        return &request->recursive;
    case 'y':
        return &request->yes;
    case 'h':
        return &request->hash;
    case 'C':
        return &request->container;
    case 'b':
        return &request->no_backup;
    default:
        return NULL;
    }
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"recursive", no_argument, NULL, 'r'},
        {"yes", no_argument, NULL, 'y'},
        {"hash", no_argument, NULL, 'h'},
        {"container", no_argument, NULL, 'C'},
        {"no-header-backup", no_argument, NULL, 'b'},
        {"reason", required_argument, NULL, 'R'},
        {"certificate", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {0};
    CLEANUP(erase_list_clear) struct erase_list list = {0};
    int option;
    if (argc > 1 && text_equal(argv[1], "certificate"))
        return erase_certificate_print(argc - 1, argv + 1, options);
    if (argc > 1 && text_equal(argv[1], "list"))
        return erase_register_list(argc - 1, argv + 1, options);
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        bool *flag = flag_of(&request, option);
        if (option == 'c' || option == 'R')
            *(option == 'c' ? &request.certificate : &request.reason) = optarg;
        else if (flag)
            *flag = true;
        else
            return cli_bad_option(&cmd_erase, option, argv[optind - 1]);
    }
    if (optind == argc)
        return cli_usage(&cmd_erase, _("which files? Give at least one"));
    if (request.container && request.recursive)
        return cli_usage(&cmd_erase, _("--container takes files and devices, no folders"));
    if (request.container != request.no_backup)
        return cli_usage(
            &cmd_erase, _("--container needs --no-header-backup: a copy of the header (a backup, a "
                          "detached header) could still open it; destroy each copy first"));
    if (!request.yes && (options->json || !isatty(STDIN_FILENO)))
        return cli_usage(&cmd_erase, _("nobody can be asked here; say --yes"));
    (void)site_use_zone(NULL);
    enum cli_exit status = list_all(&request, argv + optind, &list);
    return status == CLI_OK ? erase(&request, &list, options) : status;
}

const struct command cmd_erase = {
    .name = "erase",
    .summary = N_("Deletes files for good, as far as the storage allows, and certifies it"),
    .usage = "FILE… [--recursive] [--yes] [--hash] [--reason TEXT] [--certificate DIR]\n"
             "       --container FILE|DEVICE… --no-header-backup [--yes] [--reason TEXT] "
             "[--certificate DIR]\n"
             "       certificate NUMBER [--certificate DIR] [--state DIR]\n"
             "       list [--csv] [--state DIR]",
    .help =
        N_("  --recursive         what is in a folder, too, on the same file system\n"
           "  --yes               without asking\n"
           "  --hash              records the SHA-256 of each file before\n"
           "  --reason TEXT       why; it stands on the certificate\n"
           "  --certificate DIR   writes the certificate there, as HTML and text, in Japanese\n"
           "                      and English\n"
           "  --container         destroys the keys of LUKS containers, files or devices: nobody\n"
           "                      can open them any more\n"
           "  --no-header-backup  you say that there is no other copy of their headers\n"
           "  --csv               of list: as CSV\n"
           "  --state DIR         another folder than /var/lib/sekisho\n"
           "\n"
           "What is claimed of each file is what its storage allows, see sekisho-erase(1).\n"
           "“list” prints what was erased, with what was left unfinished.\n"
           "“certificate” prints an earlier one again from the ledger. Exit status 1: at\n"
           "least one file was not erased.\n"),
    .run = run,
};
