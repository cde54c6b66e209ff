// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho verify: does a ledger, or a package, show that somebody touched it?
#include "cli/cli.h"
#include "cli/site.h"
#include "cli/table.h"
#include "cli/verify-sealed.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/query.h"
#include "ledger/verify.h"
#include "report/package-chain.h"
#include "report/verified.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct request {
    struct verify_witness witness;
    bool all;
    const char *state;
    char **paths; // borrowed from argv
    size_t n_paths;
    struct sealed_request sealed;
};

struct answer {
    const struct cli_options *options;
    json_object *results; // NULL unless --json
    bool broken;          // or not wholly judged
};

// ---- Telling -----------------------------------------------------------------------------------

static const char *paint(const struct answer *answer, const char *color)
{
    return answer->options->color ? color : "";
}

static void print_fault(const struct verify_fault *fault)
{
    CLEANUP_FREE char *file = fault->file ? text_printable(fault->file) : NULL;
    CLEANUP_FREE char *what = text_printable(fault->what);
    printf("  %s: %s\n", file ? text_basename(file) : "?", what ? what : "?");
}

static void print_proven(const struct verify_result *result)
{
    char code[40];
    verified_head_code(result, code);
    printf(_("  Rows %" PRIu64 " to %" PRIu64 ": none is missing, none was changed.\n"),
           result->first, result->last);
    if (result->pruned > 0)
        printf(_("  Rows 1 to %" PRIu64 " were removed when their time had come, as row %" PRIu64
                 " says.\n"),
               result->pruned, result->pruned_by);
    if (result->epoch > 0)
        printf(_("  Sealed by signature up to row %" PRIu64 " (epoch %" PRIu64 ").\n"),
               result->sealed, result->epoch);
    else
        printf(_("  There is no seal in it yet.\n"));
    printf(result->anchored ? _("  The first seal's key is the one that was given.\n")
                            : _("  Whose key it is was not compared; --key does that.\n"));
    if (result->outcome == VERIFY_OPEN_END)
        printf(_("  The end is open: that nothing was cut off behind it, only a later head can "
                 "prove (--head).\n"));
    printf(_("  Head: %s\n"), code);
}

static void print_result(const struct answer *answer, const char *name,
                         const struct verify_result *result)
{
    static const char *const words[] = {
        [VERIFY_WHOLE] = N_("whole"),
        [VERIFY_OPEN_END] = N_("no trace of tampering"),
        [VERIFY_BROKEN] = N_("broken"),
    };
    static const char *const colors[] = {
        [VERIFY_WHOLE] = "\x1b[1;32m",
        [VERIFY_OPEN_END] = "\x1b[32m",
        [VERIFY_BROKEN] = "\x1b[1;31m",
    };
    CLEANUP_FREE char *shown = text_printable(name);
    printf("%s: %s%s%s\n", shown ? shown : "?", paint(answer, colors[result->outcome]),
           _(words[result->outcome]), paint(answer, "\x1b[0m"));
    if (result->outcome != VERIFY_BROKEN) {
        print_proven(result);
        return;
    }
    for (size_t i = 0; i < result->n_faults; i++)
        print_fault(&result->faults[i]);
    if (result->n_faults >= VERIFY_FAULTS_MAX)
        printf(_("  Only the first %d faults are listed.\n"), VERIFY_FAULTS_MAX);
    printf(_("  What is sealed before the first of them still stands. Keep the file as it is.\n"));
}

static void tell(struct answer *answer, const char *kind, const char *name,
                 const struct verify_result *result)
{
    answer->broken = answer->broken || result->outcome == VERIFY_BROKEN;
    if (!answer->results) {
        print_result(answer, name, result);
        return;
    }
    CLEANUP_FREE char *shown = text_printable(name);
    json_object *object = json_object_new_object();
    json_add_text(object, "kind", kind);
    json_add_text(object, "path", shown);
    verified_add(object, result);
    (void)json_object_array_add(answer->results, object);
}

// ---- Verifying ---------------------------------------------------------------------------------

static void tell_sealed(struct answer *answer, const struct package *package)
{
    bool unread = package->verified.outcome != VERIFY_BROKEN && !package->contents;
    answer->broken =
        answer->broken || !sealed_is_judged(package) || package->verified.outcome == VERIFY_BROKEN;
    CLEANUP_FREE char *shown = text_printable(package->path);
    if (answer->results) {
        json_object *object = json_object_new_object();
        json_add_text(object, "kind", "package");
        json_add_text(object, "path", shown);
        sealed_add(object, package);
        (void)json_object_array_add(answer->results, object);
        return;
    }
    if (unread)
        printf("%s: %s%s%s\n", shown ? shown : "?", paint(answer, "\x1b[1;33m"),
               _("whole from outside"), paint(answer, "\x1b[0m"));
    else
        print_result(answer, package->path, &package->verified);
    sealed_print(package);
}

// What several packages come from, and the head that they are held against together.
struct run {
    const struct request *request;
    struct sealed_keys keys;
    struct sealed_set set;
    bool several;
};

static enum cli_exit verify_sealed(struct run *run, struct answer *answer, const char *path)
{
    struct verify_witness witness = run->request->witness;
    if (run->several)
        witness.has_head = false; // of one of them, or behind all: verify_chains() has it
    enum cli_exit status = sealed_open(path, &run->keys, &witness, &run->set);
    if (status == CLI_OK)
        tell_sealed(answer, &run->set.packages[run->set.n - 1]);
    return status;
}

static bool is_first_of_its_ledger(const struct sealed_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (text_equal(set->packages[j].manifest.ledger, set->packages[i].manifest.ledger))
            return false;
    return set->packages[i].manifest.host != NULL;
}

// Several packages of one PC follow each other without a hole.
static enum cli_exit verify_chains(const struct run *run, struct answer *answer)
{
    const struct sealed_set *set = &run->set;
    for (size_t i = 0; run->several && i < set->n; i++) {
        const struct manifest *manifest = &set->packages[i].manifest;
        struct verify_result result = {0};
        if (!is_first_of_its_ledger(set, i))
            continue;
        int r =
            package_chain(set->packages, set->n, manifest->ledger, &run->request->witness, &result);
        if (r == -ENODATA)
            continue;
        if (r < 0)
            return cli_read_failed(&cmd_verify, r, manifest->host);
        tell(answer, "chain", manifest->host, &result);
        verify_result_clear(&result);
    }
    return CLI_OK;
}

static int verify_plain(const struct request *request, struct answer *answer, const char *path)
{
    CLEANUP_FREE char *zone = NULL;
    struct package package = {0};
    int r = package_read_zone(path, &zone);
    if (r == 0 && site_use_named_zone(zone) < 0)
        cli_error(&cmd_verify,
                  _("%s: the time zone %s is not known here, install tzdata; the CSV "
                    "can't be compared"),
                  path, zone);
    r = r < 0 && r != -EBADMSG ? r : package_verify(path, &request->witness, &package);
    if (r < 0)
        return r;
    tell(answer, "package", path, &package.verified);
    package_clear(&package);
    return 0;
}

static int verify_chain(const struct request *request, struct answer *answer, const char *name,
                        const char *const *paths, size_t n)
{
    struct verify_witness witness = request->witness;
    struct verify_result result = {0};
    witness.open = true; // a writer may have the newest one
    witness.complete = request->all;
    int r = verify_files(paths, n, &witness, &result);
    if (r < 0)
        return r;
    tell(answer, "ledger", name, &result);
    verify_result_clear(&result);
    return 0;
}

static enum cli_exit verify_all(const struct request *request, struct answer *answer)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", request->state);
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n = 0;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r < 0)
        return cli_read_failed(&cmd_verify, r, folder ? folder : request->state);
    if (n == 0) {
        cli_error(&cmd_verify, _("%s: there is no ledger yet"), folder);
        return CLI_FAILED;
    }
    r = verify_chain(request, answer, folder, (const char *const *)paths, n);
    return r < 0 ? cli_read_failed(&cmd_verify, r, folder) : CLI_OK;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static enum cli_exit verify_package(struct run *run, struct answer *answer, const char *path)
{
    bool is_sealed = false;
    int r = package_find(path, &is_sealed);
    if (r == 0 && is_sealed)
        return verify_sealed(run, answer, path);
    if (r == 0)
        r = verify_plain(run->request, answer, path);
    if (r == -ENOENT) {
        cli_error(&cmd_verify,
                  _("%s: is no package: it has neither manifest.cms nor "
                    "manifest.json"),
                  path);
        return CLI_FAILED;
    }
    return r < 0 ? cli_read_failed(&cmd_verify, r, path) : CLI_OK;
}

static void run_end(struct run *run)
{
    sealed_set_close(&run->set);
    sealed_keys_clear(&run->keys);
}

static enum cli_exit verify_paths(const struct request *request, struct answer *answer)
{
    assert(request->paths && request->n_paths > 0); // parse() saw to it
    CLEANUP(run_end) struct run run = {.request = request};
    CLEANUP_FREE const char **files = calloc(request->n_paths, sizeof *files);
    size_t n = 0;
    if (!files)
        return cli_read_failed(&cmd_verify, -ENOMEM, request->paths[0]);
    enum cli_exit status = sealed_keys_read(&request->sealed, request->state, &run.keys);
    for (size_t i = 0; i < request->n_paths; i++)
        if (!is_folder(request->paths[i]))
            files[n++] = request->paths[i];
    run.several = request->n_paths - n > 1;
    for (size_t i = 0; status == CLI_OK && i < request->n_paths; i++)
        if (is_folder(request->paths[i]))
            status = verify_package(&run, answer, request->paths[i]);
    if (status == CLI_OK)
        status = verify_chains(&run, answer);
    if (status != CLI_OK)
        return status;
    int r = n > 0 ? verify_chain(request, answer, files[n - 1], files, n) : 0;
    return r < 0 ? cli_read_failed(&cmd_verify, r, files[0]) : CLI_OK;
}

// ---- Arguments ---------------------------------------------------------------------------------

static enum cli_exit take_sealed_option(int option, struct sealed_request *request)
{
    const char **const fields[] = {['s'] = &request->site,
                                   ['p'] = &request->key,
                                   ['c'] = &request->certificate,
                                   ['S'] = &request->scratch,
                                   ['P'] = &request->passphrase.file};
    assert((size_t)option < ELEMENTS(fields) && fields[option]);
    *fields[option] = optarg;
    return CLI_OK;
}

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    switch (option) {
    case 'a':
        request->all = true;
        return CLI_OK;
    case 'h':
        if (verify_parse_head(optarg, &request->witness) < 0)
            return cli_usage(&cmd_verify, _("--head %s: is no head code like 417-9f3a-77c0"),
                             optarg);
        return CLI_OK;
    case 'k':
        if (text_unhex(optarg, sizeof request->witness.key, request->witness.key) < 0)
            return cli_usage(&cmd_verify, _("--key %s: is no key of 64 hexadecimal digits"),
                             optarg);
        request->witness.has_key = true;
        return CLI_OK;
    case 'd':
        request->state = optarg;
        return CLI_OK;
    default:
        return take_sealed_option(option, &request->sealed);
    }
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},
        {"head", required_argument, NULL, 'h'},
        {"key", required_argument, NULL, 'k'},
        {"state", required_argument, NULL, 'd'},
        {"site", required_argument, NULL, 's'},
        {"private-key", required_argument, NULL, 'p'},
        {"certificate", required_argument, NULL, 'c'},
        {"passphrase-file", required_argument, NULL, 'P'},
        {"scratch", required_argument, NULL, 'S'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_verify, argc, argv};
    enum cli_exit status = cli_take_options(&arguments, options, take_option, request);
    if (status != CLI_OK)
        return status;
    request->paths = argv + optind;
    request->n_paths = (size_t)(argc - optind);
    if (request->all && request->n_paths > 0)
        return cli_usage(&cmd_verify, _("--all takes no files"));
    if (!request->all && request->n_paths == 0)
        return cli_usage(&cmd_verify, _("name a ledger's file or a package, or say --all"));
    if (!request->sealed.key != !request->sealed.certificate)
        return cli_usage(&cmd_verify,
                         _("a recipient has both: say --private-key and --certificate"));
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {.state = CLI_STATE_FOLDER};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;

    CLEANUP_JSON json_object *document = options->json ? json_object_new_object() : NULL;
    struct answer answer = {.options = options};
    if (document)
        json_add(document, "results", answer.results = json_object_new_array());
    status = request.all ? verify_all(&request, &answer) : verify_paths(&request, &answer);
    if (status != CLI_OK)
        return status;
    if (document) {
        json_add_bool(document, "ok", !answer.broken);
        cli_print_json(document);
    }
    return answer.broken ? CLI_FINDING : CLI_OK;
}

const struct command cmd_verify = {
    .name = "verify",
    .summary = N_("Tells whether somebody touched a ledger or a package"),
    .usage = "FILE…|PACKAGE… [--head CODE] [--key HEX] [--site FILE]\n"
             "       [--private-key FILE --certificate FILE [--passphrase-file FILE]]\n"
             "       [--scratch DIR]\n"
             "       sekisho verify --all [--state DIR] [--head CODE] [--key HEX]",
    .help = N_(
        "  --all         every month of this workstation's ledger, as one chain\n"
        "  --head CODE   a head that was noted earlier, 417-9f3a-77c0 (from “sekisho status”,\n"
        "                the paper log or a collection): proves that nothing before it was\n"
        "                changed, and if it is the last one, that the end was not cut off\n"
        "  --key HEX     the first public key, as it was noted at enrolment\n"
        "  --state DIR   another folder than /var/lib/sekisho\n"
        "For signed and encrypted packages:\n"
        "  --site FILE             certificate of the site that the PC was enrolled at; on an\n"
        "                          enrolled PC, its own unless another is given\n"
        "  --private-key FILE      of a recipient: the rows are verified, too\n"
        "  --certificate FILE      … and its certificate\n"
        "  --passphrase-file FILE  the key's passphrase is its first line; else it is asked for\n"
        "  --scratch DIR           where the contents lie meanwhile; else TMPDIR or /var/tmp\n"
        "\n"
        "FILE is a month's YYYY-MM.db; several are verified as one chain. PACKAGE is a folder\n"
        "made by “sekisho export”. Exit status 1: something is broken, or was not judged.\n"),
    .run = run,
};
