// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho policy check: every mistake of a policy in one run, or what a good one says.
#include "cli/cli.h"
#include "cli/mistake.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CONFIG_FOLDER "/etc/sekisho"

// ---- What is wrong -----------------------------------------------------------------------------
static json_object *describe_mistakes(const struct policy_mistakes *mistakes)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; list && i < mistakes->n; i++) {
        json_object *object = json_object_new_object();
        json_add_text(object, "file", mistakes->items[i].file);
        json_add_number(object, "line", mistakes->items[i].line);
        json_add_text(object, "what", mistakes->items[i].what);
        json_add_text(object, "remedy", mistakes->items[i].remedy);
        json_object_array_add(list, object);
    }
    return list;
}

static void print_mistakes(const struct policy_mistakes *mistakes,
                           const struct cli_options *options)
{
    if (options->json) {
        CLEANUP_JSON json_object *object = json_object_new_object();
        json_add_bool(object, "ok", false);
        json_add(object, "mistakes", describe_mistakes(mistakes));
        cli_print_json(object);
        return;
    }
    for (size_t i = 0; i < mistakes->n; i++)
        mistake_print(&mistakes->items[i], stdout, options->color);
    printf(ngettext("%zu mistake: the agent would refuse this policy and keep the last good one\n",
                    "%zu mistakes: the agent would refuse this policy and keep the last good one\n",
                    mistakes->n),
           mistakes->n);
}

// ---- What a good one says ----------------------------------------------------------------------
// "allow", "refuse", or how many are named. The caller frees it.
static char *describe_class(const struct gate_class *class)
{
    switch (class->rule) {
    case DEFAULT_ALLOW:
        return strdup(_("allowed"));
    case DEFAULT_REFUSE:
        return strdup(_("refused"));
    case DEFAULT_NAMED:
        return text_format(_("only %zu named"), class->n_named);
    case DEFAULT_MAX:
        break;
    }
    return NULL;
}

static size_t count_ended(const struct policy *policy, uint64_t now_ns)
{
    size_t n = 0;
    for (size_t i = 0; i < policy->n_approvals; i++)
        n += policy->approvals[i]->until_ns > 0 && policy->approvals[i]->until_ns <= now_ns;
    return n;
}

static void print_class(const char *label, const struct gate_class *class)
{
    CLEANUP_FREE char *text = describe_class(class);
    printf("  %s: %s\n", label, text ? text : "");
}

static void print_policy(const char *name, const struct policy *policy)
{
    char end[DAY_TEXT_SIZE];
    size_t ended = count_ended(policy, moment_now().wall_ns);
    moment_to_last_day(policy->contract_end_ns, end);
    printf(_("%s: in order\n"), name);
    printf("  %s: %s, %s, %s\n", _("site"), policy->site_name ? policy->site_name : "–",
           policy->site_area ? policy->site_area : "–", policy->time_zone);
    printf("  %s: %zu\n", _("officers"), policy->n_officers);
    print_class(_("hubs"), &policy->hubs);
    print_class(_("keyboards"), &policy->keyboards);
    print_class(_("mice"), &policy->mice);
    print_class(_("other input"), &policy->other_input);
    printf("  %s: %s\n", _("further keyboards"), gate_caution_to_str(policy->further_keyboards));
    printf("  %s: %s\n", _("keyboards while the screen is locked"),
           gate_caution_to_str(policy->keyboards_while_locked));
    if (policy->ports.n > 0)
        printf("  %s: %zu\n", _("ports in use"), policy->ports.n);
    printf(_("  approvals: %zu, of which %zu have ended\n"), policy->n_approvals, ended);
    printf(_("  sealed every %u minutes\n"), (unsigned)(policy->seal_interval_ns / NS_PER_S / 60));
    printf("  %s: %s\n", _("end of the contract"), end[0] ? end : _("not stated"));
}

static json_object *describe_classes(const struct policy *policy)
{
    static const char *const words[] = {"allow", "refuse", "named"};
    const struct {
        const char *key;
        const struct gate_class *class;
    } classes[] = {{"hubs", &policy->hubs},
                   {"keyboards", &policy->keyboards},
                   {"mice", &policy->mice},
                   {"other_input", &policy->other_input}};
    json_object *object = json_object_new_object();
    for (size_t i = 0; i < ELEMENTS(classes); i++)
        json_add_text(object, classes[i].key, words[classes[i].class->rule]);
    json_add_text(object, "further_keyboards", gate_caution_to_str(policy->further_keyboards));
    json_add_text(object, "keyboards_while_locked",
                  gate_caution_to_str(policy->keyboards_while_locked));
    return object;
}

static void print_policy_json(const struct policy *policy)
{
    char end[DAY_TEXT_SIZE], hash[DIGEST_TEXT_SIZE];
    CLEANUP_JSON json_object *object = json_object_new_object();
    moment_to_last_day(policy->contract_end_ns, end);
    text_hex(policy->hash, sizeof policy->hash, hash);
    json_add_bool(object, "ok", true);
    json_add(object, "mistakes", json_object_new_array());
    json_add_text(object, "sha256", hash);
    json_add_text(object, "site", policy->site_name);
    json_add_text(object, "area", policy->site_area);
    json_add_text(object, "time_zone", policy->time_zone);
    json_add_number(object, "officers", policy->n_officers);
    json_add(object, "usb", describe_classes(policy));
    json_add_number(object, "ports", policy->ports.n);
    json_add_number(object, "approvals", policy->n_approvals);
    json_add_number(object, "approvals_ended", count_ended(policy, moment_now().wall_ns));
    json_add_number(object, "seal_minutes", policy->seal_interval_ns / NS_PER_S / 60);
    json_add_text(object, "contract_end", end[0] ? end : NULL);
    cli_print_json(object);
}

// ---- Reading -----------------------------------------------------------------------------------
static int load_folder(const char *path, uid_t owner, struct policy **ret,
                       struct policy_mistakes *ret_mistakes)
{
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -errno : policy_load(folder, path, owner, ret, ret_mistakes);
}

// Where the agent reads, only root may write. A draft elsewhere may belong to whoever writes it.
static uid_t trusted_owner(const char *path, const struct stat *st)
{
    CLEANUP_FREE char *real = realpath(path, NULL);
    size_t length = strlen(CONFIG_FOLDER);
    bool installed = real && strncmp(real, CONFIG_FOLDER, length) == 0 &&
                     (real[length] == '/' || real[length] == '\0');
    return installed ? 0 : st->st_uid;
}

static int load(const char *path, struct policy **ret, struct policy_mistakes *ret_mistakes)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    uid_t owner = trusted_owner(path, &st);
    return S_ISDIR(st.st_mode) ? load_folder(path, owner, ret, ret_mistakes)
                               : policy_load_file(path, owner, ret, ret_mistakes);
}

static enum cli_exit check(const char *path, const struct cli_options *options)
{
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    CLEANUP_FREE char *shown = text_escape(path, strlen(path), 4096);
    int r = shown ? load(path, &policy, &mistakes) : -ENOMEM;
    if (r == -EINVAL) {
        print_mistakes(&mistakes, options);
        policy_mistakes_clear(&mistakes);
        return CLI_FINDING;
    }
    if (!policy) { // `r` says why
        cli_error(&cmd_policy, "%s: %s", shown ? shown : "", strerror(-r));
        return CLI_FAILED;
    }
    setenv("TZ", policy->time_zone, 1); // days are shown as the policy cuts them
    tzset();
    if (options->json)
        print_policy_json(policy);
    else
        print_policy(shown, policy);
    return CLI_OK;
}

static enum cli_exit refuse(const char *problem, const char *argument)
{
    CLEANUP_FREE char *shown = text_printable(argument);
    return cli_usage(&cmd_policy, "%s: %s", shown ? shown : "", problem);
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    int first = 2;
    if (argc < 2)
        return cli_usage(&cmd_policy, _("what should be done? “check”"));
    if (strcmp(argv[1], "check") != 0)
        return refuse(_("unknown; “check” is what it can do"), argv[1]);
    if (argc > first && strcmp(argv[first], "--") == 0)
        first++;
    else if (argc > first && argv[first][0] == '-')
        return refuse(_("unknown option"), argv[first]);
    if (argc > first + 1)
        return cli_usage(&cmd_policy, _("one FILE at a time"));
    return check(argc > first ? argv[first] : CONFIG_FOLDER, options);
}

const struct command cmd_policy = {
    .name = "policy",
    .summary = N_("Checks the policy and prints every mistake"),
    .usage = "check [FILE]",
    .help = N_("  FILE  this file alone, or another folder than /etc/sekisho with its policy.conf\n"
               "        and policy.d/; without it what the agent reads\n"),
    .run = run,
};
