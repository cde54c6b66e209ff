// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the frames between the audit reader and the daemon: what is accepted must be what would
// have been written, frame by frame.
#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <errno.h>
#include <string.h>

// The bytes of the frame that `data` begins with; 0: there is none.
static size_t take(const uint8_t *data, size_t size)
{
    CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    CLEANUP_FREE char *again = NULL;
    size_t length = 0;
    int n = audit_frame_take(data, size, &event, &place);
    if (n <= 0) {
        if ((n < 0 && n != -EBADMSG) || event || place)
            abort();
        return 0;
    }
    if ((size_t)n > size || (event != NULL) == (place != NULL))
        abort();
    int r = event ? audit_frame_put_event(event, &again, &length)
                  : audit_frame_put_place(place, &again, &length);
    if (r < 0 || length != (size_t)n || memcmp(again, data, length) != 0)
        abort();
    return length;
}

// What is too long for a frame leaves nothing behind.
static void expect_too_long(void)
{
    CLEANUP_FREE char *buffer = NULL;
    CLEANUP_FREE char *text = malloc(AUDIT_FRAME_MAX + 2);
    size_t length = 0;
    if (!text)
        abort();
    memset(text, 'a', AUDIT_FRAME_MAX + 1);
    for (size_t n = AUDIT_FRAME_MAX + 1; n >= AUDIT_FRAME_MAX; n--) {
        text[n] = '\0';
        const struct audit_event event = {.path = {.text = text, .way = WAY_WHOLE}};
        if (audit_frame_put_event(&event, &buffer, &length) != -EMSGSIZE || length != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        expect_too_long();
    for (size_t n; size > 0 && (n = take(data, size)) > 0; size -= n)
        data += n;
    return 0;
}
