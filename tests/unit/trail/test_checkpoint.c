// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

// ---- What happened, counted ---------------------------------------------------------------------

#define SUMS_MAX 8192

// By person, kind, object and outcome.
struct sums {
    struct {
        char *key;
        uint64_t count;
    } items[SUMS_MAX];
    size_t n;
};

static void sums_add(struct sums *sums, char *key, uint64_t count)
{
    for (size_t i = 0; i < sums->n; i++) {
        if (strcmp(sums->items[i].key, key) == 0) {
            sums->items[i].count += count;
            free(key);
            return;
        }
    }
    cr_assert_lt(sums->n, SUMS_MAX);
    sums->items[sums->n].key = key;
    sums->items[sums->n++].count = count;
}

static void sums_clear(struct sums *sums)
{
    for (size_t i = 0; i < sums->n; i++)
        free(sums->items[i].key);
    sums->n = 0;
}

static uint64_t sums_get(const struct sums *sums, const char *key)
{
    for (size_t i = 0; i < sums->n; i++)
        if (strcmp(sums->items[i].key, key) == 0)
            return sums->items[i].count;
    return 0;
}

static void expect_same_sums(const struct sums *a, const struct sums *b, unsigned seed)
{
    cr_expect_eq(a->n, b->n, "%zu and %zu different things (seed %u)", a->n, b->n, seed);
    for (size_t i = 0; i < a->n; i++)
        cr_expect_eq(a->items[i].count, sums_get(b, a->items[i].key),
                     "%s: %lu times, not %lu (seed %u)", a->items[i].key, a->items[i].count,
                     sums_get(b, a->items[i].key), seed);
}

static void add_row(const struct world *world, const struct fact *row, struct sums *sums)
{
    uint64_t count = 1;
    if (row->details && strstr(row->details, "\"of\":")) {
        CLEANUP_JSON json_object *details =
            json_parse(row->details, strlen(row->details), json_type_object);
        uint64_t of = json_get_number(details, "of");
        cr_assert(of > 0 && of <= world->rows.n);
        const struct fact *first = world->rows.items[of - 1];
        cr_expect_eq(first->kind, row->kind, "%lu is no first row of %s", of, row->object);
        cr_expect_str_eq(first->object, row->object);
        count = json_get_number(details, "count");
    }
    sums_add(sums,
             text_format("%s %s %s %s", row->user ? row->user : "-", fact_kind_to_str(row->kind),
                         row->object ? row->object : "-", row->outcome),
             count);
}

static void add_all(const struct world *world, struct sums *sums)
{
    for (size_t i = 0; i < world->rows.n; i++)
        if (world->rows.items[i]->kind != FACT_TRAIL_READ)
            add_row(world, world->rows.items[i], sums);
}

// ---- Made-up days ------------------------------------------------------------------------------

static uint64_t random_state;

static unsigned below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

#define EVENTS 3000
#define NAMES 24

static char names[NAMES][2][64]; // a file and its backup

static void make_names(bool numbers)
{
    for (unsigned i = 0; i < NAMES; i++) {
        const char *number = numbers && i % 5 == 0 ? " 123456789018" : "";
        (void)snprintf(names[i][0], sizeof names[i][0], "/f/%u%s", i, number);
        (void)snprintf(names[i][1], sizeof names[i][1], "/f/%u%s%s", i, number,
                       i % 2 ? "~" : ".bak");
    }
}

static uint64_t next_time(uint64_t now, bool steps)
{
    if (below(40) == 0)
        return now + 20 * NS_PER_S;
    if (steps && below(200) == 0)
        return now - 3600 * NS_PER_S;
    if (below(20) == 0)
        return now - 5 * NS_PER_MS;
    return now + below(400) * NS_PER_MS;
}

static struct audit_event make_deed(bool saves)
{
    static const enum audit_act acts[] = {ACT_READ,   ACT_READ,   ACT_READ,   ACT_WRITE, ACT_WRITE,
                                          ACT_CREATE, ACT_DELETE, ACT_CHANGE, ACT_RENAME};
    static char *const programs[] = {(char *)"/usr/bin/vim", (char *)"/usr/bin/lp", NULL};
    unsigned name = below(NAMES), kind = saves ? below(ELEMENTS(acts)) : below(5);
    struct audit_event event = file_event(acts[kind], 0, names[name][saves && below(4) == 0]);
    if (event.act == ACT_RENAME) {
        unsigned other = below(2) ? name : below(NAMES);
        event.path.text = names[name][0];
        event.to = (struct audit_path){.text = names[other][other == name], .way = WAY_WHOLE};
        event.replaced = below(2);
    }
    event.exe = programs[below(ELEMENTS(programs))];
    event.error = below(9) ? 0 : EACCES;
    return event;
}

static struct audit_event make_login(void)
{
    static const enum audit_act acts[] = {ACT_LOGIN, ACT_LOGIN, ACT_LOGOUT, ACT_LOGIN_FAILED,
                                          ACT_LOGIN_REFUSED};
    static const char *const services[] = {"sshd", "su", "cron", "login"};
    struct audit_event event =
        login_event(acts[below(ELEMENTS(acts))], 0, services[below(ELEMENTS(services))]);
    event.by_program = below(2);
    event.serial = below(3000);
    return event;
}

static void make_day(struct audit_event events[EVENTS], bool saves)
{
    uint64_t now = T0;
    for (size_t i = 0; i < EVENTS; i++) {
        now = next_time(now, saves);
        events[i] = !saves || below(10) ? make_deed(saves) : make_login();
        if (saves && below(100) == 0)
            events[i] = audit_event_of(ACT_AUDIT_STARTED + below(ACT_MAX - ACT_AUDIT_STARTED), 0);
        events[i].wall_ns = now;
        events[i].auid = below(saves ? 20 : 3) % 3 + 1001;
        events[i].session = events[i].auid;
        events[i].pid = 50 + below(saves ? 2 : 9);
    }
}

static void finish(struct world *world, uint64_t place)
{
    for (unsigned i = 0; i < 3; i++) {
        world_settle(world, T0 + 100000 * NS_PER_S);
        world_record(world, place);
    }
    cr_expect_eq(trail_due_ns(world->trail), 0);
}

static void live(const struct audit_event events[EVENTS], struct sums *sums)
{
    struct world world;
    world_begin(&world, FOLD);
    for (size_t i = 0; i < EVENTS; i++)
        world_take(&world, &events[i]);
    finish(&world, EVENTS);
    add_all(&world, sums);
    world_end(&world);
}

static void live_and_die(const struct audit_event events[EVENTS], struct sums *sums)
{
    struct world world;
    unsigned deaths = 0;
    world_begin(&world, FOLD);
    for (size_t i = 0; i < EVENTS;) {
        world_take(&world, &events[i]);
        i++;
        if (below(25) == 0) {
            world_settle(&world, events[i - 1].wall_ns);
            world_record(&world, i);
        }
        if (below(60) == 0) {
            i = world_kill(&world);
            deaths++;
        }
    }
    cr_expect_gt(deaths, 10);
    finish(&world, EVENTS);
    add_all(&world, sums);
    world_end(&world);
}

Test(checkpoint, each_event_counts_once_whenever_the_reader_is_killed)
{
    static struct audit_event events[EVENTS];
    static struct sums straight, killed;
    make_names(true);
    for (unsigned seed = 1; seed <= 8; seed++) {
        random_state = seed;
        make_day(events, true);
        live(events, &straight);
        cr_assert_gt(straight.n, 100);
        live_and_die(events, &killed);
        expect_same_sums(&straight, &killed, seed);
        sums_clear(&straight);
        sums_clear(&killed);
    }
}

Test(checkpoint, each_access_is_counted_as_it_was_made)
{
    static struct audit_event events[EVENTS];
    static struct sums made, told;
    make_names(false);
    random_state = 42;
    make_day(events, false);
    for (size_t i = 0; i < EVENTS; i++) {
        static const char *const persons[] = {"tanaka", "suzuki", "sato"};
        const struct audit_event *event = &events[i];
        bool printed = event->exe && strcmp(event->exe, "/usr/bin/lp") == 0;
        const char *kind = event->act == ACT_WRITE ? "file.written"
                           : printed               ? "file.printed"
                                                   : "file.read";
        sums_add(&made,
                 text_format("%s %s %s %s", persons[event->auid - 1001], kind, event->path.text,
                             event->error ? "refused" : "done"),
                 1);
    }
    live_and_die(events, &told);
    expect_same_sums(&made, &told, 42);
    sums_clear(&made);
    sums_clear(&told);
}

// ---- The form ----------------------------------------------------------------------------------

static struct world world;

static void begin(void)
{
    world_begin(&world, FOLD);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(checkpoint_form, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static json_object *newest(void)
{
    const struct fact *row = world_row(&world, world.checkpoint - 1);
    json_object *details = NULL;
    cr_assert_eq(trail_checkpoint_parse(row->object, row->details, &details), 0);
    return details;
}

Test(checkpoint_form, the_place_comes_back_as_it_was)
{
    struct audit_place place = {
        .device = UINT64_MAX,
        .inode = 2,
        .head = {3},
        .tail = {4},
        .offset = INT64_MAX,
        .last = {5, 6},
    };
    CLEANUP(audit_place_free_p) struct audit_place *back = NULL;
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    cr_assert_eq(trail_checkpoint(world.trail, &place, &fact), 0);
    cr_expect_eq(fact->kind, FACT_TRAIL_READ);
    CLEANUP_JSON json_object *details = NULL;
    cr_assert_eq(trail_checkpoint_parse(fact->object, fact->details, &details), 0);
    cr_assert_eq(trail_restore(world.trail, details, 1, &back), 0);
    cr_expect_eq(memcmp(back, &place, sizeof place), 0);
}

Test(checkpoint_form, with_nothing_open_it_is_short)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    world_record(&world, 1);
    cr_expect_lt(strlen(world_row(&world, 1)->details), 150, "%s", world_row(&world, 1)->details);
    cr_expect_eq(world_row(&world, 1)->at.wall_ns, T0);
}

Test(checkpoint_form, what_lasts_is_the_same_text_in_each)
{
    struct audit_event event = login_event(ACT_LOGIN, 0, "login");
    take(event);
    world_record(&world, 1);
    take(file_event(ACT_READ, 7, "/f/a"));
    world_record(&world, 2);
    cr_assert_eq(world.rows.n, 4);
    cr_expect_str_eq(world_row(&world, 1)->object, world_row(&world, 3)->object);
    cr_expect_not_null(strstr(world_row(&world, 1)->object, "\"s\":[["));
    cr_expect_str_neq(world_row(&world, 1)->details, world_row(&world, 3)->details);
}

Test(checkpoint_form, one_text_alone_is_no_checkpoint)
{
    CLEANUP_JSON json_object *details = NULL;
    cr_expect_eq(trail_checkpoint_parse(NULL, "{}", &details), -EBADMSG);
    cr_expect_eq(trail_checkpoint_parse("{}", NULL, &details), -EBADMSG);
    cr_expect_eq(trail_checkpoint_parse("[]", "{}", &details), -EBADMSG);
    cr_expect_null(details);
}

Test(checkpoint_form, no_password_and_no_my_number_stands_in_it)
{
    struct audit_event event = login_event(ACT_LOGIN_FAILED, 0, "login");
    event.account = (char *)"hunter2";
    take(event);
    take(file_event(ACT_CREATE, 0, "/f/123456789018"));
    take(rename_event(0, "/f/123456789018.txt", "/f/123456789018.txt~"));
    take(file_event(ACT_READ, 0, "/f/123456789018"));
    take(file_event(ACT_READ, 0, "/f/123456789018"));
    world_record(&world, 1);
    const char *details = world_row(&world, world.checkpoint - 1)->details;
    cr_expect_null(strstr(details, "hunter2"));
    cr_expect_null(strstr(details, "123456789018"));
    cr_expect_not_null(strstr(details, "[MN:"));
}

Test(checkpoint_form, a_first_row_of_the_same_group_is_found_by_its_distance)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    take(file_event(ACT_READ, 1, "/f/a"));
    take(file_event(ACT_READ, 1, "/f/b"));
    world_record(&world, 1);
    CLEANUP_JSON json_object *details = newest();
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    cr_assert_eq(trail_restore(world.trail, details, 1000, &place), 0);
    world_settle(&world, AT(9));
    cr_assert_eq(world.rows.n, 4);
    cr_expect_not_null(strstr(world_row(&world, 3)->details, "\"of\":998,"));
}

static void expect_refused(const char *text)
{
    CLEANUP_JSON json_object *details = json_parse(text, strlen(text), json_type_object);
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    cr_assert_not_null(details, "%s", text);
    cr_expect_eq(trail_restore(world.trail, details, 5, &place), -EBADMSG, "%s", text);
    cr_expect_null(place);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define PLACE "\"n\":[1,2,\"" ZEROS "\"],\"p\":[3,\"" ZEROS "\",4,5]"
#define HEAD "{\"v\":1," PLACE ",\"b\":\"" TEST_BOOT "\",\"l\":6"
#define DEED "\"file.read\",16,1001,3,50,7,0,\"\",\"/f/a\",\"\""

Test(checkpoint_form, what_could_not_have_been_written_is_refused)
{
    expect_refused("{}");
    expect_refused("{\"v\":2," PLACE ",\"b\":\"" TEST_BOOT "\",\"l\":6}");
    expect_refused("{\"v\":1,\"b\":\"" TEST_BOOT "\",\"l\":6}");
    expect_refused("{\"v\":1,\"n\":[1,2,\"" ZEROS "\"],\"b\":\"" TEST_BOOT "\",\"l\":6}");
    expect_refused("{\"v\":1,\"n\":[1,2,\"" ZEROS "\"],\"p\":[1,2,3],\"b\":\"" TEST_BOOT
                   "\",\"l\":6}");
    expect_refused("{\"v\":1," PLACE ",\"b\":\"x\",\"l\":6}");
    expect_refused("{\"v\":1," PLACE ",\"b\":\"" TEST_BOOT "\",\"l\":-1}");
    expect_refused(HEAD ",\"e\":\"x\"}");
    expect_refused(HEAD ",\"f\":{}}");
    expect_refused(HEAD ",\"f\":[]}");
    expect_refused(HEAD ",\"f\":[7]}");
    expect_refused(HEAD ",\"f\":[[5,12,1,8,9,0," DEED "]]}");  // the checkpoint itself
    expect_refused(HEAD ",\"f\":[[-5,12,1,8,9,0," DEED "]]}"); // before the first row
    expect_refused(HEAD ",\"f\":[[0,12,1,8,9,0," DEED "]]}");
    expect_refused(HEAD ",\"f\":[[1,12,0,8,9,0," DEED "]]}");
    expect_refused(HEAD ",\"f\":[[1,12,1,9,8,0," DEED "]]}");
    expect_refused(HEAD ",\"f\":[[1,6,1,8,9,0," DEED "]]}");
    expect_refused(HEAD ",\"f\":[[1,12,1,8,9,0," DEED ",1]]}");
    expect_refused(HEAD ",\"h\":[[0,0," DEED "]]}");
    expect_refused(HEAD ",\"s\":[[1,2,3,4,5,\"\",\"\"]]}");
    expect_refused(HEAD ",\"s\":[[1,2,3,4,5,\"a\\u001bb\",\"\"]]}");
    expect_refused(HEAD ",\"a\":[[1,2,3,2,0]]}");
    expect_refused(HEAD ",\"c\":[[-1,2]]}");
    expect_refused(HEAD ",\"c\":[[1,-7]]}"); // before 1970
    expect_refused(HEAD ",\"c\":[[1,9223372036854775807]]}");
}

Test(checkpoint_form, after_a_refusal_the_trail_is_as_new)
{
    struct audit_place place = {0};
    CLEANUP(fact_free_p) struct fact *before = NULL;
    CLEANUP(fact_free_p) struct fact *after = NULL;
    cr_assert_eq(trail_checkpoint(world.trail, &place, &before), 0);
    expect_refused(HEAD ",\"t\":true,\"f\":[[1,12,1,8,9,0," DEED
                        "]],\"s\":[[1,2,3,4,5,\"sshd\",\"\"]],\"a\":[[]]}");
    cr_assert_eq(trail_checkpoint(world.trail, &place, &after), 0);
    cr_expect_str_eq(after->details, before->details);
}
