// SPDX-License-Identifier: GPL-3.0-or-later
// The readers of what others wrote: headers, answers, clamd.conf, /proc.
#include "tree.h"

#include "base/digest.h"
#include "watch/antivirus/clamd-conf.h"
#include "watch/antivirus/clamd.h"
#include "watch/antivirus/definitions.h"
#include "watch/antivirus/eicar.h"
#include "watch/antivirus/local-time.h"
#include "watch/antivirus/process.h"

#define HEADER "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:1795714624"

static const char *header(const char *text)
{
    static char block[512];
    memset(block, ' ', sizeof block);
    memcpy(block, text, strlen(text));
    return block;
}

Test(eicar, it_is_the_industry_s_test_file)
{
    char test[EICAR_SIZE], hex[DIGEST_TEXT_SIZE];
    uint8_t digest[DIGEST_SIZE];
    eicar_make(test);
    digest_of(test, sizeof test, digest);
    text_hex(digest, sizeof digest, hex);
    cr_expect_str_eq(hex, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
}

Test(definitions, the_build_date_is_in_the_header)
{
    uint64_t built = 0, version = 0;
    cr_assert_eq(definitions_parse_header(header(HEADER), 512, &built, &version), 0);
    cr_expect_eq(built, 1795714624);
    cr_expect_eq(version, 27000);
}

Test(definitions, what_is_no_header_is_refused)
{
    static const char *const bad[] = {
        "",
        "ClamAV-VDB",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me",
        "ClamAV-VDC:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:1795714624",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:x:2:216:4beb:X:me:1795714624",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:0",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:-1",
        "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:17957146241795714624",
    };
    uint64_t built = 7, version = 7;
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        cr_expect_eq(definitions_parse_header(header(bad[i]), 512, &built, &version), -EBADMSG,
                     "%s", bad[i]);
    cr_expect_eq(definitions_parse_header(header(HEADER), 511, &built, &version), -EBADMSG);
    cr_expect(built == 7 && version == 7);
}

Test(definitions, the_newest_that_is_named_counts, .init = tree_open, .fini = tree_close)
{
    static char *const names[] = {(char *)"daily.cld", (char *)"daily.cvd", NULL};
    struct definitions found = {0};
    tree_put_bytes("db/daily.cvd", header(HEADER), 512);
    tree_put_bytes("db/daily.cld",
                   header("ClamAV-VDB:27 Nov 2026 17-37 +0000:27001:2:2:4:X:m:1795801024"), 512);
    tree_put("db/main.cvd", "anything");
    cr_assert_eq(definitions_read(tree, "/db", names, &found), 0);
    cr_expect(found.by_header && found.version == 27001);
    cr_expect_str_eq(found.file, "daily.cld");
    free(found.file);
    tree_put("db/daily.cld", "cut off");
    cr_expect_eq(definitions_read(tree, "/db", names, &found), -EBADMSG, "not the older one");
}

Test(definitions, where_none_has_a_header_the_files_time_is_all, .init = tree_open,
     .fini = tree_close)
{
    static char *const names[] = {(char *)"daily.cvd", NULL};
    struct definitions found = {0};
    cr_expect_eq(definitions_read(tree, "/db", names, &found), -ENOENT);
    tree_folder("db");
    cr_expect_eq(definitions_read(tree, "/db", names, &found), -ENOENT);
    tree_put("db/own.ndb", "x");
    cr_assert_eq(definitions_read(tree, "/db", names, &found), 0);
    cr_expect_not(found.by_header);
    cr_expect_str_eq(found.file, "own.ndb");
    free(found.file);
}

Test(clamd, its_version_tells_what_is_loaded)
{
    uint64_t version = 0, built = 0, expected = 0;
    cr_assert_eq(local_time_parse("2026:11:26 17:37:04", "%Y:%m:%d %H:%M:%S", &expected), 0);
    cr_assert_eq(
        clamd_parse_version("ClamAV 1.4.6/27000/Thu Nov 26 17:37:04 2026", &version, &built), 0);
    cr_expect(version == 27000 && built == expected);
    cr_expect_eq(clamd_parse_version("ClamAV 1.4.6", &version, &built), -ENODATA);
    cr_expect_eq(clamd_parse_version("PONG", &version, &built), -EPROTO);
    cr_expect_eq(clamd_parse_version("ClamAV 1.4.6/27000", &version, &built), -EPROTO);
    cr_expect_eq(clamd_parse_version("ClamAV 1/x/Thu Nov 26 17:37:04 2026", &version, &built),
                 -EPROTO);
    cr_expect_eq(clamd_parse_version("ClamAV 1/2/Thu Nov 26", &version, &built), -EPROTO);
}

Test(clamd, only_its_own_words_are_an_answer)
{
    char name[CLAMD_NAME_SIZE] = "";
    cr_expect_eq(clamd_parse_scan("stream: OK", name), 0);
    cr_expect_eq(clamd_parse_scan("stream: Eicar-Signature FOUND", name), 1);
    cr_expect_str_eq(name, "Eicar-Signature");
    cr_expect_eq(clamd_parse_scan("stream: a\x1b[31m FOUND", name), 1);
    cr_expect_str_eq(name, "a\\x1b[31m");
    cr_expect_eq(clamd_parse_scan("stream: FOUND", name), -EPROTO);
    cr_expect_eq(clamd_parse_scan("stream: OK FOUNDLING", name), -EPROTO);
    cr_expect_eq(clamd_parse_scan("INSTREAM size limit exceeded. ERROR", name), -EPROTO);
    cr_expect_eq(clamd_parse_scan("", name), -EPROTO);
}

Test(clamd, a_long_name_is_cut)
{
    char name[CLAMD_NAME_SIZE], answer[CLAMD_ANSWER_MAX];
    memset(answer, '\x01', sizeof answer);
    memcpy(answer, "stream: ", 8);
    text_copy(answer + 4000, 16, " FOUND");
    cr_expect_eq(clamd_parse_scan(answer, name), 1);
    cr_expect_lt(strlen(name), sizeof name);
}

Test(clamd_conf, values_stand_behind_their_names)
{
    static const char conf[] = "# LocalSocket /no\nLocalSocketGroup g\n  LocalSocket\t/run/a b \r\n"
                               "OnAccessIncludePath /home\nOnAccessIncludePath /var/lib/x/\n"
                               "LogFile\n";
    CLEANUP_FREE char *value = NULL;
    CLEANUP_FREE char *none = NULL;
    cr_assert_eq(clamd_conf_find(conf, "LocalSocket", &value), 0);
    cr_expect_str_eq(value, "/run/a b");
    cr_expect_eq(clamd_conf_find(conf, "LogFile", &none), -ENOENT);
    cr_expect(clamd_conf_covers(conf, "OnAccessIncludePath", "/var/lib/x"));
    cr_expect(clamd_conf_covers(conf, "OnAccessIncludePath", "/srv/a/b"));
    cr_expect_not(clamd_conf_covers(conf, "OnAccessIncludePath", "/homes"));
    cr_expect_not(clamd_conf_covers(conf, "OnAccessIncludePath", "/var/lib"));
    cr_expect_not(clamd_conf_covers(conf, "OnAccessMountPath", "/home"));
    cr_expect(clamd_conf_covers("OnAccessMountPath /\n", "OnAccessMountPath", "/home"));
}

Test(process, it_is_known_by_program_and_unit, .init = tree_open, .fini = tree_close)
{
    struct process found = {0};
    tree_process(12, "/usr/bin/clamd", "clamav-daemon.service");
    tree_process(13, "/usr/sbin/clamd", "evil-clamav-daemon.service");
    tree_process(14, "/usr/sbin/clamd", "clamav-daemon.services");
    CLEANUP_CLOSE int proc = openat(tree, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_expect_eq(process_find(proc, "/usr/sbin/clamd", "clamav-daemon.service", &found), -ENOENT);
    tree_process(15, "/usr/sbin/clamd (deleted)", "clamav-daemon.service");
    cr_assert_eq(process_find(proc, "/usr/sbin/clamd", "clamav-daemon.service", &found), 0);
    cr_expect(found.pid == 15 && found.started == 4711 && found.replaced, "%u %lu", found.pid,
              (unsigned long)found.started);
    cr_expect_not(process_is_other(proc, 13, "/usr/sbin/clamd"));
    cr_expect(process_is_other(proc, 12, "/usr/sbin/clamd"));
    cr_expect_not(process_is_other(proc, 99, "/usr/sbin/clamd"));
}
