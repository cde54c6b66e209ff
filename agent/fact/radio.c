// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a radio's description, and the messages of /dev/rfkill.
#include "fact/radio.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <linux/rfkill.h>
#include <string.h>
#include <unistd.h>

// ---- Types -------------------------------------------------------------------------------------

static const struct {
    const char *word;
    uint8_t kernel;
} types[] = {
    [RADIO_WIFI] = {"wifi", RFKILL_TYPE_WLAN},
    [RADIO_BLUETOOTH] = {"bluetooth", RFKILL_TYPE_BLUETOOTH},
    [RADIO_UWB] = {"uwb", RFKILL_TYPE_UWB},
    [RADIO_WIMAX] = {"wimax", RFKILL_TYPE_WIMAX},
    [RADIO_WWAN] = {"wwan", RFKILL_TYPE_WWAN},
    [RADIO_GPS] = {"gps", RFKILL_TYPE_GPS},
    [RADIO_FM] = {"fm", RFKILL_TYPE_FM},
    [RADIO_NFC] = {"nfc", RFKILL_TYPE_NFC},
    [RADIO_UNKNOWN] = {"unknown", UINT8_MAX},
};
static_assert(ELEMENTS(types) == RADIO_TYPE_MAX, "a row for each type");

const char *radio_type_to_str(enum radio_type type)
{
    assert(type < RADIO_TYPE_MAX);
    return types[type].word;
}

int radio_type_from_str(const char *text, enum radio_type *ret)
{
    for (enum radio_type t = 0; t < RADIO_TYPE_MAX; t++) {
        if (text_equal(types[t].word, text)) {
            *ret = t;
            return 0;
        }
    }
    return -EINVAL;
}

static enum radio_type type_from_kernel(uint8_t kernel)
{
    enum radio_type t = 0;
    while (t < RADIO_UNKNOWN && types[t].kernel != kernel)
        t++;
    return t;
}

// ---- Life --------------------------------------------------------------------------------------

void radio_free(struct radio *radio)
{
    if (!radio)
        return;
    free(radio->name);
    free(radio->driver);
    free(radio->device);
    free(radio);
}

int radio_copy(const struct radio *radio, struct radio **ret)
{
    CLEANUP(radio_free_p) struct radio *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *radio;
    copy->name = copy->driver = copy->device = NULL;
    if (text_set(&copy->name, radio->name) < 0 || text_set(&copy->driver, radio->driver) < 0 ||
        text_set(&copy->device, radio->device) < 0)
        return -ENOMEM;
    *ret = TAKE_PTR(copy);
    return 0;
}

// ---- /dev/rfkill -------------------------------------------------------------------------------

int radio_event_parse(const void *message, size_t length, struct radio_event *ret)
{
    struct rfkill_event event;
    if (length < sizeof event)
        return -EBADMSG;
    memcpy(&event, message, sizeof event); // what a later kernel has behind it is not asked about
    if (event.op > RFKILL_OP_CHANGE)
        return -EBADMSG;
    *ret = (struct radio_event){
        .act = event.op == RFKILL_OP_ADD   ? RADIO_ADDED
               : event.op == RFKILL_OP_DEL ? RADIO_REMOVED
                                           : RADIO_CHANGED,
        .index = event.idx,
        .type = type_from_kernel(event.type),
        .soft = event.soft,
        .hard = event.hard,
    };
    return 0;
}

int radio_event_read(int fd, struct radio_event *ret)
{
    uint8_t message[RADIO_MESSAGE_SIZE];
    for (;;) {
        ssize_t n = read(fd, message, sizeof message);
        if (n == 0)
            return -EAGAIN;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0 && radio_event_parse(message, (size_t)n, ret) == 0)
            return 0;
    }
}

static void request(const struct rfkill_event *event, uint8_t ret[RADIO_REQUEST_SIZE])
{
    static_assert(sizeof *event == RADIO_REQUEST_SIZE, "what every kernel takes");
    memcpy(ret, event, sizeof *event);
}

void radio_request_one(uint32_t index, bool blocked, uint8_t ret[RADIO_REQUEST_SIZE])
{
    request(&(struct rfkill_event){.idx = index, .op = RFKILL_OP_CHANGE, .soft = blocked}, ret);
}

void radio_request_type(enum radio_type type, bool blocked, uint8_t ret[RADIO_REQUEST_SIZE])
{
    assert(type < RADIO_UNKNOWN);
    request(&(struct rfkill_event){.type = types[type].kernel,
                                   .op = RFKILL_OP_CHANGE_ALL,
                                   .soft = blocked},
            ret);
}

bool radio_is_missing(int r)
{
    return r == -ENOENT || r == -ENODEV || r == -ENXIO;
}
