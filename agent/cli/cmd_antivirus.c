// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho antivirus import: definitions for ClamAV from a medium, since this PC fetches none.
#include "cli/antivirus-import.h"
#include "cli/cli.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "watch/antivirus/clamd-conf.h"
#include "watch/antivirus/clamd.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>

#define TARGET "/var/lib/clamav"
#define SIGTOOL "/usr/bin/sigtool"
#define CONF "/etc/clamav/clamd.conf"
#define SOCKET "/run/clamav/clamd.ctl"
#define CONF_MAX (256 * 1024)
#define FILES_MAX 16

struct request {
    const char *medium, *target, *sigtool;
};

static const char *const results[] = {
    [IMPORT_DONE] = N_("imported"),
    [IMPORT_NOT_NEWER] = N_("not newer than what is there"),
    [IMPORT_UNSIGNED] = N_("refused: ClamAV's signature is not on it"),
    [IMPORT_NONE] = N_("refused: it holds no definitions"),
};
static_assert(ELEMENTS(results) == IMPORT_RESULT_MAX, "words for each result");

static const char *const codes[] = {
    [IMPORT_DONE] = "imported",
    [IMPORT_NOT_NEWER] = "not-newer",
    [IMPORT_UNSIGNED] = "unsigned",
    [IMPORT_NONE] = "no-definitions",
};
static_assert(ELEMENTS(codes) == IMPORT_RESULT_MAX, "a code for each result");

struct outcome {
    size_t done, refused, seen;
    json_object *files; // for --json
};

// ---- What follows an import --------------------------------------------------------------------

// clamd would see it by itself within the hour.
static void ask_for_reload(void)
{
    CLEANUP_CLOSE int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_FREE char *conf = NULL;
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FREE char *answer = NULL;
    if (file_read_at(AT_FDCWD, CONF, CONF_MAX, &conf, NULL) < 0 ||
        clamd_conf_find(conf, "LocalSocket", &path) < 0)
        path = text_dup(SOCKET);
    int r = root < 0 || !path ? -ENOMEM
                              : clamd_ask(&(struct clamd){root, path}, "RELOAD", &answer, NULL);
    if (r < 0)
        cli_error(&cmd_antivirus,
                  _("clamd could not be told to load them: %s; “sudo systemctl "
                    "restart clamav-daemon”"),
                  strerror(-r));
}

static void record(const struct request *request, const char *name, const struct imported *imported)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    CLEANUP_FREE char *from = text_escape(request->medium, strlen(request->medium), 512);
    json_add_text(details, "from", from);
    json_add_number(details, "version", imported->version);
    json_add_number(details, "built_s", imported->built_s);
    json_add_text(details, "sha256", imported->sha256);
    int r = bus_call_record("antivirus.updated", name, details, &answer, &why);
    if (r < 0)
        cli_error(&cmd_antivirus, _("the import itself is not recorded: %s"),
                  r == -ENOTCONN ? _("sekishod is not running")
                  : why          ? why
                                 : strerror(-r));
}

// ---- Files -------------------------------------------------------------------------------------

static void tell(const char *name, const struct imported *imported, const struct outcome *outcome)
{
    char built[40];
    json_object *one = outcome->files ? json_object_new_object() : NULL;
    moment_to_iso(imported->built_s * NS_PER_S, built);
    if (!outcome->files) {
        printf("%s: %s", name, _(results[imported->result]));
        if (imported->result != IMPORT_NONE)
            printf(_(" (version %lu of %.10s)"), (unsigned long)imported->version, built);
        (void)putchar('\n');
        return;
    }
    json_add_text(one, "file", name);
    json_add_text(one, "result", codes[imported->result]);
    json_add_number(one, "version", imported->version);
    json_add_number(one, "built_s", imported->built_s);
    json_add_text(one, "sha256", imported->sha256);
    if (json_object_array_add(outcome->files, one) < 0)
        abort();
}

static int import_one(const struct request *request, const struct import_options *options,
                      const char *name, struct outcome *outcome)
{
    struct imported imported;
    int r = import_file(options, name, &imported);
    if (r < 0)
        return r;
    outcome->seen++;
    outcome->done += imported.result == IMPORT_DONE;
    outcome->refused += imported.result == IMPORT_UNSIGNED || imported.result == IMPORT_NONE;
    tell(name, &imported, outcome);
    if (imported.result == IMPORT_DONE)
        record(request, name, &imported);
    return 0;
}

static int import_all(const struct request *request, const struct import_options *options,
                      struct outcome *outcome)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(options->medium, ".", &entries);
    for (struct dirent *entry; r == 0 && outcome->seen < FILES_MAX && (entry = readdir(entries));)
        if (import_is_wanted(entry->d_name))
            r = import_one(request, options, entry->d_name, outcome);
    return r;
}

static enum cli_exit finish(const struct request *request, const struct outcome *outcome, int r)
{
    if (outcome->done > 0)
        ask_for_reload();
    if (r < 0)
        return cli_read_failed(&cmd_antivirus, r, request->medium);
    if (outcome->seen == 0) {
        cli_error(&cmd_antivirus, _("%s: no main, daily or bytecode there, as .cvd or .cld"),
                  request->medium);
        return CLI_FINDING;
    }
    return outcome->refused > 0 ? CLI_REFUSED : CLI_OK;
}

static enum cli_exit import(const struct request *request, const struct cli_options *options)
{
    CLEANUP_JSON json_object *document = options->json ? json_object_new_object() : NULL;
    CLEANUP_CLOSE int medium = open(request->medium, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (medium < 0)
        return cli_read_failed(&cmd_antivirus, -errno, request->medium);
    CLEANUP_CLOSE int target = open(request->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target < 0)
        return cli_read_failed(&cmd_antivirus, -errno, request->target);
    if (access(request->sigtool, X_OK) < 0)
        return cli_read_failed(&cmd_antivirus, -errno, request->sigtool);
    struct outcome outcome = {0};
    if (document)
        json_add(document, "files", outcome.files = json_object_new_array());
    const struct import_options files = {medium, target, request->sigtool, request->target};
    int r = import_all(request, &files, &outcome);
    enum cli_exit status = finish(request, &outcome, r);
    if (document)
        cli_print_json(document);
    return status;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"to", required_argument, NULL, 't'},
        {"sigtool", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {.target = TARGET, .sigtool = SIGTOOL};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option == 't')
            request.target = optarg;
        else if (option == 's')
            request.sigtool = optarg;
        else
            return cli_bad_option(&cmd_antivirus, option, argv[optind - 1]);
    }
    if (argc - optind != 2 || !text_equal(argv[optind], "import"))
        return cli_usage(&cmd_antivirus, _("say import and the folder of a mounted medium"));
    request.medium = argv[optind + 1];
    return import(&request, options);
}

const struct command cmd_antivirus = {
    .name = "antivirus",
    .summary = N_("Takes ClamAV's definitions from a medium"),
    .usage = "import MEDIUM [--to DIR] [--sigtool PROGRAM]",
    .help =
        N_("  import MEDIUM      takes main, daily and bytecode (.cvd, .cld) from the folder in "
           "which\n"
           "                     an approved medium is mounted\n"
           "  --to DIR           another folder than /var/lib/clamav\n"
           "  --sigtool PROGRAM  another program than /usr/bin/sigtool\n"
           "\n"
           "A file is taken if ClamAV's signature is on it and it is newer than what is there;\n"
           "clamd then loads it, and the import is recorded.\n"),
    .run = run,
};
