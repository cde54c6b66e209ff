// SPDX-License-Identifier: GPL-3.0-or-later
// Finds a LUKS header, and knows which ciphers hide what is behind it.
#include "watch/medium/luks.h"

#include "base/text.h"
#include "watch/medium/bytes.h"

#include <assert.h>
#include <string.h>

#define MAGIC "LUKS\xba\xbe"
#define MAGIC_SIZE 6
#define UUID 168 // offset of a text of 40 bytes
#define UUID_FIELD 40

static const char *const names[] = {
    [LUKS_NONE] = "none",
    [LUKS_1] = "LUKS1",
    [LUKS_2] = "LUKS2",
    [LUKS_BROKEN] = "broken LUKS",
};
static_assert(ELEMENTS(names) == LUKS_MAX, "a name for each kind");

const char *luks_kind_to_str(enum luks_kind kind)
{
    assert(kind < LUKS_MAX);
    return names[kind];
}

bool luks_read_uuid(const uint8_t *header, struct luks *luks)
{
    char text[UUID_FIELD + 1] = "";
    memcpy(text, header + UUID, UUID_FIELD);
    return text_to_uuid(text, luks->uuid) == 0;
}

int luks_refuse(struct luks *luks, const char *why)
{
    luks->kind = LUKS_BROKEN;
    (void)snprintf(luks->fault, sizeof luks->fault, "%s", why);
    return 0;
}

static bool starts_with(const char *text, const char *const *beginnings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

bool luks_cipher_hides(const char *cipher, const char *mode)
{
    static const char *const block[] = {"aes", "serpent", "twofish", "camellia", "aria", "sm4"};
    static const char *const modes[] = {"xts-", "cbc-", "gcm-", "hctr2-"};
    if (text_equal(cipher, "xchacha12,aes") || text_equal(cipher, "xchacha20,aes"))
        return strncmp(mode, "adiantum-", strlen("adiantum-")) == 0;
    for (size_t i = 0; i < ELEMENTS(block); i++)
        if (text_equal(cipher, block[i]))
            return starts_with(mode, modes, ELEMENTS(modes));
    return false;
}

int luks_read(const struct medium_source *source, uint64_t begin, uint64_t end, struct luks *ret)
{
    uint8_t head[8];
    *ret = (struct luks){.kind = LUKS_NONE};
    if (end - begin < 4096)
        return 0;
    int r = source_read(source, begin, head, sizeof head);
    if (r < 0)
        return r;
    if (memcmp(head, MAGIC, MAGIC_SIZE) != 0)
        return 0;
    switch (be16(head + MAGIC_SIZE)) {
    case 1:
        return luks1_read(source, begin, end, ret);
    case 2:
        return luks2_read(source, begin, end, ret);
    default:
        return luks_refuse(ret, "its LUKS version is unknown");
    }
}
