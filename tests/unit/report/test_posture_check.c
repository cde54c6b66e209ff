// SPDX-License-Identifier: GPL-3.0-or-later
// The checks over facts as `health` prints them. What files lead to which finding is tested with
// whole trees (tests/unit/cli/test_posture.py); here it is what a document lacks, or gets wrong.
#include "report/posture-check.h"

#include "base/json.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static const char good[] =
    "{\"logins\":{\"managers\":[\"lightdm\"],\"default_manager\":\"lightdm\",\"automatic\":[]},"
    "\"accounts\":{\"accounts\":[{\"name\":\"root\",\"uid\":0,\"login\":true,\"password\":"
    "\"locked\"},{\"name\":\"yamada\",\"uid\":1000,\"login\":true,\"password\":\"set\"}],"
    "\"passwords\":{}},"
    "\"pam\":{\"services\":[{\"service\":\"common-auth\",\"auth\":[{\"control\":"
    "\"[success=1 default=ignore]\",\"module\":\"pam_unix.so\"}]}]},"
    "\"ssh\":{\"installed\":true,\"global\":{\"permitrootlogin\":\"no\",\"passwordauthentication\":"
    "\"no\",\"kbdinteractiveauthentication\":\"no\",\"permitemptypasswords\":\"no\"},"
    "\"matches\":[],\"persons\":{\"keys\":[]}},"
    "\"screen\":{\"sessions\":[{\"file\":\"plasma.desktop\",\"desktop\":\"KDE\"}],\"programs\":[],"
    "\"kde\":{},\"persons\":[{\"name\":\"yamada\",\"kde\":{}}]},"
    "\"boot\":{\"grub\":{\"loader\":\"grub\",\"superusers\":\"root\",\"hashed\":\"root \","
    "\"recovery\":0,\"open_recovery\":0},\"rescue\":{\"forced\":[]},\"firmware\":{\"efi\":true,"
    "\"secure\":true,\"setup\":false,\"lockdown\":{\"mode\":\"integrity\"}}},"
    "\"clock\":{\"source\":{\"services\":[]},\"rtc\":{\"present\":true,\"apart_s\":1},"
    "\"zone\":{\"name\":\"Asia/Tokyo\"}},"
    "\"memory\":{\"cores\":{\"pattern\":\"|/bin/false\",\"suid_dumpable\":\"0\"},"
    "\"hibernation\":{\"state\":\"mem\",\"swaps\":1,\"masked\":false}},"
    "\"sudo\":{\"installed\":true,\"rules\":[],\"open\":[],\"aliases\":{},"
    "\"groups\":{\"members\":{}}},"
    "\"paths\":{\"seen\":[{\"path\":\"/\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}]},"
    "\"package\":{\"changed\":[]}}";

// Where each check looks, and the keys of it that it can't do without.
static const struct reads {
    const char *check, *part;
    const char *needs[4];
} reads[] = {
    {"posture.autologin", "logins", {"automatic"}},
    {"posture.autologin", "sudo.groups", {"members"}},
    {"posture.empty_passwords", "accounts", {"accounts"}},
    {"posture.empty_passwords", "accounts.passwords", {NULL}},
    {"posture.shared_accounts", "accounts.passwords", {NULL}},
    {"posture.nullok", "pam", {"services"}},
    {"posture.nullok", "accounts", {NULL}}, // only where nullok is set
    {"posture.pam", "pam", {"services"}},
    {"posture.shared_accounts", "accounts", {"accounts"}},
    {"posture.uid_zero", "accounts", {"accounts"}},
    {"posture.duplicate_uids", "accounts", {"accounts"}},
    {"posture.ssh_root", "ssh", {"installed", "global"}},
    {"posture.ssh_passwords", "ssh", {"installed", "global"}},
    {"posture.ssh_keys", "ssh", {"installed", "persons"}},
    {"posture.ssh_keys", "ssh.persons", {"keys"}},
    {"posture.screen_lock", "screen", {"sessions", "persons"}},
    {"posture.boot_password", "boot.grub", {"loader"}},
    {"posture.recovery", "boot.grub", {"loader"}},
    {"posture.recovery", "boot.rescue", {"forced"}},
    {"posture.secure_boot", "boot.firmware", {"efi", "secure", "setup"}},
    {"posture.lockdown", "boot.firmware.lockdown", {"mode"}},
    {"posture.clock_source", "clock.source", {"services"}},
    {"posture.clock_source", "clock.rtc", {"present"}},
    {"posture.clock_rtc", "clock.rtc", {"apart_s"}},
    {"posture.time_zone", "clock.zone", {"name"}},
    {"posture.core_dumps", "memory.cores", {"pattern", "suid_dumpable"}},
    {"posture.hibernation", "memory.hibernation", {"state"}},
    {"posture.sudo", "sudo", {"installed", "rules"}},
    {"posture.administrators", "sudo", {"rules", "groups"}},
    {"posture.administrators", "sudo.groups", {"members"}},
    {"posture.own_paths", "paths", {"seen"}},
    {"posture.own_package", "package", {"changed"}},
};

static const struct policy policy = {.time_zone = (char[]){"Asia/Tokyo"},
                                     .lock_after_ns = 600 * UINT64_C(1000000000)};

static json_object *document(void)
{
    json_object *object = json_parse(good, sizeof good - 1, json_type_object);
    cr_assert_not_null(object);
    return object;
}

static const struct check *find(const char *name)
{
    for (size_t i = 0; i < posture_n_checks; i++)
        if (text_equal(posture_checks[i].name, name))
            return &posture_checks[i];
    cr_assert_fail("there is no check %s", name);
    return NULL;
}

static enum finding_value look(const char *name, const struct check_sources *sources)
{
    struct check_result result = {0};
    const struct check *check = find(name);
    cr_assert_eq(check->look(check, sources, &result), 0);
    enum finding_value value = result.value;
    cr_expect(value == FINDING_OK || value == FINDING_NOT_APPLICABLE || result.remedy, "%s", name);
    check_result_clear(&result);
    return value;
}

static enum finding_value look_at(const char *name, json_object *facts)
{
    const struct check_sources sources = {.policy = &policy, .posture = {.facts = facts}};
    return look(name, &sources);
}

// The object that holds the last name of the path, which is put at *ret_key.
static json_object *holder(json_object *facts, const char *path, const char **ret_key)
{
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
        CLEANUP_FREE char *key = strndup(path, (size_t)(dot - path));
        facts = json_get(facts, key);
        cr_assert_not_null(facts, "%s", path);
    }
    *ret_key = path;
    return facts;
}

static json_object *part_of(json_object *facts, const char *path)
{
    const char *key;
    json_object *outer = holder(facts, path, &key);
    return json_get(outer, key);
}

Test(posture_check, a_document_in_order_passes_every_check)
{
    CLEANUP_JSON json_object *facts = document();
    for (size_t i = 0; i < posture_n_checks; i++)
        cr_expect_eq(look_at(posture_checks[i].name, facts), FINDING_OK, "%s",
                     posture_checks[i].name);
}

Test(posture_check, without_facts_or_with_empty_ones_nothing_is_ok)
{
    CLEANUP_JSON json_object *empty = json_object_new_object();
    const struct check_sources unseen = {.policy = &policy, .posture = {.why = "it was killed"}};
    for (size_t i = 0; i < posture_n_checks; i++) {
        cr_expect_eq(look(posture_checks[i].name, &unseen), FINDING_UNVERIFIED);
        cr_expect_eq(look_at(posture_checks[i].name, empty), FINDING_UNVERIFIED);
    }
}

Test(posture_check, a_part_that_is_missing_or_something_else_is_unverified)
{
    for (size_t i = 0; i < ELEMENTS(reads); i++) {
        CLEANUP_JSON json_object *facts = document();
        const char *key;
        json_object *outer = holder(facts, reads[i].part, &key);
        json_object_object_del(outer, key);
        cr_expect_eq(look_at(reads[i].check, facts), FINDING_UNVERIFIED, "%s without %s",
                     reads[i].check, reads[i].part);
        json_add_number(outer, key, 7);
        cr_expect_eq(look_at(reads[i].check, facts), FINDING_UNVERIFIED, "%s: %s is 7",
                     reads[i].check, reads[i].part);
        json_add(outer, key, json_object_new_object());
        if (reads[i].needs[0])
            cr_expect_eq(look_at(reads[i].check, facts), FINDING_UNVERIFIED, "%s: %s is empty",
                         reads[i].check, reads[i].part);
    }
}

Test(posture_check, a_key_that_is_missing_is_unverified)
{
    for (size_t i = 0; i < ELEMENTS(reads); i++)
        for (size_t k = 0; k < ELEMENTS(reads[i].needs) && reads[i].needs[k]; k++) {
            CLEANUP_JSON json_object *facts = document();
            json_object *part = part_of(facts, reads[i].part);
            json_object_object_del(part, reads[i].needs[k]);
            cr_expect_eq(look_at(reads[i].check, facts), FINDING_UNVERIFIED, "%s without %s.%s",
                         reads[i].check, reads[i].part, reads[i].needs[k]);
        }
}

Test(posture_check, what_could_not_be_read_is_named)
{
    for (size_t i = 0; i < ELEMENTS(reads); i++) {
        CLEANUP_JSON json_object *facts = document();
        json_object *part = part_of(facts, reads[i].part);
        json_object *errors = json_object_new_array(), *entry = json_object_new_object();
        json_add_text(entry, "path", "/etc/x");
        json_add_text(entry, "error", "EACCES");
        json_object_array_add(errors, entry);
        json_add(part, "errors", errors);
        if (!reads[i].needs[0])
            continue;
        const struct check_sources sources = {.policy = &policy, .posture = {.facts = facts}};
        const struct check *check = find(reads[i].check);
        struct check_result result = {0};
        cr_assert_eq(check->look(check, &sources, &result), 0);
        // What hinders hibernation is known all the same.
        if (!text_equal(check->name, "posture.hibernation")) {
            cr_expect_eq(result.value, FINDING_UNVERIFIED, "%s", check->name);
            cr_expect(strstr(result.evidence, "/etc/x (EACCES)"), "%s: %s", check->name,
                      result.evidence);
            cr_expect_str_eq(result.subject, "/etc/x (EACCES)");
        }
        check_result_clear(&result);
    }
}

Test(posture_check, without_a_policy_what_it_decides_is_unverified)
{
    CLEANUP_JSON json_object *facts = document();
    const struct check_sources sources = {.posture = {.facts = facts}};
    static const char *const names[] = {"posture.ssh_passwords", "posture.ssh_keys",
                                        "posture.clock_source", "posture.time_zone",
                                        "posture.administrators"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        cr_expect_eq(look(names[i], &sources), FINDING_UNVERIFIED, "%s", names[i]);
}

static void set(json_object *facts, const char *path, const char *value)
{
    const char *key;
    json_object *outer = holder(facts, path, &key);
    json_object *parsed = json_parse(value, strlen(value), json_type_array);
    cr_assert_not_null(parsed, "%s", value);
    json_add(outer, key, parsed);
}

Test(posture_check, files_that_the_package_did_not_bring_are_named)
{
    CLEANUP_JSON json_object *facts = document();
    set(facts, "package.changed", "[\"/usr/sbin/sekishod\",\"/usr/bin/sekisho\"]");
    const struct check_sources sources = {.policy = &policy, .posture = {.facts = facts}};
    const struct check *check = find("posture.own_package");
    struct check_result result = {0};
    cr_assert_eq(check->look(check, &sources, &result), 0);
    cr_expect_eq(result.value, FINDING_VIOLATION);
    cr_expect_str_eq(result.subject, "/usr/sbin/sekishod, /usr/bin/sekisho");
    check_result_clear(&result);
}

Test(posture_check, what_was_found_is_bounded_and_counted)
{
    CLEANUP_JSON json_object *facts = document();
    json_object *changed = json_object_new_array();
    for (int i = 0; i < 400; i++)
        json_object_array_add(changed, json_object_new_string("/usr/share/a/rather/long/name"));
    json_add(json_get(facts, "package"), "changed", changed);
    const struct check_sources sources = {.policy = &policy, .posture = {.facts = facts}};
    const struct check *check = find("posture.own_package");
    struct check_result result = {0};
    cr_assert_eq(check->look(check, &sources, &result), 0);
    cr_expect_lt(strlen(result.subject), 4096);
    cr_expect_lt(strlen(result.evidence), 4096);
    cr_expect(strstr(result.evidence, "… (400)"));
    check_result_clear(&result);
}

Test(posture_check, entries_of_another_form_are_no_reason_to_pass)
{
    static const struct {
        const char *check, *path, *value;
    } odd[] = {
        {"posture.autologin", "logins.automatic", "[7]"},
        {"posture.pam", "pam.services", "[7]"},
        {"posture.pam", "pam.services", "[{\"service\":\"a\",\"auth\":[{}]}]"},
        {"posture.own_paths", "paths.seen", "[7]"},
        {"posture.own_paths", "paths.seen", "[{\"path\":\"/\",\"mode\":\"rwx\",\"uid\":0}]"},
        {"posture.own_package", "package.changed", "[{}]"},
        {"posture.recovery", "boot.rescue.forced", "[7]"},
        {"posture.screen_lock", "screen.sessions", "[7]"},
        {"posture.ssh_keys", "ssh.persons.keys", "[7]"},
    };
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        CLEANUP_JSON json_object *facts = document();
        set(facts, odd[i].path, odd[i].value);
        cr_expect_neq(look_at(odd[i].check, facts), FINDING_OK, "%s: %s", odd[i].check,
                      odd[i].value);
    }
}
