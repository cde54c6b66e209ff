// SPDX-License-Identifier: GPL-3.0-or-later
// The canonical encoding of a row.
#include "fact/encode.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define ROW_TAG "sekisho row 1" // with its NUL: 14 bytes
#define NO_TEXT UINT32_MAX

// Texts were escaped by whoever made the fact (text_escape); here only what would make a row
// unreadable or ambiguous is refused.
static int set_text(const char *text, struct fact_text *ret)
{
    *ret = (struct fact_text){0};
    if (!text)
        return 0;
    size_t length = strlen(text);
    if (length > FACT_TEXT_LENGTH_MAX)
        return -EMSGSIZE;
    if (!text_is_utf8(text, length))
        return -EINVAL;
    *ret = (struct fact_text){.data = text, .length = (uint32_t)length};
    return 0;
}

int fact_to_row(const struct fact *fact, uint64_t sequence, struct fact_row *ret)
{
    if (fact_kind_is_observation(fact->kind) || fact->at.wall_ns > INT64_MAX ||
        fact->at.monotonic_ns > INT64_MAX)
        return -EINVAL;
    struct fact_row row = {
        .sequence = sequence,
        .wall_ns = fact->at.wall_ns,
        .monotonic_ns = fact->at.monotonic_ns,
        .severity = (uint8_t)fact->severity,
        .uid = fact->uid,
        .pid = fact->pid,
    };
    const char *texts[FACT_TEXT_MAX] = {
        [FACT_TEXT_BOOT] = fact->at.boot,    [FACT_TEXT_KIND] = fact_kind_to_str(fact->kind),
        [FACT_TEXT_USER] = fact->user,       [FACT_TEXT_SESSION] = fact->session,
        [FACT_TEXT_EXE] = fact->exe,         [FACT_TEXT_OBJECT] = fact->object,
        [FACT_TEXT_OUTCOME] = fact->outcome, [FACT_TEXT_DETAILS] = fact->details,
    };
    for (size_t i = 0; i < FACT_TEXT_MAX; i++) {
        int r = set_text(texts[i], &row.texts[i]);
        if (r < 0)
            return r;
    }
    const struct fact_text *details = &row.texts[FACT_TEXT_DETAILS];
    if (strlen(fact->at.boot) != BOOT_ID_SIZE - 1 ||
        (details->data && !json_is_object(details->data, details->length)))
        return -EINVAL;
    *ret = row;
    return 0;
}

void fact_row_digest(const struct fact_row *row, struct digest *digest, uint8_t ret[DIGEST_SIZE])
{
    uint8_t fixed[sizeof ROW_TAG + 3 * 8 + 1 + 2 * 4], *p = fixed;
    memcpy(p, ROW_TAG, sizeof ROW_TAG);
    p = bytes_put_u64(p + sizeof ROW_TAG, row->sequence);
    p = bytes_put_u64(p, row->wall_ns);
    p = bytes_put_u64(p, row->monotonic_ns);
    *p++ = row->severity;
    p = bytes_put_u32(p, row->uid);
    (void)bytes_put_u32(p, row->pid);

    digest_reset(digest);
    digest_add(digest, fixed, sizeof fixed);
    for (size_t i = 0; i < FACT_TEXT_MAX; i++) {
        const struct fact_text *text = &row->texts[i];
        uint8_t length[4];
        (void)bytes_put_u32(length, text->data ? text->length : NO_TEXT);
        digest_add(digest, length, sizeof length);
        if (text->data)
            digest_add(digest, text->data, text->length);
    }
    digest_end(digest, ret);
}
