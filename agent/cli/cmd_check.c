// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho check: looks now, and prints the standard's table: clause, finding, evidence, and what to
// do about it.
#include "cli/check-print.h"
#include "cli/cli.h"
#include "cli/health.h"
#include "cli/site.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "report/gather.h"
#include "report/rooms.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

#define TEXT_MAX (1u << 20)

struct request {
    const char *root; // of another machine, for tests and images: only its files are looked at
    const char *state;
    const char *programs; // folder of `health`
    bool details;         // each check, not only each clause
    char **wanted;        // names of checks, or what they begin with: "storage"; borrowed
    size_t n_wanted;      // 0: all
};

// ---- Which ones --------------------------------------------------------------------------------

static bool is_named(const char *check, const char *word)
{
    size_t length = strlen(word);
    return strncmp(check, word, length) == 0 && (check[length] == '\0' || check[length] == '.');
}

static bool is_wanted(const struct request *request, const char *check)
{
    bool wanted = request->n_wanted == 0;
    for (size_t i = 0; i < request->n_wanted; i++)
        wanted |= is_named(check, request->wanted[i]);
    return wanted;
}

static bool is_room_wanted(const struct request *request, enum check_room room)
{
    bool wanted = false;
    for (size_t i = 0; i < *check_rooms[room].n; i++)
        wanted |= is_wanted(request, check_rooms[room].checks[i].name);
    return wanted && (check_rooms[room].of_files || !request->root);
}

static bool is_any_named(const char *word)
{
    bool named = false;
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; i < *check_rooms[room].n; i++)
            named |= is_named(check_rooms[room].checks[i].name, word);
    return named;
}

// ---- What is looked at -------------------------------------------------------------------------

struct material {
    struct check_sources sources;
    struct policy *policy;
    char *auditd_conf, *audit_rules, *command_line;
    json_object *antivirus, *storage, *posture;
    char *antivirus_why, *storage_why, *posture_why;
    json_object *status, *network, *records, *operators, *incidents;
    char *status_why;
    char *why, *records_why, *operators_why, *incidents_why; // the agent did not answer
    char month_name[MONTH_TEXT_SIZE];
    struct month month;
    struct verify_result verified;
};

static void material_clear(struct material *material)
{
    policy_free(material->policy);
    json_object_put(material->antivirus);
    json_object_put(material->storage);
    json_object_put(material->posture);
    free(material->antivirus_why);
    free(material->storage_why);
    free(material->posture_why);
    free(material->auditd_conf);
    free(material->audit_rules);
    free(material->command_line);
    json_object_put(material->status);
    free(material->status_why);
    json_object_put(material->network);
    json_object_put(material->records);
    json_object_put(material->operators);
    free(material->why);
    free(material->records_why);
    free(material->operators_why);
    json_object_put(material->incidents);
    free(material->incidents_why);
    month_clear(&material->month);
    verify_result_clear(&material->verified);
}

static void read_text(int root, const char *path, struct check_text *ret, char **ret_owned)
{
    int r = file_read_at(root, path + 1, TEXT_MAX, ret_owned, NULL);
    *ret = (struct check_text){.path = path, .text = r < 0 ? NULL : *ret_owned, .error = r};
}

static int read_policy(int root, struct material *ret)
{
    CLEANUP_CLOSE int etc = openat(root, CLI_POLICY_FOLDER + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct policy_mistakes mistakes = {0};
    int r =
        etc < 0 ? -errno : policy_load(etc, CLI_POLICY_FOLDER, geteuid(), &ret->policy, &mistakes);
    policy_mistakes_clear(&mistakes); // `sekisho policy check` tells them
    ret->sources.policy = ret->policy;
    return r == -ENOMEM ? r : 0;
}

static void look(const struct request *request, const char *section,
                 const struct material *material, struct check_facts *ret, json_object **ret_facts,
                 char **ret_why)
{
    static char with_package[] = "--with-package";
    char *const posture[] = {with_package};
    const struct policy *policy = material->policy;
    struct health_question question = {
        .programs = request->programs, .root = request->root, .section = section};
    if (policy && text_equal(section, "storage")) {
        question.arguments = policy->folders;
        question.n = policy->n_folders;
    } else if (text_equal(section, "posture")) {
        question.arguments = posture;
        question.n = ELEMENTS(posture);
    }
    int r = health_ask(&question, ret_facts, ret_why);
    *ret = (struct check_facts){.facts = r < 0 ? NULL : *ret_facts, .why = *ret_why};
}

static void look_at_all(const struct request *request, struct material *ret)
{
    struct check_sources *sources = &ret->sources;
    sources->now_ns = moment_now().wall_ns;
    if (is_room_wanted(request, CHECK_ANTIVIRUS))
        look(request, "antivirus", ret, &sources->antivirus, &ret->antivirus, &ret->antivirus_why);
    if (is_room_wanted(request, CHECK_STORAGE))
        look(request, "storage", ret, &sources->storage, &ret->storage, &ret->storage_why);
    if (is_room_wanted(request, CHECK_POSTURE) || is_room_wanted(request, CHECK_OPERATORS))
        look(request, "posture", ret, &sources->posture, &ret->posture, &ret->posture_why);
}

static void read_material(int root, struct material *ret)
{
    struct check_sources *sources = &ret->sources;
    read_text(root, "/etc/audit/auditd.conf", &sources->auditd_conf, &ret->auditd_conf);
    read_text(root, "/etc/audit/audit.rules", &sources->audit_rules, &ret->audit_rules);
    read_text(root, "/proc/cmdline", &sources->command_line, &ret->command_line);
}

static void ask_of_network(struct material *ret)
{
    if (bus_call_status(&ret->status, &ret->status_why) < 0 && !ret->status_why)
        ret->status_why = text_dup("?");
    ret->sources.status = (struct check_status){.answer = ret->status, .why = ret->status_why};
    if (bus_call_list_network(&ret->network, &ret->why) < 0 && !ret->why)
        ret->why = text_dup("?");
    ret->sources.network = (struct check_network){.answer = ret->network, .why = ret->why};
}

static void ask_of_records(struct material *ret)
{
    if (bus_call_see_records(&ret->records, &ret->records_why) < 0 && !ret->records_why)
        ret->records_why = text_dup("?");
    ret->sources.records = (struct check_records){.answer = ret->records, .why = ret->records_why};
}

static void ask_of_operators(struct material *ret)
{
    if (bus_call_see_operators(&ret->operators, &ret->operators_why) < 0 && !ret->operators_why)
        ret->operators_why = text_dup("?");
    ret->sources.operators =
        (struct check_records){.answer = ret->operators, .why = ret->operators_why};
}

// Who may not read all of them is told of own ones only, which says nothing of the rest.
static void ask_of_incidents(struct material *ret)
{
    if (bus_call_list_incidents(0, &ret->incidents, &ret->incidents_why) < 0 && !ret->incidents_why)
        ret->incidents_why = text_dup("?");
    ret->sources.incidents =
        (struct check_records){.answer = ret->incidents, .why = ret->incidents_why};
}

static void read_month(const char *state, struct material *ret)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    uint64_t now_ns = moment_now().wall_ns;
    moment_to_month(now_ns, ret->month_name);
    int r = folder ? gather_ledger(folder, ret->month_name, now_ns, &ret->month, &ret->verified)
                   : -ENOMEM;
    ret->sources.month = (struct check_month){.name = ret->month_name,
                                              .month = r < 0 ? NULL : &ret->month,
                                              .verified = &ret->verified,
                                              .error = r};
}

// ---- Running -----------------------------------------------------------------------------------

static int look_at_room(const struct request *request, enum check_room room,
                        const struct check_sources *sources, struct check_lines *lines)
{
    const struct check_room_list *list = &check_rooms[room];
    struct check_line *more = reallocarray(lines->items, lines->n + *list->n, sizeof *more);
    if (!more)
        return -ENOMEM;
    lines->items = more;
    for (size_t i = 0; i < *list->n; i++) {
        struct check_line line = {.check = &list->checks[i]};
        if (!is_wanted(request, line.check->name))
            continue;
        int r = line.check->look(line.check, sources, &line.result);
        if (r < 0)
            return r;
        lines->items[lines->n++] = line;
    }
    return 0;
}

// As the auditor asks; within a clause as the rooms stand. qsort() of glibc is stable where it has
// memory, and the name decides where it has not.
static int by_clause(const void *a, const void *b)
{
    const struct check_line *x = a, *y = b;
    int order = strverscmp(x->check->clause, y->check->clause);
    return order != 0 ? order : strcmp(x->check->name, y->check->name);
}

static int show(const struct request *request, const struct check_lines *lines,
                const struct cli_options *options)
{
    if (options->json)
        return check_print_json(lines);
    return request->details || request->n_wanted > 0 ? check_print_each(lines, options)
                                                     : check_print_clauses(lines, options);
}

static enum cli_exit check(const struct request *request, const struct material *material,
                           const struct cli_options *options)
{
    CLEANUP(check_lines_clear) struct check_lines lines = {0};
    int r = 0;
    for (enum check_room room = 0; r == 0 && room < CHECK_ROOM_MAX; room++)
        if (is_room_wanted(request, room))
            r = look_at_room(request, room, &material->sources, &lines);
    if (r == 0)
        qsort(lines.items, lines.n, sizeof *lines.items, by_clause);
    if (r == 0)
        r = show(request, &lines, options);
    if (r < 0)
        return cli_read_failed(&cmd_check, r, "check");
    return check_lines_are_well(&lines) ? CLI_OK : CLI_FINDING;
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option names[] = {
        {"root", required_argument, NULL, 'r'},
        {"state", required_argument, NULL, 's'},
        {"programs", required_argument, NULL, 'p'},
        {"details", no_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option == 'r')
            request->root = optarg;
        else if (option == 's')
            request->state = optarg;
        else if (option == 'p')
            request->programs = optarg;
        else if (option == 'd')
            request->details = true;
        else
            return cli_bad_option(&cmd_check, option, argv[optind - 1]);
    }
    request->wanted = argv + optind;
    request->n_wanted = (size_t)(argc - optind);
    for (size_t i = 0; i < request->n_wanted; i++)
        if (!is_any_named(request->wanted[i]))
            return cli_usage(&cmd_check, _("%s: there is no such check"), request->wanted[i]);
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {.state = CLI_STATE_FOLDER, .programs = SEKISHO_LIBEXECDIR};
    struct material material = {0};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    const char *path = request.root ? request.root : "/";
    CLEANUP_CLOSE int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return cli_read_failed(&cmd_check, -errno, path);
    int r = read_policy(root, &material);
    if (r < 0)
        return cli_read_failed(&cmd_check, r, CLI_POLICY_FOLDER);
    (void)site_use_zone(material.policy);
    read_material(root, &material);
    look_at_all(&request, &material);
    if (is_room_wanted(&request, CHECK_AIRGAP)) {
        ask_of_network(&material);
        read_month(request.state, &material);
    }
    if (is_room_wanted(&request, CHECK_ATTEST)) {
        ask_of_records(&material);
        ask_of_incidents(&material);
    }
    if (is_room_wanted(&request, CHECK_OPERATORS))
        ask_of_operators(&material);
    status = check(&request, &material, options);
    material_clear(&material);
    return status;
}

const struct command cmd_check = {
    .name = "check",
    .summary = N_("Looks at this workstation now and prints the standard's table"),
    .usage = "[--details] [--root DIR] [--state DIR] [--programs DIR] [CHECK…]",
    .help =
        N_("  --root DIR      another machine's root folder, such as an image's: only what its\n"
           "                  files tell\n"
           "  --state DIR     another folder than /var/lib/sekisho\n"
           "  --programs DIR  another folder than /usr/libexec/sekisho\n"
           "\n"
           "Prints for each clause of the standard what was found, on what evidence, and what\n"
           "to do. Exit status 1: something is not in order, or could not be looked at.\n"),
    .run = run,
};
