// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho log: rows of the ledger as a table, JSON or CSV, and as they become durable.
#include "cli/cli.h"
#include "cli/site.h"
#include "cli/table.h"

#include "base/text.h"
#include "ledger/query.h"
#include "report/csv.h"
#include "report/ecs.h"
#include "report/opening.h"
#include "report/sentence.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define FOLLOW_LIMIT 10 // rows before the first new one
#define POLL_MS 1000    // in case an inotify event got lost
#define BUFFER_SIZE (256 << 10)
#define QUARTER_S (15 * 60)

enum format {
    FORMAT_TABLE,
    FORMAT_JSON, // one document a row
    FORMAT_CSV,
    FORMAT_DOCUMENT, // --json: one document for all, as every command prints it
};

struct request {
    struct query_filter filter;
    enum format format;
    bool follow;
    const char *state;
};

struct output {
    enum format format;
    bool color;
    unsigned width;
    char *host;
    uint64_t last;       // sequence of the newest row that was printed
    time_t quarter;      // the quarter of an hour that this row was of,
    bool is_even;        // … in which no clock is changed and no minute begins askew
    struct tm beginning; // … and when that began, in local time
};

// ---- Rows --------------------------------------------------------------------------------------

static const char *color_of(enum severity severity)
{
    switch (severity) {
    case SEVERITY_INFO:
    case SEVERITY_MAX:
        return "";
    case SEVERITY_NOTICE:
        return "\x1b[32m";
    case SEVERITY_WARNING:
        return "\x1b[33m";
    case SEVERITY_VIOLATION:
        return "\x1b[1;31m";
    }
    return "";
}

// The C library reads the rules of the time zone anew for each time that it converts: once for a
// quarter of an hour is enough.
static void begin_quarter(struct output *output, time_t seconds)
{
    struct tm last;
    time_t first = seconds - seconds % QUARTER_S, end = first + QUARTER_S - 1;
    output->quarter = first;
    localtime_r(&first, &output->beginning);
    localtime_r(&end, &last);
    output->is_even = output->beginning.tm_gmtoff == last.tm_gmtoff &&
                      output->beginning.tm_gmtoff % QUARTER_S == 0;
}

static void print_time(struct output *output, uint64_t wall_ns)
{
    char text[32];
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    if (output->quarter == 0 || seconds - seconds % QUARTER_S != output->quarter)
        begin_quarter(output, seconds);
    struct tm tm = output->beginning;
    time_t since = seconds - output->quarter;
    if (output->is_even) {
        tm.tm_min += (int)(since / 60);
        tm.tm_sec = (int)(since % 60);
    } else {
        localtime_r(&seconds, &tm);
    }
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fputs(text, stdout);
}

static void print_padded(const char *text, unsigned width)
{
    fputs(text, stdout);
    for (unsigned w = table_text_width(text); w < width; w++)
        putchar(' ');
    putchar(' ');
}

// One line: sequence, local time, severity, user, sentence. Widths are fixed, because rows come one
// by one.
static int print_line(struct output *output, const struct query_row *row)
{
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    CLEANUP_FREE char *sentence = sentence_make(row, details, true);
    CLEANUP_FREE char *user = text_printable(row->fact.user ? row->fact.user : "–");
    if (!sentence || !user)
        return -ENOMEM;
    const char *color = output->color ? color_of(row->fact.severity) : "";
    printf("%7" PRIu64 " ", row->sequence);
    print_time(output, row->fact.at.wall_ns);
    fputs(" ", stdout);
    fputs(color, stdout);
    print_padded(severity_to_str(row->fact.severity), 9);
    print_padded(user, 8);
    const unsigned used =
        8 + 20 + 10 + (table_text_width(user) > 8 ? table_text_width(user) : 8) + 1;
    table_print_cut(sentence, output->width > used + 20 ? output->width - used : 0, stdout);
    puts(color[0] ? "\x1b[0m" : "");
    return 0;
}

// An array that a row is added to as it comes; end_document() closes it.
static int print_item(const struct output *output, const struct query_row *row)
{
    fputs(output->last == 0 ? "[\n" : ",\n", stdout);
    return ecs_write(stdout, row, output->host);
}

static void end_document(const struct output *output)
{
    puts(output->last == 0 ? "[]" : "\n]");
}

static int write_row(struct output *output, const struct query_row *row)
{
    switch (output->format) {
    case FORMAT_TABLE:
        return print_line(output, row);
    case FORMAT_JSON:
        return ecs_write_line(stdout, row, output->host);
    case FORMAT_CSV:
        return csv_write_row(stdout, row, output->host);
    case FORMAT_DOCUMENT:
        return print_item(output, row);
    }
    return -EINVAL;
}

static int print_row(void *context, const struct query_row *row)
{
    struct output *output = context;
    int r = write_row(output, row);
    if (r < 0)
        return r;
    output->last = row->sequence;
    return ferror(stdout) ? -EIO : 0;
}

// ---- Asking ------------------------------------------------------------------------------------

static int ask(const struct request *request, const char *folder, struct output *output)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n;
    int r = query_list_months(folder, &paths, &n);
    if (r < 0)
        return r;
    if (n > 0 && !output->host) {
        struct opening opening = {0};
        r = opening_read(paths[n - 1], &opening);
        if (r < 0 && r != -ENODATA)
            return r;
        output->host = TAKE_PTR(opening.host);
    }
    // What was printed last stands in one of the two newest files or before them: a month turn
    // between two looks leaves new rows in both.
    size_t skip = output->last > 0 && n > 2 ? n - 2 : 0;
    return query_run((const char *const *)paths + skip, n - skip, &request->filter, print_row,
                     output);
}

static int wait_for_change(int watch)
{
    char events[4096];
    struct pollfd fd = {.fd = watch, .events = POLLIN};
    int n = poll(&fd, 1, POLL_MS);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    if (n > 0 && read(watch, events, sizeof events) < 0 && errno != EAGAIN)
        return -errno;
    return 0;
}

static int follow(struct request *request, const char *folder, struct output *output)
{
    // Watched before the first look, so that nothing falls between the two.
    CLEANUP_CLOSE int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
        return -errno;
    int r = ask(request, folder, output);
    request->filter.limit = 0;
    while (r >= 0) {
        if (fflush(stdout) != 0)
            return -errno;
        r = wait_for_change(watch);
        if (r < 0)
            return r;
        request->filter.after_sequence = output->last;
        r = ask(request, folder, output);
        if (r == -EBUSY) // the writer is closing a month
            r = 0;
    }
    return r;
}

// ---- Arguments ---------------------------------------------------------------------------------

static enum cli_exit parse_format(const char *text, enum format *ret)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        if (text_equal(names[i], text)) {
            *ret = (enum format)i;
            return CLI_OK;
        }
    }
    return cli_usage(&cmd_log, _("--format %s: is none of table, json, csv"), text);
}

static enum cli_exit parse_severity(const char *text, int *ret)
{
    enum severity severity;
    if (severity_from_str(text, &severity) < 0)
        return cli_usage(&cmd_log, _("--severity %s: is none of info, notice, warning, violation"),
                         text);
    *ret = (int)severity;
    return CLI_OK;
}

static enum cli_exit parse_kind(const char *text, const char **ret)
{
    enum fact_kind kind;
    if (!strpbrk(text, "*?[") && fact_kind_from_str(text, &kind) < 0)
        return cli_usage(&cmd_log, _("--kind %s: there is no such kind; try “usb.*”"), text);
    *ret = text;
    return CLI_OK;
}

static enum cli_exit parse_time(const char *option, const char *text, uint64_t *ret)
{
    int r = text_equal(option, "--until") ? moment_parse_until(text, ret) : moment_parse(text, ret);
    if (r < 0)
        return cli_usage(&cmd_log,
                         _("%s %s: is no time; write YYYY-MM-DD, “YYYY-MM-DD HH:MM” or today"),
                         option, text);
    return CLI_OK;
}

static enum cli_exit parse_option(int option, struct request *request)
{
    struct query_filter *filter = &request->filter;
    switch (option) {
    case 's':
        return parse_time("--since", optarg, &filter->since_ns);
    case 'u':
        return parse_time("--until", optarg, &filter->until_ns);
    case 'k':
        return parse_kind(optarg, &filter->kind);
    case 'U':
        filter->user = optarg;
        return CLI_OK;
    case 'p':
        filter->path = optarg;
        return CLI_OK;
    case 'S':
        return parse_severity(optarg, &filter->severity);
    case 'f':
        request->follow = true;
        return CLI_OK;
    case 'F':
        return parse_format(optarg, &request->format);
    case 'n':
        if (text_to_u64(optarg, 10, INT64_MAX, &filter->limit) < 0)
            return cli_usage(&cmd_log, _("--limit %s: is no number"), optarg);
        return CLI_OK;
    case 'd':
        request->state = optarg;
        return CLI_OK;
    default:
        return cli_bad_option(&cmd_log, option, NULL);
    }
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option options[] = {
        {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},
        {"kind", required_argument, NULL, 'k'},
        {"user", required_argument, NULL, 'U'},
        {"path", required_argument, NULL, 'p'},
        {"severity", required_argument, NULL, 'S'},
        {"follow", no_argument, NULL, 'f'},
        {"format", required_argument, NULL, 'F'},
        {"limit", required_argument, NULL, 'n'},
        {"state", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    int option;
    bool limited = false;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":f", options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return cli_bad_option(&cmd_log, option, argv[optind - 1]);
        enum cli_exit status = parse_option(option, request);
        if (status != CLI_OK)
            return status;
        limited = limited || option == 'n' || option == 's';
    }
    if (optind < argc)
        return cli_usage(&cmd_log, _("%s: unexpected"), argv[optind]);
    if (request->follow && !limited)
        request->filter.limit = FOLLOW_LIMIT;
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {.filter = {.severity = -1},
                              .format = options->json ? FORMAT_DOCUMENT : FORMAT_TABLE,
                              .state = CLI_STATE_FOLDER};
    CLEANUP(policy_free_p) struct policy *policy = site_load_policy();
    (void)site_use_zone(policy); // before any time is read
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    if (request.follow && request.format == FORMAT_DOCUMENT)
        request.format = FORMAT_JSON; // what never ends is no document
    if (request.format == FORMAT_TABLE && !request.filter.kind)
        request.filter.without = fact_kind_to_str(FACT_TRAIL_READ); // nothing that people did

    CLEANUP_FREE char *folder = text_format("%s/ledger", request.state);
    struct output output = {
        .format = request.format, .color = options->color, .width = cli_terminal_width()};
    if (!folder)
        return cli_read_failed(&cmd_log, -ENOMEM, request.state);
    if (request.follow || !isatty(STDOUT_FILENO))
        (void)setvbuf(stdout, NULL, request.follow ? _IOLBF : _IOFBF,
                      request.follow ? 0 : BUFFER_SIZE);
    if (request.format == FORMAT_CSV)
        csv_write_head(stdout);
    int r = request.follow ? follow(&request, folder, &output) : ask(&request, folder, &output);
    free(output.host);
    if (r >= 0 && request.format == FORMAT_DOCUMENT)
        end_document(&output);
    return r < 0 ? cli_read_failed(&cmd_log, r, folder) : CLI_OK;
}

const struct command cmd_log = {
    .name = "log",
    .summary = N_("Shows what happened, from the ledger"),
    .usage = "[--since TIME] [--until TIME] [--kind KIND] [--user NAME] [--path GLOB]\n"
             "           [--severity WORD] [--limit N] [--format table|json|csv] [--follow]",
    .help = N_(
        "  --since TIME      from this time on: YYYY-MM-DD, “YYYY-MM-DD HH:MM”, today, yesterday\n"
        "  --until TIME      up to it; a bare date includes that day\n"
        "  --kind KIND       only this kind; “usb.*” for all that begin so\n"
        "  --user NAME       only what this login did\n"
        "  --path GLOB       only rows about such a path or device; “/srv/data/*”\n"
        "  --severity WORD   at least info, notice, warning or violation\n"
        "  --limit N         only the newest N rows; 0 for all\n"
        "  --format FORMAT   table, json (one ECS document a line) or csv;\n"
        "                    --json prints all of them as one array, unless --follow\n"
        "  -f, --follow      goes on with rows as they become durable; begins with the\n"
        "                    last 10 unless --limit or --since says otherwise\n"
        "  --state DIR       another folder than /var/lib/sekisho\n"
        "\n"
        "The table leaves out trail.read (checkpoints) unless --kind asks for it.\n"
        "For root and the group sekisho-audit.\n"),
    .run = run,
};
