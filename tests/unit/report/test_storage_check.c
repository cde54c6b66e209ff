// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/storage-check.h"

#include "base/json.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define DISK "{\"layer\":\"disk\",\"name\":\"sdb\"}"
#define CRYPT(kind, below)                                                                         \
    "{\"layer\":\"block\",\"name\":\"dm-0\",\"uuid\":\"CRYPT-" kind "-x\",\"on\":[" below "]}"
#define LUKS CRYPT("LUKS2", DISK)
#define EXT4(below) "{\"layer\":\"mount\",\"type\":\"ext4\",\"point\":\"/srv\",\"on\":[" below "]}"
#define PLACE(below) "{\"layer\":\"folder\",\"path\":\"/srv/a\",\"on\":[" below "]}"
#define TMPFS "{\"layer\":\"mount\",\"type\":\"tmpfs\",\"on\":[{\"layer\":\"swappable\"}]}"
#define NO_SWAP ",\"swaps\":[]"
#define SWAP(below) ",\"swaps\":[{\"name\":\"/dev/x\",\"on\":[" below "]}]"

static char *names[] = {(char *)"/srv/a", (char *)"/srv/b"};

static json_object *parse(const char *text)
{
    json_object *object = json_parse(text, strlen(text), json_type_object);
    cr_assert_not_null(object, "%s", text);
    return object;
}

// Looks at these facts with that policy; the caller clears the result.
static struct check_result look(const char *name, const char *facts, const struct policy *policy)
{
    CLEANUP_JSON json_object *document = facts ? parse(facts) : NULL;
    const struct check_sources sources = {.policy = policy,
                                          .storage = {.facts = document, .why = "no health"}};
    struct check_result result = {0};
    for (size_t i = 0; i < storage_n_checks; i++)
        if (text_equal(storage_checks[i].name, name)) {
            cr_assert_eq(storage_checks[i].look(&storage_checks[i], &sources, &result), 0);
            cr_expect_str_eq(storage_checks[i].clause, "5 (6)");
            return result;
        }
    cr_assert_fail("there is no check %s", name);
    return result;
}

static void expect_with(const char *name, const char *facts, const struct policy *policy,
                        enum finding_value value, const char *evidence, const char *subject)
{
    struct check_result result = look(name, facts, policy);
    bool must_act = value == FINDING_VIOLATION || value == FINDING_UNVERIFIED;
    cr_expect_eq(result.value, value, "%s: %s: %s", name, finding_value_to_str(result.value),
                 facts ? facts : "no facts");
    cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
    cr_expect_eq(result.remedy != NULL, must_act, "%s: %s", name, result.evidence);
    cr_expect(text_equal(result.subject, subject), "%s: %s", name, result.subject);
    check_result_clear(&result);
}

static const struct policy one = {.folders = names, .n_folders = 1};
static const struct policy two = {.folders = names, .n_folders = 2};

// ---- storage.encrypted -------------------------------------------------------------------------

static void expect_places(const char *places, const char *rest, enum finding_value value,
                          const char *evidence)
{
    CLEANUP_FREE char *facts =
        text_format("{\"folders\":[{\"folder\":\"/srv/a\",\"places\":[%s]}]%s}", places, rest);
    expect_with("storage.encrypted", facts, &one, value, evidence,
                value == FINDING_VIOLATION    ? "/srv/a=plain"
                : value == FINDING_UNVERIFIED ? "/srv/a=unknown"
                                              : NULL);
}

Test(storage_check, encryption_on_every_way_down_is_ok)
{
    expect_places(PLACE(EXT4(LUKS)), NO_SWAP, FINDING_OK, "/srv/a → ext4 /srv → dm-0 (LUKS2)");
    expect_places(PLACE(EXT4(LUKS "," LUKS)), NO_SWAP, FINDING_OK, "LUKS2");
    expect_places(PLACE(EXT4("{\"layer\":\"block\",\"name\":\"dm-1\",\"on\":[" LUKS "]}")), NO_SWAP,
                  FINDING_OK, "dm-1 → dm-0");
    expect_places("{\"layer\":\"folder\",\"path\":\"/srv/a\",\"fscrypt\":{\"key\":\"absent\"},"
                  "\"on\":[" EXT4(DISK) "]}",
                  NO_SWAP, FINDING_OK, "(fscrypt)");
    expect_places(
        PLACE("{\"layer\":\"mount\",\"type\":\"ecryptfs\",\"on\":[" PLACE(EXT4(DISK)) "]}"),
        NO_SWAP, FINDING_OK, "ecryptfs");
}

Test(storage_check, each_cipher_of_device_mapper_counts_and_nothing_else)
{
    static const char *const good[] = {CRYPT("LUKS1", DISK), CRYPT("LUKS2", DISK),
                                       CRYPT("PLAIN", DISK), CRYPT("TCRYPT", DISK),
                                       CRYPT("BITLK", DISK), CRYPT("FVAULT2", DISK)};
    static const char *const bad[] = {
        DISK, CRYPT("VERITY", DISK), CRYPT("INTEGRITY", DISK), CRYPT("LUKS", DISK),
        "{\"layer\":\"block\",\"name\":\"dm-0\",\"uuid\":\"LVM-CRYPT-LUKS2-x\",\"on\":[" DISK "]}"};
    for (size_t i = 0; i < ELEMENTS(good); i++) {
        CLEANUP_FREE char *places = text_format(PLACE(EXT4("%s")), good[i]);
        expect_places(places, NO_SWAP, FINDING_OK, "dm-0");
    }
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        CLEANUP_FREE char *places = text_format(PLACE(EXT4("%s")), bad[i]);
        expect_places(places, NO_SWAP, FINDING_VIOLATION, "→ sdb");
    }
}

Test(storage_check, one_plain_leg_is_a_violation_and_named)
{
    expect_places(PLACE(EXT4(LUKS "," DISK)), NO_SWAP, FINDING_VIOLATION,
                  "/srv/a → ext4 /srv → sdb");
    expect_places(PLACE(EXT4(DISK "," LUKS)), NO_SWAP, FINDING_VIOLATION, "→ sdb");
    expect_places(PLACE(EXT4("{\"layer\":\"unknown\",\"name\":\"x\"}," DISK)), NO_SWAP,
                  FINDING_VIOLATION, "→ sdb");
    expect_places(PLACE(EXT4(LUKS)) "," PLACE(EXT4(DISK)), NO_SWAP, FINDING_VIOLATION, "→ sdb");
}

Test(storage_check, what_nobody_can_tell_is_unverified)
{
    static const char *const places[] = {
        "",
        "7",
        "{}",
        "{\"layer\":\"folder\"}",
        "{\"layer\":\"folder\",\"error\":\"EACCES\",\"on\":[" LUKS "]}",
        PLACE(""),
        PLACE("{\"layer\":\"mount\"}"),
        PLACE(EXT4("")),
        PLACE(EXT4("{\"layer\":\"block\",\"name\":\"dm-0\"}")),
        PLACE(EXT4("{\"layer\":\"block\",\"name\":\"dm-0\",\"uuid\":7,\"on\":[]}")),
        PLACE(EXT4("{\"layer\":\"unknown\",\"name\":\"nbd0\"}")),
        PLACE(EXT4("{\"layer\":\"remote\"}")),
        PLACE(EXT4("{\"layer\":\"odd\"}")),
        PLACE(EXT4(LUKS ",{\"layer\":\"unknown\",\"error\":\"E2BIG\"}")),
    };
    for (size_t i = 0; i < ELEMENTS(places); i++)
        expect_places(places[i], NO_SWAP, FINDING_UNVERIFIED, "nobody can tell");
}

Test(storage_check, a_policy_of_fscrypt_that_can_not_be_asked_for_is_a_doubt)
{
    expect_places("{\"layer\":\"folder\",\"fscrypt_error\":\"EACCES\",\"on\":[" EXT4(DISK) "]}",
                  NO_SWAP, FINDING_UNVERIFIED, "nobody can tell");
    expect_places("{\"layer\":\"folder\",\"fscrypt_error\":\"EACCES\",\"on\":[" EXT4(LUKS) "]}",
                  NO_SWAP, FINDING_OK, "LUKS2");
}

#define FUSE(mark, below)                                                                          \
    PLACE("{\"layer\":\"mount\",\"type\":\"fuse.gocryptfs\"" mark ",\"on\":[" below "]}")

Test(storage_check, the_name_of_a_fuse_file_system_needs_its_mark)
{
    expect_places(FUSE(",\"mark\":\"gocryptfs.conf\"", PLACE(EXT4(DISK))), NO_SWAP, FINDING_OK,
                  "fuse.gocryptfs");
    expect_places(FUSE("", PLACE(EXT4(DISK))), NO_SWAP, FINDING_UNVERIFIED, "sdb");
    expect_places(FUSE("", PLACE(EXT4(LUKS))), NO_SWAP, FINDING_OK, "LUKS2");
}

Test(storage_check, a_disk_that_is_being_encrypted_is_a_doubt)
{
    expect_places(PLACE(EXT4(CRYPT("LUKS2", "{\"layer\":\"block\",\"name\":\"dm-1\","
                                            "\"mapping\":\"x-hotzone-forward\"}"))),
                  NO_SWAP, FINDING_UNVERIFIED, "dm-0");
}

Test(storage_check, memory_is_as_good_as_its_swap)
{
    expect_places(PLACE(TMPFS), NO_SWAP, FINDING_OK, "tmpfs");
    expect_places(PLACE(TMPFS), SWAP(LUKS), FINDING_OK, "swappable → dm-0 (LUKS2)");
    expect_places(PLACE(TMPFS), SWAP(DISK), FINDING_VIOLATION, "swappable → sdb");
    expect_places(PLACE(TMPFS), SWAP("{\"layer\":\"memory\",\"name\":\"zram0\"}"), FINDING_OK,
                  "zram0");
    expect_places(PLACE(TMPFS), SWAP(""), FINDING_UNVERIFIED, "nobody can tell");
    expect_places(PLACE(TMPFS), "", FINDING_UNVERIFIED, "nobody can tell");
    expect_places(PLACE(TMPFS), NO_SWAP ",\"swaps_error\":\"EACCES\"", FINDING_UNVERIFIED,
                  "nobody");
    expect_places(PLACE("{\"layer\":\"mount\",\"type\":\"ramfs\",\"on\":[{\"layer\":\"memory\"}]}"),
                  "", FINDING_OK, "ramfs");
}

Test(storage_check, the_worst_of_several_folders_decides)
{
    static const char facts[] = "{\"folders\":[{\"folder\":\"/srv/a\",\"places\":[" PLACE(
        EXT4(LUKS)) "]},"
                    "{\"folder\":\"/srv/b\",\"places\":[" PLACE(EXT4(DISK)) "]}]" NO_SWAP "}";
    expect_with("storage.encrypted", facts, &two, FINDING_VIOLATION,
                "not encrypted: /srv/b: ", "/srv/b=plain");
    static const char missing[] =
        "{\"folders\":[{\"folder\":\"/srv/b\",\"places\":[" PLACE(EXT4(DISK)) "]}]" NO_SWAP "}";
    expect_with("storage.encrypted", missing, &two, FINDING_VIOLATION, "/srv/b",
                "/srv/a=unknown; /srv/b=plain");
}

Test(storage_check, nothing_is_ok_without_policy_folders_or_facts)
{
    static const struct policy none = {0};
    static const char *const all[] = {"storage.encrypted", "storage.readers", "storage.swap",
                                      "storage.temporary", "storage.hibernation"};
    for (size_t i = 0; i < ELEMENTS(all); i++) {
        expect_with(all[i], NULL, &one, FINDING_UNVERIFIED, "no health", NULL);
        struct check_result result = look(all[i], "{}", &one);
        cr_expect_eq(result.value, FINDING_UNVERIFIED, "%s", all[i]);
        check_result_clear(&result);
    }
    for (size_t i = 0; i < 2; i++) {
        expect_with(all[i], "{}", NULL, FINDING_UNVERIFIED, "no policy", NULL);
        expect_with(all[i], "{}", &none, FINDING_UNVERIFIED, "no protected folder", NULL);
    }
    expect_with("storage.encrypted", "{\"folders\":[{\"folder\":\"/srv/a\",\"error\":\"ENOENT\"}]}",
                &one, FINDING_UNVERIFIED, "ENOENT", "/srv/a=unknown");
    expect_with("storage.encrypted", "{\"folders\":7,\"swaps\":[]}", &one, FINDING_UNVERIFIED, "?",
                "/srv/a=unknown");
}

// ---- Copies ------------------------------------------------------------------------------------

Test(storage_check, swap_is_judged)
{
    expect_with("storage.swap", "{\"swaps\":[]}", NULL, FINDING_NOT_APPLICABLE, "no swap", NULL);
    expect_with("storage.swap", "{\"x\":0" SWAP(LUKS) "}", NULL, FINDING_OK, "LUKS2", NULL);
    expect_with("storage.swap", "{\"x\":0" SWAP(DISK) "}", NULL, FINDING_VIOLATION, "sdb", "plain");
    expect_with("storage.swap", "{\"swaps\":[{\"on\":[" LUKS "]},{\"on\":[" DISK "]}]}", NULL,
                FINDING_VIOLATION, "sdb", "plain");
    expect_with("storage.swap", "{\"swaps\":[{\"on\":[" LUKS "]},{}]}", NULL, FINDING_UNVERIFIED,
                "nobody", NULL);
    expect_with("storage.swap", "{\"swaps\":7}", NULL, FINDING_UNVERIFIED, "/proc/swaps", NULL);
}

#define TEMPORARY(items) "{\"temporary\":[" items "]" NO_SWAP "}"
#define TMP(below) "{\"folder\":\"/tmp\",\"places\":[" PLACE(EXT4(below)) "]}"

Test(storage_check, temporary_folders_are_judged)
{
    expect_with("storage.temporary", TEMPORARY(TMP(LUKS)), NULL, FINDING_OK, "/tmp", NULL);
    expect_with("storage.temporary", TEMPORARY(TMP(DISK)), NULL, FINDING_VIOLATION, "sdb",
                "/tmp=plain");
    expect_with("storage.temporary",
                TEMPORARY(TMP(LUKS) ",{\"folder\":\"/var/spool/cups\",\"error\":\"ENOENT\"}"), NULL,
                FINDING_OK, "/tmp", NULL);
    expect_with("storage.temporary",
                TEMPORARY(TMP(LUKS) ",{\"folder\":\"/var/spool/cups\",\"error\":\"EACCES\"}"), NULL,
                FINDING_UNVERIFIED, "EACCES", "/var/spool/cups=unknown");
    expect_with("storage.temporary", TEMPORARY(""), NULL, FINDING_UNVERIFIED, "/tmp",
                "/tmp=unknown");
}

#define HIBERNATION(on, rest) "{\"hibernation\":{\"able\":true" on "}" rest "}"

Test(storage_check, the_image_of_a_hibernation_is_judged)
{
    static const char name[] = "storage.hibernation";
    expect_with(name, "{\"hibernation\":{\"able\":false}}", NULL, FINDING_NOT_APPLICABLE,
                "does not", NULL);
    expect_with(name, HIBERNATION("", NO_SWAP), NULL, FINDING_NOT_APPLICABLE, "no swap", NULL);
    expect_with(name, HIBERNATION("", SWAP(LUKS)), NULL, FINDING_OK, "LUKS2", NULL);
    expect_with(name, HIBERNATION("", SWAP(DISK)), NULL, FINDING_VIOLATION, "sdb", "plain");
    expect_with(name, HIBERNATION(",\"on\":[" DISK "]", NO_SWAP), NULL, FINDING_VIOLATION, "sdb",
                "plain");
    expect_with(name, HIBERNATION(",\"on\":[" DISK "]", SWAP(LUKS)), NULL, FINDING_VIOLATION, "sdb",
                "plain");
    expect_with(name, HIBERNATION(",\"on\":[" LUKS "]", SWAP(DISK)), NULL, FINDING_VIOLATION, "sdb",
                "plain");
    expect_with(name, HIBERNATION(",\"on\":[" LUKS "]", NO_SWAP), NULL, FINDING_OK, "LUKS2", NULL);
    expect_with(name, HIBERNATION(",\"on\":[" LUKS "]", ""), NULL, FINDING_UNVERIFIED, "nobody",
                NULL);
    expect_with(name, "{\"hibernation\":{\"error\":\"EACCES\"},\"swaps\":[]}", NULL,
                FINDING_UNVERIFIED, "EACCES", NULL);
    expect_with(name, HIBERNATION(",\"on\":[]", NO_SWAP), NULL, FINDING_UNVERIFIED, "nobody", NULL);
}

// ---- Readers -----------------------------------------------------------------------------------

#define PEOPLE                                                                                     \
    ",\"users\":[{\"name\":\"root\",\"uid\":0,\"gid\":0},{\"name\":\"sato\",\"uid\":1000,\"gid\":" \
    "1000},"                                                                                       \
    "{\"name\":\"suzuki\",\"uid\":1001,\"gid\":1001},{\"name\":\"mori\",\"uid\":1002,\"gid\":"     \
    "2000}],"                                                                                      \
    "\"groups\":[{\"name\":\"root\",\"gid\":0,\"members\":[]},"                                    \
    "{\"name\":\"tokutei\",\"gid\":2000,\"members\":[\"sato\"]}],\"sources\":[\"files\","          \
    "\"systemd\",\"[a=b]\"]"
#define STEP(owner, group, mode, rest)                                                             \
    "{\"owner\":" #owner ",\"group\":" #group ",\"mode\":" #mode rest "}"
#define UP STEP(0, 0, 493, "") "," // 0755
#define READERS(steps, rest)                                                                       \
    "{\"folders\":[{\"folder\":\"/srv/a\",\"steps\":[" steps "],\"steps_whole\":true}]" rest "}"

static char *users[] = {(char *)"sato", (char *)"mori"};
static char *groups[] = {(char *)"tokutei"};
static struct handlers by_name = {.folder = (char *)"/srv/a", .users = {users, 2}};
static struct handlers by_group = {.folder = (char *)"/srv/a", .groups = {groups, 1}};
static struct handlers only_sato = {.folder = (char *)"/srv/a", .users = {users, 1}};

static void expect_readers(const char *facts, struct handlers *handlers, enum finding_value value,
                           const char *evidence, const char *subject)
{
    const struct policy policy = {
        .folders = names, .n_folders = 1, .handlers = &handlers, .n_handlers = handlers ? 1 : 0};
    expect_with("storage.readers", facts, &policy, value, evidence, subject);
}

Test(storage_check, handlers_may_read_and_nobody_else)
{
    static const char facts[] = READERS(UP STEP(0, 2000, 488, ""), PEOPLE); // 0750
    static const char subject[] = "/srv/a: sato; mori";
    expect_readers(facts, &by_name, FINDING_OK, "sato; mori", subject);
    expect_readers(facts, &by_group, FINDING_OK, "sato; mori", subject);
    expect_readers(facts, &only_sato, FINDING_VIOLATION, "no handlers: /srv/a: mori", subject);
    expect_readers(facts, NULL, FINDING_UNVERIFIED, "names no handlers", subject);
}

Test(storage_check, what_the_world_may_read_is_a_violation)
{
    expect_readers(READERS(UP STEP(0, 0, 493, ""), PEOPLE), &by_name, FINDING_VIOLATION, "anybody",
                   "/srv/a: *");
    expect_readers(READERS(UP STEP(0, 0, 489, ""), ""), NULL, FINDING_VIOLATION, "anybody", // 0751
                   "/srv/a: *");
    expect_readers(READERS(STEP(0, 0, 448, "") "," STEP(0, 0, 511, ""), PEOPLE), &by_name,
                   FINDING_OK, "/srv/a: root", "/srv/a: "); // below 0700
}

Test(storage_check, the_owner_counts_and_a_number_without_a_name_too)
{
    expect_readers(READERS(UP STEP(1001, 0, 448, ""), PEOPLE), &only_sato, FINDING_VIOLATION,
                   "suzuki", "/srv/a: suzuki");
    expect_readers(READERS(UP STEP(7777, 8888, 488, ""), PEOPLE), &only_sato, FINDING_VIOLATION,
                   "uid 7777; gid 8888", "/srv/a: uid 7777; gid 8888");
    expect_readers(READERS(UP STEP(1000, 2000, 56, ""), PEOPLE), &by_name, FINDING_OK, // 0070
                   "/srv/a: mori", "/srv/a: mori"); // the owner is denied, group or not
}

#define ACL(entries)                                                                               \
    ",\"acl\":[{\"tag\":\"owner\",\"rights\":7}," entries "{\"tag\":\"other\",\"rights\":0}]"
#define ENTRY(tag, id, rights) "{\"tag\":\"" tag "\",\"id\":" #id ",\"rights\":" #rights "},"
#define MASK(rights) "{\"tag\":\"mask\",\"rights\":" #rights "},"

static void expect_acl(const char *acl, const char *subject)
{
    CLEANUP_FREE char *facts = text_format(READERS(UP STEP(0, 0, 504, "%s"), PEOPLE), acl);
    expect_readers(facts, NULL, FINDING_UNVERIFIED, "/srv/a", subject);
}

Test(storage_check, an_acl_is_reckoned_as_the_kernel_does)
{
    expect_acl(ACL(ENTRY("user", 1001, 5) MASK(7)), "/srv/a: suzuki");
    expect_acl(ACL(ENTRY("user", 1001, 5) MASK(0)), "/srv/a: ");
    expect_acl(ACL(ENTRY("user", 1001, 5)), "/srv/a: suzuki");
    expect_acl(ACL(ENTRY("group", 2000, 4) MASK(5)), "/srv/a: sato; mori");
    expect_acl(ACL(ENTRY("user", 1000, 0) ENTRY("group", 2000, 5) MASK(5)), "/srv/a: mori");
    expect_acl(ACL(ENTRY("user", 4242, 1) MASK(1)), "/srv/a: uid 4242");
    expect_acl(ACL(ENTRY("group", 4242, 5) MASK(5)), "/srv/a: gid 4242");
    expect_acl(ACL("{\"tag\":\"owning-group\",\"rights\":5},"), "/srv/a: ");
}

Test(storage_check, others_of_an_acl_are_the_world)
{
    static const char facts[] = READERS(
        UP STEP(0, 0, 511,
                ",\"acl\":[{\"tag\":\"owner\",\"rights\":7},{\"tag\":\"other\",\"rights\":5}]"),
        PEOPLE);
    expect_readers(facts, NULL, FINDING_VIOLATION, "anybody", "/srv/a: *");
}

Test(storage_check, a_private_fuse_mount_is_its_user_s)
{
    expect_readers(READERS(UP "{\"only\":1000}", PEOPLE), &only_sato, FINDING_OK, "sato",
                   "/srv/a: sato");
    expect_readers(READERS(UP "{\"only\":1001}", PEOPLE), &only_sato, FINDING_VIOLATION, "suzuki",
                   "/srv/a: suzuki");
}

Test(storage_check, readers_are_never_ok_while_something_is_missing)
{
#define RIGHT STEP(0, 2000, 488, "")
    static const char *const facts[] = {
        READERS("", PEOPLE),
        READERS("{}", PEOPLE),
        READERS(UP "{\"owner\":0,\"group\":0}", PEOPLE),
        READERS("{\"error\":\"EACCES\"}," RIGHT, PEOPLE),
        READERS(UP "{\"owner\":0,\"group\":0,\"mode\":0,\"error\":\"EACCES\"}", PEOPLE),
        "{\"folders\":[{\"folder\":\"/srv/a\",\"steps\":[" UP RIGHT "]}]" PEOPLE "}",
        READERS(UP RIGHT, ""),
        READERS(UP RIGHT, ",\"users\":[],\"groups\":[],\"sources\":[\"files\"]"),
        READERS(UP RIGHT, PEOPLE ",\"users_error\":\"E2BIG\""),
        READERS(UP RIGHT, PEOPLE ",\"groups_error\":\"E2BIG\""),
        READERS(UP RIGHT, PEOPLE ",\"sources_error\":\"EACCES\""),
        "{\"folders\":[{\"folder\":\"/srv/a\",\"error\":\"ENOENT\"}]" PEOPLE "}",
    };
    for (size_t i = 0; i < ELEMENTS(facts); i++) {
        struct handlers *handlers = &by_name;
        const struct policy policy = {
            .folders = names, .n_folders = 1, .handlers = &handlers, .n_handlers = 1};
        struct check_result result = look("storage.readers", facts[i], &policy);
        cr_expect_eq(result.value, FINDING_UNVERIFIED, "%s: %s", facts[i], result.evidence);
        check_result_clear(&result);
    }
}

Test(storage_check, accounts_of_a_directory_are_not_seen)
{
    static const char people[] = READERS(UP RIGHT, PEOPLE);
    CLEANUP_FREE char *facts = text_dup(people);
    memcpy(strstr(facts, "systemd"), "ldapxxx", 7);
    expect_readers(facts, &by_name, FINDING_UNVERIFIED, "nobody can tell", "/srv/a: sato; mori");
    expect_readers(facts, &only_sato, FINDING_VIOLATION, "mori", "/srv/a: sato; mori");
}

Test(storage_check, a_long_subject_is_a_digest)
{
    CLEANUP_FREE char *steps = NULL;
    size_t size;
    FILE *out = open_memstream(&steps, &size);
    for (int i = 0; i < 200; i++)
        fprintf(out, "{\"tag\":\"user\",\"rights\":5,\"id\":%d},", 50000 + i);
    (void)fclose(out);
    CLEANUP_FREE char *facts = text_format(READERS(UP STEP(0, 0, 504, ACL("%s")), PEOPLE), steps);
    const struct policy policy = {.folders = names, .n_folders = 1};
    struct check_result result = look("storage.readers", facts, &policy);
    cr_expect_eq(strncmp(result.subject, "sha256:", 7), 0, "%s", result.subject);
    cr_expect_eq(strlen(result.subject), 7 + 64);
    cr_expect(strstr(result.evidence, "uid 50007; …"), "%s", result.evidence);
    check_result_clear(&result);
}
