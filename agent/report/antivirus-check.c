// SPDX-License-Identifier: GPL-3.0-or-later
// Does the antivirus truly work? Clause 5 (9).
#include "report/antivirus-check.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "report/antivirus-check-parts.h"

#include <errno.h>

#define CLAUSE "5 (9)"
#define DAY_S (24 * 3600)
#define FUTURE_S 3600 // so far apart may two clocks be

// ---- Which product -----------------------------------------------------------------------------

static bool is_better(json_object *product, json_object *best, const char *wanted)
{
    if (!json_get_bool(product, "installed") || !json_get_text(product, "name"))
        return false;
    if (wanted)
        return text_equal(json_get_text(product, "name"), wanted);
    return !best || (json_get_bool(product, "tried") && !json_get_bool(best, "tried"));
}

static json_object *find_best(json_object *products, const char *wanted)
{
    json_object *best = NULL;
    for (size_t i = 0; i < json_object_array_length(products); i++) {
        json_object *product = json_object_array_get_idx(products, i);
        if (is_better(product, best, wanted))
            best = product;
    }
    return best;
}

static json_object *list_in(const struct check_sources *sources, const char *key)
{
    json_object *list = json_get(sources->antivirus.facts, key);
    return json_object_is_type(list, json_type_array) ? list : NULL;
}

static const char *wanted_product(const struct check_sources *sources)
{
    return sources->policy ? sources->policy->antivirus_product : NULL;
}

static struct antivirus_seen see(json_object *product)
{
    const char *title = json_get_text(product, "title");
    return (struct antivirus_seen){
        .product = product,
        .name = json_get_text(product, "name"),
        .title = title ? title : json_get_text(product, "name"),
        .tried = json_get_bool(product, "tried"),
    };
}

int antivirus_choose(const struct check_sources *sources, struct antivirus_seen *seen,
                     struct check_result *ret)
{
    json_object *products = list_in(sources, "products");
    if (!products)
        return check_give_unseen(&sources->antivirus, ret);
    json_object *best = find_best(products, wanted_product(sources));
    if (best) {
        *seen = see(best);
        return 1;
    }
    return check_give(ret, FINDING_UNVERIFIED, text_dup(_("no antivirus is installed")),
                      text_dup(_("see antivirus.installed")));
}

// ---- How it is said ----------------------------------------------------------------------------

int antivirus_give(const struct antivirus_seen *seen, struct check_result *ret,
                   enum finding_value value, char *evidence, char *remedy)
{
    CLEANUP_FREE char *said = evidence;
    CLEANUP_FREE char *advice = remedy;
    if (value == FINDING_OK && !seen->tried) {
        value = FINDING_UNVERIFIED;
        char *doubted =
            said ? text_format(_("%s; but nobody has tried this with the product"), said) : NULL;
        free(said);
        said = doubted;
        free(advice);
        advice = text_dup(_("see that the finding turns bad when it has to, then put the profile "
                            "with “tried = true” into /etc/sekisho/antivirus.d"));
    }
    return check_give_about(ret, value, TAKE_PTR(said), TAKE_PTR(advice), text_dup(seen->name));
}

int antivirus_give_without_policy(struct check_result *ret)
{
    return check_give(ret, FINDING_UNVERIFIED,
                      text_dup(_("there is no policy that says what is asked for")),
                      text_dup(_("“sekisho policy check” says what is wrong with it")));
}

int antivirus_give_error(const struct antivirus_seen *seen, const char *what, const char *error,
                         struct check_result *ret)
{
    CLEANUP_FREE char *printable = text_printable(error);
    return antivirus_give(seen, ret, FINDING_UNVERIFIED,
                          printable ? text_format(_("%s: %s could not be found out: %s"),
                                                  seen->title, what, printable)
                                    : NULL,
                          text_dup(_("run “sekisho check” as root")));
}

long antivirus_days_since(uint64_t then_s, uint64_t now_ns)
{
    uint64_t now_s = now_ns / NS_PER_S;
    if (then_s > now_s + FUTURE_S)
        return -1;
    return then_s > now_s ? 0 : (long)((now_s - then_s) / DAY_S);
}

int antivirus_give_future(const struct antivirus_seen *seen, uint64_t then_s,
                          struct check_result *ret)
{
    char when[40];
    moment_to_iso(then_s <= UINT64_MAX / NS_PER_S ? then_s * NS_PER_S : 0, when);
    return antivirus_give(
        seen, ret, FINDING_UNVERIFIED,
        text_format(_("%s: %s lies in the future, so an age can't be told"), seen->title, when),
        text_dup(_("set the clock right: “timedatectl”")));
}

// ---- Installed ---------------------------------------------------------------------------------

static int give_mistake(json_object *mistake, struct check_result *ret)
{
    static const struct {
        const char *fault, *text;
    } faults[] = {
        {"unreadable", N_("it can't be read")},
        {"untrusted", N_("it is not root's, or others may write it")},
        {"syntax", N_("libconfig cannot read this")},
        {"unknown-key", N_("there is no such key")},
        {"wrong-type", N_("the value is not of that kind")},
        {"no-path", N_("a path has to begin with “/”")},
        {"missing", N_("this key is missing")},
        {"too-many", N_("there are too many profiles")},
    };
    const char *file = json_get_text(mistake, "file"), *key = json_get_text(mistake, "key");
    const char *fault = json_get_text(mistake, "fault"), *text = fault;
    for (size_t i = 0; i < ELEMENTS(faults); i++)
        if (text_equal(faults[i].fault, fault))
            text = _(faults[i].text);
    unsigned line = (unsigned)json_get_number(mistake, "line");
    return check_give_about(
        ret, FINDING_UNVERIFIED,
        text_format("%s:%u: %s%s%s", file ? file : "?", line, key ? key : "", key ? ": " : "",
                    text ? text : "?"),
        text_dup(_("mend the profile, or take it out of /etc/sekisho/antivirus.d")),
        text_format("%s:%u", file ? file : "?", line));
}

static int give_none(const struct check_sources *sources, struct check_result *ret)
{
    const char *wanted = wanted_product(sources);
    return check_give(
        ret, FINDING_VIOLATION,
        wanted ? text_format(_("“%s”, which the policy names, is not installed"), wanted)
               : text_dup(_("no antivirus is installed")),
        text_dup(_("install one: “sudo apt install clamav-daemon”; another product needs a profile "
                   "in /etc/sekisho/antivirus.d")));
}

static int look_at_installed(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    json_object *products = list_in(sources, "products"), *mistakes = list_in(sources, "mistakes");
    (void)check;
    if (!products || !mistakes)
        return check_give_unseen(&sources->antivirus, ret);
    if (json_object_array_length(mistakes) > 0)
        return give_mistake(json_object_array_get_idx(mistakes, 0), ret);
    json_object *best = find_best(products, wanted_product(sources));
    if (!best)
        return give_none(sources, ret);
    struct antivirus_seen seen = see(best);
    return antivirus_give(&seen, ret, FINDING_OK, text_dup(seen.title), NULL);
}

// ---- The list ----------------------------------------------------------------------------------

const struct check antivirus_checks[] = {
    {CLAUSE, "antivirus.installed", look_at_installed, NULL},
    {CLAUSE, "antivirus.running", antivirus_look_at_running, NULL, "antivirus.installed"},
    {CLAUSE, "antivirus.definitions", antivirus_look_at_definitions, NULL, "antivirus.proof"},
    {CLAUSE, "antivirus.proof", antivirus_look_at_proof, NULL, "antivirus.running"},
    {CLAUSE, "antivirus.on_access", antivirus_look_at_access, NULL, "antivirus.proof"},
    {CLAUSE, "antivirus.scan", antivirus_look_at_scan, NULL, "antivirus.installed"},
    {CLAUSE, "antivirus.detections", antivirus_look_at_detections, NULL, "antivirus.installed"},
};
const size_t antivirus_n_checks = ELEMENTS(antivirus_checks);
