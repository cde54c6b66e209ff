// SPDX-License-Identifier: GPL-3.0-or-later
// Radios are blocked by rfkill, which has done it before the write returns. Read back is what the
// kernel tells whoever opens /dev/rfkill: the state of every radio.
#include "enforce/enforce.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct state {
    size_t there; // of those that are meant
    size_t open;  // of these: not blocked by software
};

struct question {
    bool by_type;
    enum radio_type type;
    uint32_t index;
};

static bool is_meant(const struct question *question, const struct radio_event *event)
{
    return question->by_type ? event->type == question->type : event->index == question->index;
}

static int write_request(int dev, const uint8_t request[RADIO_REQUEST_SIZE])
{
    CLEANUP_CLOSE int fd = openat(dev, RADIO_NODE, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, request, RADIO_REQUEST_SIZE);
    if (n < 0)
        return -errno;
    return n == RADIO_REQUEST_SIZE ? 0 : -EIO;
}

// All that are there come first, each as one that was added.
static int read_state(int dev, const struct question *question, struct state *ret)
{
    struct state state = {0};
    struct radio_event event = {.act = RADIO_ADDED};
    CLEANUP_CLOSE int fd = openat(dev, RADIO_NODE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int r = fd < 0 ? -errno : 0;
    while (r == 0 && event.act == RADIO_ADDED) {
        r = radio_event_read(fd, &event);
        if (r == 0 && event.act == RADIO_ADDED && is_meant(question, &event)) {
            state.there++;
            state.open += !event.soft;
        }
    }
    if (r < 0 && r != -EAGAIN)
        return r;
    *ret = state;
    return 0;
}

static int set(int dev, const uint8_t request[RADIO_REQUEST_SIZE], const struct question *question,
               bool blocked)
{
    struct state state;
    int r = write_request(dev, request);
    if (r == 0)
        r = read_state(dev, question, &state);
    if (r < 0)
        return r;
    if (state.there == 0 && !question->by_type)
        return -ENODEV;
    return state.open == (blocked ? 0 : state.there) ? 0 : -EIO;
}

int enforce_radio_set(int dev, uint32_t index, bool blocked)
{
    uint8_t request[RADIO_REQUEST_SIZE];
    radio_request_one(index, blocked, request);
    return set(dev, request, &(struct question){.index = index}, blocked);
}

int enforce_radio_set_type(int dev, enum radio_type type, bool blocked)
{
    uint8_t request[RADIO_REQUEST_SIZE];
    radio_request_type(type, blocked, request);
    return set(dev, request, &(struct question){.by_type = true, .type = type}, blocked);
}
