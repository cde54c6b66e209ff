// SPDX-License-Identifier: GPL-3.0-or-later
// A real ledger in a temporary folder, written at a made-up clock, for tests that read one.
#pragma once

#include "base/text.h"
#include "ledger/ledger.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct written_ledger {
    char folder[32]; // "/tmp/sekisho-XXXXXX"
    int state;
    atomic_uint_least64_t wall_ns;
    struct ledger *ledger;
};

static struct moment written_now(void *context)
{
    struct written_ledger *w = context;
    struct moment now = {.wall_ns = w->wall_ns, .monotonic_ns = w->wall_ns % (86400 * NS_PER_S)};
    memset(now.boot, 'b', sizeof now.boot - 1);
    return now;
}

// Sets the time zone and opens the ledger at this local time.
static inline void written_begin(struct written_ledger *w, const char *time)
{
    uint64_t ns = 0;
    memset(w, 0, sizeof *w);
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    cr_assert_eq(moment_parse(time, &ns), 0);
    w->wall_ns = ns;
    strcpy(w->folder, "/tmp/sekisho-XXXXXX");
    cr_assert_not_null(mkdtemp(w->folder));
    w->state = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct ledger_options options = {.state = w->state,
                                           .state_path = w->folder,
                                           .host = "pc-01",
                                           .now = written_now,
                                           .context = w};
    cr_assert_eq(ledger_open(&options, &w->ledger), 0);
}

// One durable row at a local time.
static inline void written_row(struct written_ledger *w, const char *time, enum fact_kind kind,
                               const char *user, const char *object, const char *details)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    uint64_t ticket, ns = 0;
    cr_assert_eq(moment_parse(time, &ns), 0);
    w->wall_ns = ns;
    fact->at = written_now(w);
    cr_assert_eq(text_set(&fact->user, user), 0);
    cr_assert_eq(text_set(&fact->object, object), 0);
    cr_assert_eq(text_set(&fact->details, details), 0);
    cr_assert_eq(ledger_append(w->ledger, fact, &ticket), 0);
    cr_assert_eq(ledger_wait(w->ledger, ticket, 10 * NS_PER_S), 0);
}

static inline char *written_month(const struct written_ledger *w, const char *month)
{
    return text_format("%s/ledger/%s.db", w->folder, month);
}

// Closes the ledger; its files stay until written_remove().
static inline void written_close(struct written_ledger *w)
{
    ledger_close(TAKE_PTR(w->ledger));
}

static inline void written_remove_below(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(fd, entry->d_name, 0) < 0)
            written_remove_below(fd, entry->d_name);
    if (entries)
        (void)closedir(entries);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

static inline void written_remove(struct written_ledger *w)
{
    written_close(w);
    (void)close(w->state);
    written_remove_below(AT_FDCWD, w->folder);
}
