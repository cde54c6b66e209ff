// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site recover: the key on paper, and the way back from what was typed.
#include "cli/form.h"
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "site/paper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FORM "recovery.html"

// ---- Onto paper --------------------------------------------------------------------------------

// Groups of four, so that the form can set them apart.
static json_object *make_line(unsigned number, const char *line)
{
    json_object *object = json_object_new_object(), *groups = json_object_new_array();
    json_add_number(object, "number", number);
    for (const char *group = line; *group; group += strspn(group, " ")) {
        size_t length = strcspn(group, " ");
        json_object_array_add(groups, json_object_new_string_len(group, (int)length));
        group += length;
    }
    json_add(object, "groups", groups);
    return object;
}

static json_object *make_document(const struct paper *paper, const char *site_name,
                                  const char *fingerprint)
{
    json_object *document = json_object_new_object(), *lines = json_object_new_array();
    char day[DAY_TEXT_SIZE];
    moment_to_day(moment_now().wall_ns, day);
    json_add_text(document, "site", site_name);
    json_add_text(document, "day", day);
    json_add_text(document, "fingerprint", fingerprint);
    for (unsigned i = 0; i < PAPER_LINES; i++)
        json_object_array_add(lines, make_line(i + 1, paper->lines[i]));
    json_add(document, "lines", lines);
    return document;
}

enum cli_exit site_write_paper(EVP_PKEY *key, const char *site_name, X509 *certificate,
                               char **ret_html)
{
    uint8_t secret[KEY_SECRET_SIZE], fingerprint[DIGEST_SIZE];
    char groups[SITE_GROUPS_SIZE];
    struct paper paper;
    int r = key_get_secret(key, secret);
    if (r == 0)
        r = certificate_fingerprint(certificate, fingerprint);
    if (r < 0) {
        cli_error(&cmd_site, "%s: %s", FORM, strerror(-r));
        return CLI_FAILED;
    }
    paper_write(secret, &paper);
    explicit_bzero(secret, sizeof secret);
    site_format_digest(fingerprint, SITE_SHORT_GROUPS, groups);
    CLEANUP_JSON json_object *document = make_document(&paper, site_name, groups);
    explicit_bzero(&paper, sizeof paper);
    return form_fill_html(&cmd_site, FORM, document, ret_html);
}

// ---- And back ----------------------------------------------------------------------------------

struct request {
    const char *from, *to;
    struct passphrase_source source;
};

static enum cli_exit read_secret(const struct request *request, uint8_t ret[KEY_SECRET_SIZE])
{
    char *text = NULL;
    size_t length = 0;
    unsigned line = 0;
    int r = text_equal(request->from, "-")
                ? file_read_fd(STDIN_FILENO, PAPER_TEXT_MAX, &text, &length)
                : file_read_at(AT_FDCWD, request->from, PAPER_TEXT_MAX, &text, &length);
    if (r < 0) {
        cli_error(&cmd_site, "%s: %s", request->from, strerror(-r));
        return CLI_FAILED;
    }
    r = paper_read(text, length, ret, &line);
    explicit_bzero(text, length);
    free(text);
    if (r < 0 && line > 0)
        cli_error(&cmd_site, _("line %u holds a mistake; compare it with the paper"), line);
    else if (r < 0)
        cli_error(&cmd_site, _("there are to be four lines, of one paper"));
    return r < 0 ? CLI_FINDING : CLI_OK;
}

static enum cli_exit write_key(const struct request *request, EVP_PKEY *key,
                               const struct cli_options *options)
{
    CLEANUP(passphrase_clear) struct passphrase passphrase = {0};
    CLEANUP_JSON json_object *document = json_object_new_object();
    const struct passphrase_question question = {
        .command = &cmd_site, .source = &request->source, .what = request->to};
    CLEANUP_FREE char *parent =
        strndup(request->to, (size_t)(text_basename(request->to) - request->to));
    CLEANUP_CLOSE int dir =
        parent ? open(parent[0] ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int r = dir < 0 ? -errno : 0;
    enum cli_exit status = r == 0 ? passphrase_choose(&question, &passphrase) : CLI_OK;
    if (status != CLI_OK)
        return status;
    if (r == 0)
        r = key_write_at(dir, text_basename(request->to), key, passphrase_text(&passphrase));
    if (r < 0) {
        cli_error(&cmd_site, "%s: %s", request->to, strerror(-r));
        return r == -EEXIST ? CLI_REFUSED : CLI_FAILED;
    }
    json_add_text(document, "key", request->to);
    return cli_tell(options, document,
                    _("The key is in %s. Delete it for good as soon as it has served: sekisho "
                      "erase %s\n"),
                    request->to, request->to);
}

static enum cli_exit recover(const struct request *request, const struct cli_options *options)
{
    uint8_t secret[KEY_SECRET_SIZE];
    CLEANUP(key_free_p) EVP_PKEY *key = NULL;
    enum cli_exit status = read_secret(request, secret);
    if (status != CLI_OK)
        return status;
    int r = key_from_secret(secret, &key);
    explicit_bzero(secret, sizeof secret);
    if (r == 0)
        return write_key(request, key, options);
    cli_error(&cmd_site, "%s: %s", request->from, strerror(-r));
    return CLI_FAILED;
}

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    if (option == 'f')
        request->from = optarg;
    else if (option == 't')
        request->to = optarg;
    else if (option == 'P')
        request->source.none = true;
    else
        request->source.file = optarg;
    return CLI_OK;
}

enum cli_exit site_recover(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"no-passphrase", no_argument, NULL, 'P'},
        {"passphrase-file", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_site, argc, argv};
    struct request request = {0};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &request);
    if (status != CLI_OK)
        return status;
    if (optind + 1 < argc)
        return cli_usage(&cmd_site, _("%s: unexpected"), argv[optind + 1]);
    if (!request.from || !request.to)
        return cli_usage(&cmd_site, _("say --from FILE, what was typed (- for standard input), "
                                      "and --to FILE, the key"));
    return recover(&request, options);
}
