// SPDX-License-Identifier: GPL-3.0-or-later
// Plays months of a workstation's life into a real ledger, at a made-up clock: material for the
// second verifier, for tampering and for fuzzing. Prints each acknowledged row's number as it is
// durable.
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static const char help[] =
    "ledger-play [OPTION…] STATE\n"
    "Fills STATE/ledger with made-up facts and prints \"acknowledged N\" for each durable row.\n"
    "  --rows N          facts to write (1000)\n"
    "  --months M        calendar months they are spread over (2)\n"
    "  --first YYYY-MM   the first of them (2026-10)\n"
    "  --seed S          other facts (1)\n"
    "  --seal-every N    a seal after so many facts (100)\n"
    "  --paths N         different objects of file-like facts (500)\n"
    "  --office          an office's files instead: logins, reads, writes, few deletions\n"
    "  --pace US         microseconds between two facts (0)\n"
    "  --prune N         at the end, N oldest months are removed, each by its row (0)\n"
    "  --kill-after N    SIGKILL to itself after N acknowledgements\n"
    "  --quiet           print only the last line: \"head CODE HEAD-HEX KEYS\"\n"
    "Exit status: 0 done, 2 wrong usage, 4 could not.\n";

struct play {
    uint64_t rows, months, seed, seal_every, paths, pace_us, kill_after, prune;
    const char *first;
    const char *state;
    bool quiet, office;
    uint64_t random;
    uint64_t acknowledged;
    atomic_uint_least64_t wall_ns;
    uint64_t begin_ns;
};

// xorshift64*: the same facts for the same seed everywhere.
static uint64_t draw(struct play *play, uint64_t below)
{
    play->random ^= play->random >> 12;
    play->random ^= play->random << 25;
    play->random ^= play->random >> 27;
    return (play->random * UINT64_C(0x2545F4914F6CDD1D) >> 16) % below;
}

static struct moment now(void *context)
{
    struct play *play = context;
    struct moment moment = {.wall_ns = play->wall_ns,
                            .monotonic_ns = play->wall_ns - play->begin_ns};
    (void)snprintf(moment.boot, sizeof moment.boot, "%032llx",
                   (unsigned long long)(moment.monotonic_ns / (86400 * NS_PER_S)));
    return moment;
}

// ---- Facts -------------------------------------------------------------------------------------

static char *object_of(struct play *play, enum fact_kind kind)
{
    unsigned n = (unsigned)draw(play, play->paths);
    if (strcmp(fact_kind_object(kind), "medium") == 0)
        return text_format("/srv/特定個人情報/受付/%02u/申請書-%06u.xlsx", n % 37, n);
    if (strcmp(fact_kind_object(kind), "device") == 0)
        return text_format("0951:1666:%04X%08X", n, n * 2654435761u);
    return text_format("%s %u", fact_kind_object(kind), n % 7);
}

static char *details_of(struct play *play, enum fact_kind kind)
{
    switch (draw(play, 4)) {
    case 0:
        return text_format("{\"name\":\"関所 \\\"%s\\\"\",\"size\":%u}", fact_kind_object(kind),
                           (unsigned)draw(play, 1u << 20));
    case 1:
        return text_dup("{\"rule\":\"default\"}");
    case 2:
        return draw(play, 50) ? NULL : text_format("{\"long\":\"%09000u\"}", 7);
    default:
        return NULL;
    }
}

static enum fact_kind kind_of(struct play *play)
{
    static const enum fact_kind kinds[] = {
        FACT_MEDIUM_WRITTEN, FACT_MEDIUM_WRITTEN, FACT_MEDIUM_WRITTEN, FACT_MEDIUM_WRITTEN,
        FACT_MEDIUM_MOUNTED, FACT_USB_ALLOWED,    FACT_USB_REMOVED,    FACT_CLOCK_STEPPED,
    };
    if (draw(play, 100) == 0)
        return FACT_USB_BLOCKED;
    return kinds[draw(play, ELEMENTS(kinds))];
}

static int make_fact(struct play *play, struct fact **ret)
{
    static const char *const users[] = {"sato", "suzuki", "takahashi", "tanaka", "関 守"};
    static const char *const programs[] = {"/usr/bin/soffice.bin", "/usr/bin/nautilus",
                                           "/usr/bin/cp"};
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind_of(play));
    if (!fact)
        return -ENOMEM;
    fact->at = now(play);
    fact->object = object_of(play, fact->kind);
    fact->details = details_of(play, fact->kind);
    int r = text_set(&fact->outcome, draw(play, 9) ? "allowed" : "");
    if (r == 0 && draw(play, 10) > 0) {
        unsigned user = (unsigned)draw(play, ELEMENTS(users));
        fact->uid = 1000 + user;
        fact->pid = (uint32_t)draw(play, 70000);
        fact->session = text_format("%u", user + 3);
        r = text_set(&fact->user, users[user]);
        if (r == 0)
            r = text_set(&fact->exe, programs[draw(play, ELEMENTS(programs))]);
    }
    if (r == 0)
        *ret = TAKE_PTR(fact);
    return r;
}

// ---- An office ---------------------------------------------------------------------------------

// What a thousand accesses are in an office: mostly reading, a deletion now and then.
static enum fact_kind office_kind(struct play *play)
{
    static const struct {
        unsigned below;
        enum fact_kind kind;
    } shares[] = {
        {3, FACT_LOGIN_SUCCEEDED}, {6, FACT_LOGIN_ENDED},   {10, FACT_FILE_DELETED},
        {30, FACT_FILE_RENAMED},   {80, FACT_FILE_CREATED}, {300, FACT_FILE_WRITTEN},
        {320, FACT_TRAIL_READ},
    };
    uint64_t drawn = draw(play, 1000);
    for (size_t i = 0; i < ELEMENTS(shares); i++)
        if (drawn < shares[i].below)
            return shares[i].kind;
    return FACT_FILE_READ;
}

// Few files are opened often, many seldom: the smaller of two draws, twice.
static unsigned office_file(struct play *play)
{
    uint64_t n = play->paths;
    for (int i = 0; i < 4; i++) {
        uint64_t drawn = draw(play, play->paths);
        n = drawn < n ? drawn : n;
    }
    return (unsigned)n;
}

static char *office_details(struct play *play, enum fact_kind kind, unsigned file)
{
    if (kind == FACT_FILE_RENAMED)
        return text_format("{\"to\":\"/srv/特定個人情報/済/%02u/申請書-%06u.xlsx\"}", file % 37,
                           file);
    if (kind == FACT_LOGIN_ENDED)
        return text_format("{\"service\":\"lightdm\",\"since_ns\":%llu}",
                           (unsigned long long)(play->wall_ns - 3600 * NS_PER_S));
    if (kind == FACT_LOGIN_SUCCEEDED)
        return text_dup("{\"service\":\"lightdm\"}");
    if (kind == FACT_TRAIL_READ) // a checkpoint's place: never the same twice
        return text_format("{\"inode\":417,\"offset\":%llu}",
                           (unsigned long long)(play->wall_ns / NS_PER_MS));
    if (draw(play, 8) == 0) // a follow-up row: times of its own, so it is in no dictionary yet
        return text_format(
            "{\"of\":%llu,\"count\":%llu,\"first_ns\":%llu,\"last_ns\":%llu}",
            (unsigned long long)play->acknowledged, (unsigned long long)draw(play, 30) + 1,
            (unsigned long long)(play->wall_ns - 5 * NS_PER_S), (unsigned long long)play->wall_ns);
    return NULL;
}

static char *office_object(enum fact_kind kind, unsigned file)
{
    if (kind == FACT_LOGIN_SUCCEEDED || kind == FACT_LOGIN_ENDED)
        return text_dup("lightdm :0");
    if (kind == FACT_TRAIL_READ)
        return text_dup("trail");
    return text_format("/srv/特定個人情報/受付/%02u/申請書-%06u.xlsx", file % 37, file);
}

static int make_office_fact(struct play *play, struct fact **ret)
{
    static const char *const users[] = {"sato", "suzuki", "takahashi", "tanaka", "seki"};
    static const char *const programs[] = {"/usr/lib/libreoffice/program/soffice.bin",
                                           "/usr/bin/nautilus", "/usr/bin/evince", "/usr/bin/cp"};
    CLEANUP(fact_free_p) struct fact *fact = fact_new(office_kind(play));
    if (!fact)
        return -ENOMEM;
    unsigned user = (unsigned)draw(play, ELEMENTS(users)), file = office_file(play);
    fact->at = now(play);
    fact->uid = 1000 + user;
    fact->pid = 1000 + (uint32_t)draw(play, 300);
    fact->object = office_object(fact->kind, file);
    fact->details = office_details(play, fact->kind, file);
    fact->session = text_format("%u", user + 3);
    int r = text_set(&fact->outcome, fact->kind == FACT_LOGIN_ENDED ? "ended" : "done");
    if (r == 0)
        r = text_set(&fact->user, users[user]);
    if (r == 0)
        r = text_set(&fact->exe, programs[draw(play, ELEMENTS(programs))]);
    if (r == 0)
        *ret = TAKE_PTR(fact);
    return r;
}

// ---- Playing -----------------------------------------------------------------------------------

static int reap(struct play *play, struct ledger *ledger)
{
    struct ledger_ack acks[64];
    size_t n;
    while ((n = ledger_reap(ledger, acks, ELEMENTS(acks))) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (acks[i].error)
                return acks[i].error;
            if (acks[i].new_month)
                continue;
            play->acknowledged++;
            if (!play->quiet) {
                printf("acknowledged %llu\n", (unsigned long long)acks[i].sequence);
                (void)fflush(stdout);
            }
            if (play->acknowledged == play->kill_after)
                (void)raise(SIGKILL);
        }
    }
    return 0;
}

static int append(struct play *play, struct ledger *ledger, const struct fact *fact,
                  uint64_t *ret_ticket)
{
    int r;
    while ((r = ledger_append(ledger, fact, ret_ticket)) == -ENOBUFS) {
        struct pollfd pollfd = {.fd = ledger_fd(ledger), .events = POLLIN};
        (void)poll(&pollfd, 1, 1000);
        r = reap(play, ledger);
        if (r < 0)
            return r;
    }
    return r;
}

// A row belongs to the file that is open when it is committed: before the clock goes on into the
// next month, what happened in this one is let in.
static int go_on(struct play *play, struct ledger *ledger, uint64_t ticket, uint64_t step_ns)
{
    char month[MONTH_TEXT_SIZE], next[MONTH_TEXT_SIZE];
    moment_to_month(play->wall_ns, month);
    moment_to_month(play->wall_ns + step_ns, next);
    if (!text_equal(month, next)) {
        int r = ledger_wait(ledger, ticket, 60 * NS_PER_S);
        if (r < 0)
            return r;
    }
    play->wall_ns += step_ns;
    if (play->pace_us > 0)
        (void)usleep((useconds_t)play->pace_us);
    return reap(play, ledger);
}

static int seal(struct play *play, struct ledger *ledger, const char *reason, uint64_t *ret_ticket)
{
    int r;
    while ((r = ledger_seal(ledger, reason, ret_ticket)) == -ENOBUFS) {
        r = reap(play, ledger);
        if (r < 0)
            return r;
    }
    return r;
}

static int play_rows(struct play *play, struct ledger *ledger, uint64_t step_ns)
{
    for (uint64_t i = 0; i < play->rows; i++) {
        CLEANUP(fact_free_p) struct fact *fact = NULL;
        uint64_t ticket;
        int r = play->office ? make_office_fact(play, &fact) : make_fact(play, &fact);
        if (r == 0)
            r = append(play, ledger, fact, &ticket);
        if (r == 0 && play->seal_every > 0 && i % play->seal_every == play->seal_every - 1)
            r = seal(play, ledger, "interval", &ticket);
        if (r == 0)
            r = go_on(play, ledger, ticket, step_ns);
        if (r < 0)
            return r;
    }
    return 0;
}

// All that was queued has its answer: the last ticket is a seal.
static int finish(struct play *play, struct ledger *ledger)
{
    uint64_t ticket;
    int r = seal(play, ledger, "export", &ticket);
    if (r == 0)
        r = ledger_wait(ledger, ticket, 60 * NS_PER_S);
    return r < 0 ? r : reap(play, ledger);
}

// ---- Removing months ---------------------------------------------------------------------------

// For every second month somebody had to state the day.
static int make_pruned_fact(struct play *play, struct pruned *pruned, size_t i, struct fact **ret)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_LEDGER_PRUNED);
    CLEANUP_JSON json_object *details = NULL;
    if (!fact)
        return -ENOMEM;
    fact->at = now(play);
    (void)snprintf(pruned->contract_end, sizeof pruned->contract_end, "2026-03-31");
    if (i % 2 == 1)
        (void)snprintf(pruned->today, sizeof pruned->today, "%s-28", pruned->month);
    int r = pruned_to_object(pruned, &details);
    if (r == 0)
        r = json_to_text(details, &fact->details);
    if (r == 0)
        r = text_set(&fact->object, pruned->month);
    if (r == 0)
        r = text_set(&fact->outcome, "removed");
    if (r == 0)
        *ret = TAKE_PTR(fact);
    return r;
}

static int record_pruned(struct play *play, struct ledger *ledger, struct prune_month *months)
{
    for (size_t i = 0; i < play->prune; i++) {
        CLEANUP(fact_free_p) struct fact *fact = NULL;
        int r = make_pruned_fact(play, &months[i].pruned, i, &fact);
        if (r == 0)
            r = append(play, ledger, fact, NULL);
        if (r < 0)
            return r;
    }
    return finish(play, ledger);
}

// As the agent does it: the rows and a seal are durable before the first file goes.
static int prune(struct play *play, struct ledger *ledger, int state)
{
    CLEANUP_FREE char *path = text_format("%s/ledger", play->state);
    CLEANUP_FREE struct prune_month *months = NULL;
    CLEANUP_CLOSE int folder = -1;
    size_t n;
    if (!path)
        return -ENOMEM;
    int r = prune_list(path, &months, &n);
    if (r < 0)
        return r;
    if (n < play->prune)
        return -EINVAL;
    r = file_open_dir_at(state, "ledger", 0700, &folder);
    if (r == 0)
        r = record_pruned(play, ledger, months);
    for (size_t i = 0; i < play->prune && r == 0; i++)
        r = prune_remove(folder, months[i].pruned.month);
    return r;
}

static void add_months(const char *month, uint64_t n, char ret[MONTH_TEXT_SIZE])
{
    unsigned year = 0, number = 0;
    (void)sscanf(month, "%4u-%2u", &year, &number); // was parsed before
    unsigned total = (year * 12 + number - 1 + (unsigned)n) % (10000 * 12);
    (void)snprintf(ret, MONTH_TEXT_SIZE, "%04u-%02u", total / 12 % 10000, total % 12 + 1);
}

static int play_all(struct play *play)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = NULL;
    CLEANUP_CLOSE int state = -1;
    char last[MONTH_TEXT_SIZE], code[40];
    uint64_t begin, end, ignored;
    struct ledger_head head;
    add_months(play->first, play->months - 1, last);
    if (moment_month_range(play->first, &begin, &ignored) < 0 ||
        moment_month_range(last, &ignored, &end) < 0)
        return -EINVAL;
    play->wall_ns = play->begin_ns = begin;
    int r = file_open_dir_at(AT_FDCWD, play->state, 0700, &state);
    if (r < 0)
        return r;
    r = ledger_open(
        &(struct ledger_options){
            .state = state, .state_path = play->state, .host = "play", .now = now, .context = play},
        &ledger);
    if (r == 0)
        r = play_rows(play, ledger, (end - begin - NS_PER_S) / (play->rows ? play->rows : 1));
    if (r == 0)
        r = finish(play, ledger);
    if (r == 0 && play->prune > 0)
        r = prune(play, ledger, state);
    if (r < 0)
        return r;
    ledger_get_head(ledger, &head);
    ledger_head_code(&head, code);
    char hex[DIGEST_TEXT_SIZE];
    text_hex(head.hash, DIGEST_SIZE, hex);
    printf("head %s %s\n", code, hex);
    return 0;
}

static int parse(int argc, char **argv, struct play *play)
{
    const struct option options[] = {
        {"rows", required_argument, NULL, 'r'},       {"months", required_argument, NULL, 'm'},
        {"first", required_argument, NULL, 'f'},      {"seed", required_argument, NULL, 's'},
        {"seal-every", required_argument, NULL, 'e'}, {"paths", required_argument, NULL, 'p'},
        {"pace", required_argument, NULL, 'w'},       {"kill-after", required_argument, NULL, 'k'},
        {"prune", required_argument, NULL, 'd'},      {"quiet", no_argument, NULL, 'q'},
        {"office", no_argument, NULL, 'o'},           {0},
    };
    for (int c, r = 0; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t *numbers[] = {
            ['r'] = &play->rows,       ['m'] = &play->months, ['s'] = &play->seed,
            ['e'] = &play->seal_every, ['p'] = &play->paths,  ['w'] = &play->pace_us,
            ['k'] = &play->kill_after, ['d'] = &play->prune,
        };
        if (c == 'q')
            play->quiet = true;
        else if (c == 'o')
            play->office = true;
        else if (c == 'f')
            play->first = optarg;
        else if (c == '?')
            r = -EINVAL;
        else
            r = text_to_u64(optarg, 10, UINT32_MAX, numbers[c]);
        if (r < 0)
            return r;
    }
    play->state = argv[optind];
    play->random = play->seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    return argc == optind + 1 && play->months > 0 && play->months <= 1200 && play->paths > 0
               ? 0
               : -EINVAL;
}

int main(int argc, char **argv)
{
    struct play play = {
        .rows = 1000, .months = 2, .seed = 1, .seal_every = 100, .paths = 500, .first = "2026-10"};
    if (parse(argc, argv, &play) < 0) {
        (void)fputs(help, stderr);
        return 2;
    }
    int r = play_all(&play);
    if (r < 0)
        (void)fprintf(stderr, "ledger-play: %s: %s\n", play.state, strerror(-r));
    return r < 0 ? 4 : 0;
}
