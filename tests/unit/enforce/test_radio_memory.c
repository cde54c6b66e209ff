// SPDX-License-Identifier: GPL-3.0-or-later
#include "enforce/radio-memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/sekisho-memory-XXXXXX";
static int state = -1;
static struct radio_memory memory;

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    state = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void tear_down(void)
{
    radio_memory_clear(&memory);
    (void)unlinkat(state, RADIO_MEMORY_FILE, 0);
    close_p(&state);
    (void)rmdir(folder);
}

TestSuite(radio_memory, .init = set_up, .fini = tear_down);

static struct radio make(enum radio_type type, const char *device)
{
    return (struct radio){.type = type, .device = (char *)device, .soft = true};
}

Test(radio_memory, what_was_blocked_before_is_known_after_a_restart)
{
    const struct radio wifi = make(RADIO_WIFI, "pci0000:00/0000:00:14.3"),
                       other = make(RADIO_WIFI, "pci0000:00/0000:00:15.0"),
                       unknown = make(RADIO_BLUETOOTH, NULL);
    memory.held = 1U << RADIO_WIFI | 1U << RADIO_BLUETOOTH;
    cr_assert_eq(radio_memory_keep(&memory, &wifi), 0);
    cr_assert_eq(radio_memory_keep(&memory, &wifi), 0);
    cr_assert_eq(radio_memory_keep(&memory, &unknown), 0);
    cr_expect_eq(memory.n, 2);
    cr_assert_eq(radio_memory_write(state, &memory), 0);

    struct radio_memory again;
    cr_assert_eq(radio_memory_read(state, &again), 0);
    cr_expect_eq(again.held, memory.held);
    cr_expect(radio_memory_keeps(&again, &wifi) && radio_memory_keeps(&again, &unknown));
    cr_expect(!radio_memory_keeps(&again, &other));
    radio_memory_forget(&again, RADIO_WIFI);
    cr_expect(!radio_memory_keeps(&again, &wifi) && radio_memory_keeps(&again, &unknown));
    radio_memory_forget(&again, RADIO_BLUETOOTH);
    cr_expect_eq(again.held | again.n, 0);
    cr_assert_eq(radio_memory_write(state, &again), 0);
    cr_expect_eq(faccessat(state, RADIO_MEMORY_FILE, F_OK, 0), -1, "nothing is held");
    cr_expect_eq(radio_memory_read(state, &again), -ENOENT);
}

Test(radio_memory, a_damaged_file_is_refused_as_a_whole)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"held\":[\"wifi\"]}",
                                      "{\"held\":[\"wlan\"],\"kept\":[]}",
                                      "{\"held\":[1],\"kept\":[]}",
                                      "{\"held\":[\"wifi\"],\"kept\":[{\"type\":\"wifi\"}]}"};
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        int fd = openat(state, RADIO_MEMORY_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        cr_assert_eq(write(fd, bad[i], strlen(bad[i])), (ssize_t)strlen(bad[i]));
        (void)close(fd);
        cr_expect_eq(radio_memory_read(state, &memory), -EBADMSG, "%s", bad[i]);
        cr_expect_eq(memory.held | memory.n, 0);
    }
}

Test(radio_memory, there_are_no_more_than_the_limit)
{
    for (unsigned i = 0; i <= RADIO_MEMORY_MAX; i++) {
        char device[16];
        (void)snprintf(device, sizeof device, "d%u", i);
        const struct radio radio = make(RADIO_WIFI, device);
        cr_assert_eq(radio_memory_keep(&memory, &radio), i < RADIO_MEMORY_MAX ? 0 : -ENOSPC);
    }
}
