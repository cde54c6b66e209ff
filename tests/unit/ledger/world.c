// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/chain.h"
#include "ledger/query.h"
#include "ledger/rows.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void world_begin(struct world *world)
{
    *world = (struct world){.path = "/tmp/sekisho-ledger.XXXXXX"};
    (void)setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    cr_assert_not_null(mkdtemp(world->path));
    world->state = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(world->state, 0);
    world_go_to(world, "2026-11-10T09:00:00");
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
    (void)status;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void world_end(struct world *world)
{
    close(world->state);
    (void)nftw(world->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct moment now(void *context)
{
    struct world *world = context;
    return (struct moment){.wall_ns = world->wall_ns,
                           .monotonic_ns = world->wall_ns / 1000,
                           .boot = "00112233445566778899aabbccddeeff"};
}

static void on_step(void *context, const char *name)
{
    struct world *world = context;
    if (world->step)
        world->step(world, name);
}

struct ledger_options world_options(struct world *world)
{
    return (struct ledger_options){.state = world->state,
                                   .state_path = world->path,
                                   .host = "関所-01",
                                   .now = now,
                                   .step = on_step,
                                   .context = world};
}

struct ledger *world_open(struct world *world)
{
    struct ledger_options options = world_options(world);
    struct ledger *ledger = NULL;
    int r = ledger_open(&options, &ledger);
    cr_assert_eq(r, 0, "%s", strerror(-r));
    return ledger;
}

void world_go_to(struct world *world, const char *time)
{
    uint64_t wall_ns;
    cr_assert_eq(moment_parse(time, &wall_ns), 0);
    world->wall_ns = wall_ns;
}

struct fact *world_fact(struct world *world, enum fact_kind kind, unsigned n)
{
    struct fact *fact = fact_new(kind);
    cr_assert_not_null(fact);
    fact->at = now(world);
    fact->object = text_format("object %u", n);
    cr_assert_not_null(fact->object);
    return fact;
}

void world_write(struct world *world, struct ledger *ledger, enum fact_kind kind, unsigned n)
{
    uint64_t ticket = 0;
    for (unsigned i = 0; i < n; i++) {
        CLEANUP(fact_free_p) struct fact *fact = world_fact(world, kind, i);
        cr_assert_eq(ledger_append(ledger, fact, &ticket), 0);
    }
    cr_assert_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0);
    struct ledger_ack acks[64];
    while (ledger_reap(ledger, acks, ELEMENTS(acks)) > 0)
        ;
}

void world_write_three_months(struct world *world)
{
    static const char *const days[] = {"2026-10-05T10:00:00", "2026-11-05T10:00:00",
                                       "2026-12-05T10:00:00"};
    world_go_to(world, days[0]);
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(world);
    for (size_t i = 0; i < ELEMENTS(days); i++) {
        world_go_to(world, days[i]);
        world_write(world, ledger, FACT_MEDIUM_MOUNTED, 10);
        world_write(world, ledger, FACT_USB_BLOCKED, 1); // and so a seal
        world_write(world, ledger, FACT_MEDIUM_WRITTEN, 9);
    }
}

char *world_file(const struct world *world, const char *name)
{
    char *path = text_format("%s/%s", world->path, name);
    cr_assert_not_null(path);
    return path;
}

// ---- Copies ------------------------------------------------------------------------------------

static void copy_file(int from, int to, const char *name)
{
    CLEANUP_FREE char *data = NULL;
    size_t length = 0;
    cr_assert_eq(file_read_at(from, name, 64u << 20, &data, &length), 0, "%s", name);
    CLEANUP_CLOSE int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(file_write_all(fd, data, length), 0);
}

static void copy_folder(int from, int to, const char *name)
{
    static const char *const names[] = {
        "2026-10.db",     "2026-10.db-wal", "2026-10.db.new", "2026-11.db",     "2026-11.db-wal",
        "2026-11.db.new", "2026-12.db",     "2026-12.db-wal", "2026-12.db.new", "2027-01.db",
        "2027-01.db-wal", "2027-01.db.new", "seal.next",      ".ballast"};
    CLEANUP_CLOSE int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_CLOSE int target = -1;
    cr_assert_eq(file_open_dir_at(to, name, 0700, &target), 0);
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (faccessat(source, names[i], F_OK, 0) == 0)
            copy_file(source, target, names[i]);
    for (unsigned epoch = 1; epoch < 60; epoch++) {
        CLEANUP_FREE char *key = text_format("seal.%u", epoch);
        if (faccessat(source, key, F_OK, 0) == 0)
            copy_file(source, target, key);
    }
}

unsigned world_copy(struct world *world)
{
    CLEANUP_CLOSE int copy = -1;
    CLEANUP_FREE char *name = text_format("copy.%u", world->copies);
    cr_assert_eq(file_open_dir_at(world->state, name, 0700, &copy), 0);
    copy_folder(world->state, copy, "ledger");
    copy_folder(world->state, copy, "keys");
    return world->copies++;
}

// ---- Behind its back ---------------------------------------------------------------------------

static sqlite3 *open_month(const struct world *world, const char *month)
{
    CLEANUP_FREE char *path = text_format("%s/ledger/%s.db", world->path, month);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

void world_tamper(const struct world *world, const char *month, const char *sql)
{
    sqlite3 *db = open_month(world, month);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    (void)sqlite3_close(db);
}

int64_t world_number(const struct world *world, const char *month, const char *sql)
{
    sqlite3 *db = open_month(world, month);
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return n;
}

void world_mend_mark(const struct world *world, const char *month, uint64_t row)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    struct rows *rows = NULL;
    struct ledger_row found;
    uint8_t hash[DIGEST_SIZE];
    sqlite3 *db = open_month(world, month);
    cr_assert_eq(digest_new(&digest), 0);
    cr_assert_eq(rows_new(db, &rows), 0);
    cr_assert_eq(rows_seek(rows, row), 0);
    cr_assert_eq(rows_next(rows, &found), 1);
    fact_row_digest(&found.row, digest, hash);
    rows_free(rows);
    (void)sqlite3_close(db);
    CLEANUP_FREE char *sql = text_format("UPDATE event SET mark = %d WHERE seq = %llu",
                                         chain_mark(hash), (unsigned long long)row);
    cr_assert_not_null(sql);
    world_tamper(world, month, sql);
}

// ---- Verifying ---------------------------------------------------------------------------------

struct verify_result world_verify(const struct world *world, const char *folder,
                                  const struct verify_witness *witness)
{
    CLEANUP_FREE char *own = world_file(world, "ledger");
    struct verify_result result = {0};
    char **paths = NULL;
    size_t n = 0;
    cr_assert_eq(query_list_months(folder ? folder : own, &paths, &n), 0);
    int r = verify_files((const char *const *)paths, n, witness, &result);
    cr_assert_eq(r, 0, "%s", strerror(-r));
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    free(paths);
    return result;
}

void world_expect_fault(const struct world *world, const struct verify_witness *witness,
                        const char *what)
{
    struct verify_result result = world_verify(world, NULL, witness);
    bool found = false;
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    for (size_t i = 0; i < result.n_faults; i++)
        found = found || text_equal(result.faults[i].what, what);
    cr_expect(found, "expected \"%s\", the first of %zu is \"%s\"", what, result.n_faults,
              result.n_faults ? result.faults[0].what : "");
    verify_result_clear(&result);
}

void world_expect_unbroken(const struct world *world, const char *folder)
{
    struct verify_result result = world_verify(world, folder, NULL);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END, "%s",
                 result.n_faults ? result.faults[0].what : "");
    verify_result_clear(&result);
}
