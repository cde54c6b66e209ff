// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho incident draft: the report to the city as far as it is known, from a form that an admin
// can replace.
#include "report/incident-draft.h"
#include "cli/incident-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/site.h"
#include "report/template.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define OWN_TEMPLATES "/etc/sekisho/templates"
#define SHIPPED_TEMPLATES "/usr/share/sekisho/templates"

struct draft_request {
    const char *stage, *to, *language, *state, *templates;
    uint64_t number;
};

struct form {
    const char *language, *suffix;
    enum template_form form;
};
static const struct form forms[] = {
    {"ja", "html", TEMPLATE_HTML},
    {"ja", "txt", TEMPLATE_TEXT},
    {"en", "html", TEMPLATE_HTML},
    {"en", "txt", TEMPLATE_TEXT},
};

// ---- Gathering ---------------------------------------------------------------------------------

// What is drafted stands before this seal: whoever has the code can show that nothing was changed
// since.
static enum cli_exit seal(json_object **ret)
{
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_seal("report", ret, &why);
    return r < 0 ? cli_bus_failed(&cmd_incident, r, why) : CLI_OK;
}

// Sentences in that language, whatever the session speaks.
static void speak(const char *language)
{
    if (setenv("LANGUAGE", language, 1) == 0)
        i18n_init(); // or else gettext() answers what it remembers
}

static json_object *lay_out(const struct draft_request *request, const char *language,
                            json_object *incident, json_object *answer, const struct policy *policy,
                            int *ret_error)
{
    CLEANUP_JSON json_object *rows = NULL;
    char host[256] = "";
    struct incident_draft_sources sources = {.incident = incident,
                                             .seal = answer,
                                             .policy = policy,
                                             .host = host,
                                             .stage = request->stage,
                                             .created_ns = moment_now().wall_ns};
    (void)gethostname(host, sizeof host - 1);
    speak(language);
    *ret_error = incident_read_rows(request->state, incident, true, &rows, &sources.left_out);
    sources.rows = rows;
    return *ret_error < 0 ? NULL : incident_draft_make(&sources);
}

// ---- Filling the form --------------------------------------------------------------------------

static int read_template(const struct draft_request *request, const struct form *form,
                         char **ret_path, char **ret_text)
{
    const char *const folders[] = {request->templates ? request->templates : OWN_TEMPLATES,
                                   SHIPPED_TEMPLATES};
    CLEANUP_FREE char *path = NULL;
    int r = -ENOENT;
    for (size_t i = 0; r == -ENOENT && i < ELEMENTS(folders); i++) {
        free(path);
        path = text_format("%s/incident.%s.%s", folders[i], form->language, form->suffix);
        r = path ? file_read_at(AT_FDCWD, path, TEMPLATE_MAX, ret_text, NULL) : -ENOMEM;
    }
    *ret_path = TAKE_PTR(path);
    return r;
}

static enum cli_exit fill(const struct draft_request *request, const struct form *form,
                          json_object *document, char **ret_text)
{
    CLEANUP_FREE char *path = NULL, *template = NULL;
    struct template_mistake mistake = {0};
    int r = read_template(request, form, &path, &template);
    if (r < 0)
        return cli_read_failed(&cmd_incident, r, path ? path : "incident");
    r = template_render(template, document, form->form, ret_text, &mistake);
    if (r == -EINVAL) {
        cli_error(&cmd_incident, "%s:%u: %s", path, mistake.line, mistake.what);
        return CLI_FAILED;
    }
    return r < 0 ? cli_read_failed(&cmd_incident, r, path) : CLI_OK;
}

static enum cli_exit put_out(const struct draft_request *request, const struct form *form,
                             const char *text, const struct cli_options *options)
{
    if (!request->to) {
        fputs(text, stdout);
        return CLI_OK;
    }
    CLEANUP_FREE char *path =
        text_format("%s/incident-%" PRIu64 "-%s.%s.%s", request->to, request->number,
                    request->stage, form->language, form->suffix);
    int r = path ? file_replace_at(AT_FDCWD, path, 0640, text, strlen(text)) : -ENOMEM;
    if (r < 0)
        return cli_read_failed(&cmd_incident, r, path ? path : request->to);
    if (!options->json)
        puts(path);
    return CLI_OK;
}

static enum cli_exit draft_one(const struct draft_request *request, const struct form *form,
                               json_object *document, const struct cli_options *options)
{
    CLEANUP_FREE char *text = NULL;
    enum cli_exit status = fill(request, form, document, &text);
    return status == CLI_OK ? put_out(request, form, text, options) : status;
}

static bool is_wanted(const struct draft_request *request, const struct form *form)
{
    return request->to ||
           (form->form == TEMPLATE_TEXT && text_equal(form->language, request->language));
}

static enum cli_exit draft(const struct draft_request *request, json_object *incident,
                           const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP(policy_free_p) struct policy *policy = site_load_policy();
    enum cli_exit status = seal(&answer);
    (void)site_use_zone(policy);
    for (size_t i = 0; status == CLI_OK && i < ELEMENTS(forms); i++) {
        int error = 0;
        if (!is_wanted(request, &forms[i]))
            continue;
        CLEANUP_JSON json_object *document =
            lay_out(request, forms[i].language, incident, answer, policy, &error);
        if (!document)
            return cli_read_failed(&cmd_incident, error < 0 ? error : -ENOMEM, request->state);
        if (options->json && !request->to)
            cli_print_json(document);
        else
            status = draft_one(request, &forms[i], document, options);
    }
    return status;
}

// ---- Arguments ---------------------------------------------------------------------------------

static enum cli_exit parse(int argc, char *argv[], struct draft_request *request)
{
    static const struct option known[] = {
        {"stage", required_argument, NULL, 'g'},     {"to", required_argument, NULL, 't'},
        {"lang", required_argument, NULL, 'l'},      {"state", required_argument, NULL, 's'},
        {"templates", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (option) {
        case 'g':
            request->stage = optarg;
            break;
        case 't':
            request->to = optarg;
            break;
        case 'l':
            request->language = optarg;
            break;
        case 's':
            request->state = optarg;
            break;
        case 'f':
            request->templates = optarg;
            break;
        default:
            return cli_bad_option(&cmd_incident, option, argv[optind - 1]);
        }
    }
    if (!text_equal(request->stage, "first") && !text_equal(request->stage, "final"))
        return cli_usage(&cmd_incident, _("--stage %s: is neither first nor final"),
                         request->stage);
    if (!text_equal(request->language, "ja") && !text_equal(request->language, "en"))
        return cli_usage(&cmd_incident, _("--lang %s: is neither ja nor en"), request->language);
    return incident_parse_number(argc - optind == 2 ? argv[optind + 1] : NULL, &request->number);
}

enum cli_exit incident_run_draft(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *incident = NULL;
    struct draft_request request = {.stage = "first", .language = "ja", .state = CLI_STATE_FOLDER};
    enum cli_exit status = parse(argc, argv, &request);
    if (status == CLI_OK)
        status = incident_fetch(request.number, &incident);
    return status == CLI_OK ? draft(&request, incident, options) : status;
}
