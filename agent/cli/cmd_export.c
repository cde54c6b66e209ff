// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho export: one month as a package that explains and proves itself.
#include "cli/cli.h"
#include "cli/export-sealed.h"
#include "cli/site.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "ledger/query.h"
#include "policy/record.h"
#include "report/export-ground.h"
#include "report/package.h"
#include "report/verified.h"
#include "watch/storage/place.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

struct request {
    const char *month, *folder, *state, *destination, *template;
};

// ---- Progress ----------------------------------------------------------------------------------

static void show_progress(void *context, enum package_step step, uint64_t done)
{
    static const char *const words[] = {
        [PACKAGE_COPYING] = N_("copying the ledger"),
        [PACKAGE_WRITING] = N_("writing CSV and JSON"),
        [PACKAGE_VERIFYING] = N_("verifying"),
        [PACKAGE_SEALING] = N_("encrypting, part"),
        [PACKAGE_OPENING] = N_("decrypting, part"),
        [PACKAGE_DONE] = N_("done"),
    };
    (void)context;
    if (step == PACKAGE_DONE)
        fputs("\r\x1b[K", stderr);
    else if (done == 0)
        fprintf(stderr, "\r\x1b[K%s …", _(words[step]));
    else
        fprintf(stderr, "\r\x1b[K%s … %" PRIu64, _(words[step]), done);
}

// ---- The month ---------------------------------------------------------------------------------

// Is it the file that the daemon writes to?
static int is_newest(const struct request *request, bool *ret)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", request->state);
    CLEANUP_FREE char *name = text_format("%s.db", request->month);
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n = 0;
    int r = folder && name ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        if (text_equal(text_basename(paths[i]), name)) {
            *ret = i + 1 == n;
            return 0;
        }
    return -ENOENT;
}

static enum cli_exit no_month(const struct request *request, int r)
{
    if (r != -ENOENT)
        return cli_read_failed(&cmd_export, r, request->state);
    cli_error(&cmd_export, _("%s: this workstation has no ledger of that month"), request->month);
    return CLI_FAILED;
}

// The open month gets a seal first, so that the package is proven up to its end.
static enum cli_exit seal(const struct request *request, bool *ret_partial)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = is_newest(request, ret_partial);
    if (r < 0)
        return no_month(request, r);
    if (!*ret_partial)
        return CLI_OK;
    r = bus_call_seal("export", &answer, &why);
    if (r == -ENOTCONN) {
        cli_error(
            &cmd_export,
            _("the month is still open, and sekishod is not running to seal it; start it with "
              "“systemctl start sekishod”, or export an earlier month"));
        return CLI_FAILED;
    }
    if (r < 0)
        return cli_bus_failed(&cmd_export, r, why);
    // If the month was over, the seal has begun the next one's file, and this one is closed now.
    r = is_newest(request, ret_partial);
    return r < 0 ? no_month(request, r) : CLI_OK;
}

// ---- Telling -----------------------------------------------------------------------------------

static void print_takeout(const struct export_ground *ground, uint64_t takeout)
{
    CLEANUP_FREE char *medium = ground->medium ? text_printable(ground->medium) : NULL;
    if (!ground->leaves)
        puts(_("It lies on this PC's own disk: no take-out is entered."));
    else if (takeout > 0)
        printf(ground->encrypted ? _("Entered as take-out number %" PRIu64 ": %s, encrypted\n")
                                 : _("Entered as take-out number %" PRIu64 ": %s, not encrypted\n"),
               takeout, medium ? medium : "?");
}

static void print_file(const struct manifest_file *file)
{
    if (file->n_parts > 0)
        printf(ngettext("  %-14s %12" PRIu64 "  in %zu part\n",
                        "  %-14s %12" PRIu64 "  in %zu parts\n", file->n_parts),
               file->name, file->size, file->n_parts);
    else
        printf("  %-14s %12" PRIu64 "\n", file->name, file->size);
}

static void print_seal(const struct manifest *manifest)
{
    if (manifest->form == MANIFEST_SEALED)
        printf(ngettext("Signed by this PC, and encrypted for %zu recipient\n",
                        "Signed by this PC, and encrypted for %zu recipients\n",
                        manifest->n_recipients),
               manifest->n_recipients);
    else
        puts(_("It is neither signed nor encrypted, as this PC is not enrolled yet; see “man "
               "sekisho-enrol”."));
}

static void print_package(const struct package *package, bool color)
{
    const struct manifest *manifest = &package->manifest;
    bool broken = package->verified.outcome == VERIFY_BROKEN;
    char code[40];
    verified_head_code(&package->verified, code);
    printf("%s\n", package->path);
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++)
        if (manifest_has(manifest->form, item))
            print_file(&manifest->files[item]);
    printf(_("%" PRIu64 " rows (%" PRIu64 " to %" PRIu64 ") of %s, %s%s\n"), manifest->rows,
           manifest->first, manifest->last, manifest->host, manifest->month,
           manifest->partial ? _(" – partial, the month is not over") : "");
    printf("%s%s%s\n", color ? broken ? "\x1b[1;31m" : "\x1b[32m" : "",
           broken ? _("The ledger is broken; “sekisho verify” names each fault.")
                  : _("The ledger verifies."),
           color ? "\x1b[0m" : "");
    print_seal(manifest);
    printf(_("Head: %s – note it in the paper log\n"), code);
}

static void print_document(const struct package *package, const struct export_ground *ground,
                           uint64_t takeout)
{
    const struct manifest *manifest = &package->manifest;
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_object *verified;
    json_add_text(document, "path", package->path);
    json_add_text(document, "host", manifest->host);
    json_add_text(document, "month", manifest->month);
    json_add_bool(document, "partial", manifest->partial);
    json_add_number(document, "rows", manifest->rows);
    json_add_bool(document, "sealed", manifest->form == MANIFEST_SEALED);
    json_add(document, "verified", verified = json_object_new_object());
    verified_add(verified, &package->verified);
    json_add_bool(document, "leaves", ground->leaves);
    if (takeout > 0)
        json_add_number(document, "takeout", takeout);
    cli_print_json(document);
}

// What it lies on, and so whether it leaves.
static int look(const char *path, struct export_ground *ret)
{
    CLEANUP_JSON json_object *layers = NULL, *own = NULL;
    CLEANUP_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -errno;
    int r = storage_place_look(root, path, &layers);
    if (r == 0)
        r = storage_place_look(root, "/", &own);
    return r < 0 ? r : export_ground_judge(layers, own, ret);
}

static void describe_place(const struct request *request, const struct export_ground *ground,
                           json_object *details)
{
    json_add_text(details, "place", ground->leaves ? "leaves" : "own-disk");
    if (!ground->leaves)
        return;
    json_add_text(details, "medium", ground->medium);
    json_add_text(details, "encryption",
                  ground->encrypted ? RECORD_TAKEOUT_LUKS : RECORD_TAKEOUT_NONE);
    json_add_text(details, "destination",
                  request->destination ? request->destination : "not stated (sekisho export)");
}

// What was taken out of the workstation is itself a row. Its number in the register of take-outs; 0
// if it is none.
static uint64_t record(const struct request *request, const struct package *package,
                       const struct export_ground *ground)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    char code[40], sha256[DIGEST_TEXT_SIZE];
    verified_head_code(&package->verified, code);
    text_hex(package->manifest.files[MANIFEST_LEDGER].sha256, DIGEST_SIZE, sha256);
    json_add_text(details, "path", package->path);
    json_add_text(details, "month", package->manifest.month);
    json_add_bool(details, "partial", package->manifest.partial);
    json_add_text(details, "code", code);
    json_add_text(details, "sha256", sha256);
    describe_place(request, ground, details);
    int r = bus_call_record("export.created", text_basename(package->path), details, &answer, &why);
    if (r < 0)
        cli_error(&cmd_export, _("the export itself is not wholly recorded: %s"),
                  r == -ENOTCONN ? _("sekishod is not running")
                  : why          ? why
                                 : strerror(-r));
    return json_get_number(answer, "takeout");
}

// ---- The command -------------------------------------------------------------------------------

static enum cli_exit make_failed(const struct request *request, int r,
                                 const struct package *package)
{
    if (r == -EEXIST) {
        cli_error(&cmd_export, _("%s: is there already; a whole package is never overwritten"),
                  package->path);
        return CLI_REFUSED;
    }
    if (r == -EKEYREJECTED) {
        cli_error(&cmd_export,
                  _("%s: this PC was enrolled with another ledger than this; enrol it "
                    "again, see “man sekisho-enrol”"),
                  request->month);
        return CLI_FAILED;
    }
    if (r == -ENODATA || r == -EBADMSG) {
        cli_error(&cmd_export, _("%s: is no ledger, or damaged; “sekisho verify --all” tells more"),
                  request->month);
        return CLI_FAILED;
    }
    return cli_read_failed(&cmd_export, r, request->folder);
}

static void tell(const struct request *request, const struct package *package,
                 const struct cli_options *options)
{
    CLEANUP(export_ground_clear) struct export_ground ground = {0};
    int r = look(package->path, &ground);
    if (r < 0) { // then it counts as one that leaves
        cli_error(&cmd_export, "%s: %s", package->path, strerror(-r));
        ground = (struct export_ground){.leaves = true, .medium = text_dup(package->path)};
    }
    uint64_t takeout = record(request, package, &ground);
    if (options->json) {
        print_document(package, &ground, takeout);
        return;
    }
    print_package(package, options->color);
    print_takeout(&ground, takeout);
}

static enum cli_exit make(const struct request *request, bool partial,
                          const struct export_sealed *sealed, struct package *ret)
{
    CLEANUP(policy_free_p) struct policy *policy = site_load_policy();
    CLEANUP_FREE char *ledger = text_format("%s/ledger/%s.db", request->state, request->month);
    if (!ledger)
        return cli_read_failed(&cmd_export, -ENOMEM, request->state);
    const struct package_options options = {
        .ledger = ledger,
        .folder = request->folder,
        .partial = partial,
        .time_zone = site_use_zone(policy),
        .enrolled = sealed->is_enrolled ? &sealed->enrolled : NULL,
        .report = sealed->report,
        .scratch = sealed->scratch,
        .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
    };
    int r = package_make(&options, ret);
    return r < 0 ? make_failed(request, r, ret) : CLI_OK;
}

static enum cli_exit hand_over(const struct request *request, const struct cli_options *options)
{
    const struct export_month month = {request->state, request->month, request->template};
    CLEANUP(export_sealed_clear_p) struct export_sealed sealed = {.lock = -1};
    struct package package = {0};
    bool partial = false;
    enum cli_exit status = seal(request, &partial);
    if (status == CLI_OK)
        status = export_sealed_prepare(&month, &sealed);
    if (status == CLI_OK)
        status = make(request, partial, &sealed, &package);
    if (status == CLI_OK) {
        tell(request, &package, options);
        status = package.verified.outcome == VERIFY_BROKEN ? CLI_FINDING : CLI_OK;
    }
    package_clear(&package);
    return status;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"month", required_argument, NULL, 'm'},    {"to", required_argument, NULL, 't'},
        {"state", required_argument, NULL, 'd'},    {"destination", required_argument, NULL, 'D'},
        {"template", required_argument, NULL, 'T'}, {NULL, 0, NULL, 0},
    };
    struct request request = {.state = CLI_STATE_FOLDER};
    uint64_t begin, end;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option == 'm')
            request.month = optarg;
        else if (option == 't')
            request.folder = optarg;
        else if (option == 'd')
            request.state = optarg;
        else if (option == 'D')
            request.destination = optarg;
        else if (option == 'T')
            request.template = optarg;
        else
            return cli_bad_option(&cmd_export, option, argv[optind - 1]);
    }
    if (optind < argc)
        return cli_usage(&cmd_export, _("%s: unexpected"), argv[optind]);
    if (!request.month || !request.folder)
        return cli_usage(&cmd_export, _("say --month YYYY-MM and --to FOLDER"));
    if (moment_month_range(request.month, &begin, &end) < 0)
        return cli_usage(&cmd_export, _("--month %s: is no month; write YYYY-MM"), request.month);
    return hand_over(&request, options);
}

const struct command cmd_export = {
    .name = "export",
    .summary = N_("Hands over a month as one package, signed and encrypted"),
    .usage = "--month YYYY-MM --to FOLDER [--destination TEXT] [--template FILE]\n"
             "       [--state DIR]",
    .help = N_(
        "  --month YYYY-MM     the month; the current one is sealed first and marked partial\n"
        "  --to FOLDER         where the package's folder goes, on a stick for instance\n"
        "  --destination TEXT  where a medium with it is taken, for the register\n"
        "  --template FILE     another form for the report in it; see “sekisho report --help”\n"
        "  --state DIR         another folder than /var/lib/sekisho\n"
        "\n"
        "Makes FOLDER/sekisho-HOST-YYYY-MM. On an enrolled PC the ledger and the report are in\n"
        "it, encrypted for the site's recipients and signed; on any other the ledger,\n"
        "events.csv and events.jsonl, as they are. A partial package is replaced by a later\n"
        "one, a whole one never. On anything but this PC's own disk it is entered as taken out:\n"
        "sekisho medium.\n"),
    .run = run,
};
