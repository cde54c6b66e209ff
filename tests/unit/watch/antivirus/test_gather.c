// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

#include "base/json.h"
#include "base/moment.h"
#include "watch/antivirus/command.h"
#include "watch/antivirus/eicar.h"
#include "watch/antivirus/gather.h"
#include "watch/antivirus/on-access.h"

#define HEADER "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:2:216:4beb:X:me:1795714624"
#define SOCKET "run/clamav/clamd.ctl"

static pid_t server;
static json_object *document;

static void set_up(void)
{
    tree_open();
    tree_put("usr/lib/sekisho/antivirus.d/clamav.conf",
             "name = \"clamav\"; title = \"ClamAV\"; tried = true; program = \"/usr/sbin/clamd\";\n"
             "process = \"/usr/sbin/clamd\"; unit = \"clamav-daemon.service\";\n"
             "definitions = { folder = \"/db\"; names = [ \"daily.cvd\" ]; };\n"
             "socket = { config = \"/etc/clamd.conf\"; path = \"/run/clamav/clamd.ctl\"; };\n"
             "on_access = { process = \"/usr/sbin/clamonacc\"; folder = \"/probe\"; };\n"
             "scan = { log = \"/log/scan.log\"; stamp = \"/log/stamp\"; };\n"
             "log = \"/log/clamav.log\";\n");
    tree_put("usr/sbin/clamd", "");
    tree_put("log/clamav.log", "");
    tree_put("log/stamp", "");
    tree_folder("run/clamav");
    tree_folder("probe");
    char header[512];
    memset(header, ' ', sizeof header);
    memcpy(header, HEADER, strlen(HEADER));
    tree_put_bytes("db/daily.cvd", header, sizeof header);
}

static void tear_down(void)
{
    if (server > 0)
        tree_end(server);
    json_object_put(document);
    tree_close();
}

TestSuite(gather, .init = set_up, .fini = tear_down);

static json_object *look(void)
{
    json_object_put(document);
    cr_assert_eq(antivirus_gather(tree, NULL, 0, &document), 0);
    return json_object_array_get_idx(json_get(document, "products"), 0);
}

static const char *good(const char *command, const char *stream, size_t length)
{
    char test[EICAR_SIZE];
    eicar_make(test);
    if (strcmp(command, "VERSION") == 0)
        return "ClamAV 1.4.6/27000/Thu Nov 26 17:37:04 2026";
    if (strcmp(command, "STATS") == 0)
        return "POOLS: 1\n\nSTATE: VALID PRIMARY\nQUEUE: 0 items\nEND";
    if (strcmp(command, "INSTREAM") == 0)
        return length == sizeof test && memcmp(stream, test, length) == 0
                   ? "stream: Eicar-Signature FOUND"
                   : "stream: OK";
    return "UNKNOWN COMMAND";
}

static const char *blind(const char *command, const char *stream, size_t length)
{
    (void)stream, (void)length;
    return strcmp(command, "INSTREAM") == 0 ? "stream: OK" : good(command, "", 0);
}

static const char *mute(const char *command, const char *stream, size_t length)
{
    (void)command, (void)stream, (void)length;
    return NULL;
}

static void run(tree_answer answer)
{
    server = tree_serve(SOCKET, answer);
    tree_process((unsigned)server, "/usr/sbin/clamd", "clamav-daemon.service");
}

Test(gather, a_clamd_that_works_is_proven)
{
    run(good);
    json_object *product = look(), *engine = json_get(product, "engine");
    cr_expect(json_get_bool(product, "installed") && json_get_bool(product, "tried"));
    cr_expect_eq(json_get_number(json_get(product, "process"), "pid"), (uint64_t)server);
    cr_expect_eq(json_get_number(json_get(product, "definitions"), "built_s"), 1795714624);
    cr_expect_str_eq(json_get_text(json_get(product, "definitions"), "by"), "header");
    cr_expect_eq(json_get_number(engine, "version"), 27000);
    cr_expect_str_eq(json_get_text(engine, "state"), "VALID PRIMARY");
    cr_expect_null(json_get(engine, "other_process"));
    cr_expect_str_eq(json_get_text(json_get(product, "proof"), "test"), "found");
    cr_expect_str_eq(json_get_text(json_get(product, "proof"), "clean"), "passed");
    cr_expect_gt(json_get_number(json_get(product, "scan"), "ended_s"), 0);
    cr_expect_eq(json_object_array_length(json_get(json_get(product, "found"), "detections")), 0);
}

Test(gather, one_that_finds_nothing_is_told)
{
    run(blind);
    cr_expect_str_eq(json_get_text(json_get(look(), "proof"), "test"), "missed");
}

Test(gather, one_that_never_answers_is_given_up_once)
{
    run(mute);
    uint64_t begun = moment_now().monotonic_ns;
    json_object *product = look();
    cr_expect_lt(moment_now().monotonic_ns - begun, 4 * NS_PER_S);
    cr_expect_str_eq(json_get_text(json_get(product, "proof"), "error"), "ETIMEDOUT");
    cr_expect_str_eq(json_get_text(json_get(product, "engine"), "error"), "ETIMEDOUT");
}

Test(gather, where_it_does_not_run_nobody_connects)
{
    server = tree_serve(SOCKET, good);
    json_object *product = look();
    cr_expect_str_eq(json_get_text(json_get(product, "process"), "error"), "ENOENT");
    cr_expect_str_eq(json_get_text(json_get(product, "proof"), "error"), "ESRCH");
}

Test(gather, another_process_at_its_socket_is_told)
{
    server = tree_serve(SOCKET, good);
    tree_process((unsigned)server, "/usr/bin/python3", "x.service");
    tree_process(999999, "/usr/sbin/clamd", "clamav-daemon.service");
    cr_expect_eq(json_get_number(json_get(look(), "engine"), "other_process"), (uint64_t)server);
}

Test(gather, a_socket_named_in_its_configuration_is_used)
{
    tree_put("etc/clamd.conf", "LocalSocket /run/clamav/other.ctl\n");
    run(good);
    json_object *engine = json_get(look(), "engine");
    cr_expect_str_eq(json_get_text(engine, "socket"), "/run/clamav/other.ctl");
    cr_expect_str_eq(json_get_text(engine, "error"), "ENOENT");
}

Test(gather, what_is_not_installed_is_said_and_no_more)
{
    cr_assert_eq(unlinkat(tree, "usr/sbin/clamd", 0), 0);
    json_object *product = look();
    cr_expect_not(json_get_bool(product, "installed"));
    cr_expect_null(json_get(product, "process"));
}

Test(gather, an_empty_tree_has_neither_products_nor_mistakes)
{
    cr_assert_eq(unlinkat(tree, "usr/lib/sekisho/antivirus.d/clamav.conf", 0), 0);
    cr_expect_null(look());
    cr_expect_eq(json_object_array_length(json_get(document, "mistakes")), 0);
}

Test(gather, a_mistake_in_a_profile_is_told_with_its_place)
{
    tree_put("etc/sekisho/antivirus.d/clamav.conf", "name = \"clamav\";\nfoo = 1;\n");
    cr_expect_null(look());
    json_object *mistake = json_object_array_get_idx(json_get(document, "mistakes"), 0);
    cr_expect_str_eq(json_get_text(mistake, "file"), "/etc/sekisho/antivirus.d/clamav.conf");
    cr_expect_eq(json_get_number(mistake, "line"), 2);
    cr_expect_str_eq(json_get_text(mistake, "fault"), "unknown-key");
}

Test(gather, a_scanner_that_watches_elsewhere_is_not_tried)
{
    tree_put("etc/clamd.conf", "OnAccessIncludePath /home\n");
    tree_process(77, "/usr/sbin/clamonacc", "clamav-clamonacc.service");
    json_object *facts = json_get(look(), "on_access");
    cr_expect(json_get_bool(facts, "runs"));
    cr_expect_not(json_get_bool(facts, "configured"));
    cr_expect_null(json_get(facts, "result"));
}

Test(gather, a_file_that_nobody_looked_at_passed)
{
    tree_put("etc/clamd.conf", "OnAccessIncludePath /probe\n");
    tree_process(77, "/usr/sbin/clamonacc", "clamav-clamonacc.service");
    cr_expect_str_eq(json_get_text(json_get(look(), "on_access"), "result"), "passed");
    CLEANUP(closedir_p) DIR *entries = NULL;
    cr_assert_eq(file_open_entries(tree, "probe", &entries), 0);
    for (struct dirent *entry; (entry = readdir(entries));)
        cr_expect_eq(entry->d_name[0], '.', "nothing is left: %s", entry->d_name);
}

Test(gather, a_folder_that_is_missing_is_an_error)
{
    const char *result = NULL;
    cr_expect_eq(on_access_try(&(struct on_access){tree, "/none", NULL}, &result), -ENOENT);
    cr_expect_null(result);
}

Test(command, what_it_prints_is_read)
{
    CLEANUP_JSON json_object *answer = NULL;
    char *const words[] = {(char *)"/bin/echo", (char *)"{\"a\":{\"b\":true},\"c\":7}", NULL};
    cr_assert_eq(command_ask(words, &answer), 0);
    cr_expect(json_object_get_boolean(command_field(answer, "a.b")));
    cr_expect_eq(json_object_get_int(command_field(answer, "c")), 7);
    cr_expect_null(command_field(answer, "a.b.c"));
    cr_expect_null(command_field(answer, "d"));
}

Test(command, what_is_no_answer_is_an_error)
{
    CLEANUP_JSON json_object *answer = NULL;
    char *const text[] = {(char *)"/bin/echo", (char *)"healthy", NULL};
    char *const failed[] = {(char *)"/bin/false", NULL};
    char *const none[] = {(char *)"/bin/no-such-program", NULL};
    char *const endless[] = {(char *)"/bin/cat", (char *)"/dev/zero", NULL};
    cr_expect_eq(command_ask(text, &answer), -EBADMSG);
    cr_expect_eq(command_ask(failed, &answer), -EPROTO);
    cr_expect_eq(command_ask(none, &answer), -ENOENT);
    cr_expect_eq(command_ask(endless, &answer), -EFBIG);
    cr_expect_null(answer);
}
