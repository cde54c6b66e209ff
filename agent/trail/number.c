// SPDX-License-Identifier: GPL-3.0-or-later
// Finds My Numbers: twelve digits, of which the last is the check digit that the ordinance of the
// Ministry of Internal Affairs prescribes (平成26年総務省令第85号第5条).
#include "trail/number.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <sodium/crypto_generichash.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS 12
#define TOKEN_BYTES 8
#define TOKEN_BEGIN "[MN:"
#define TOKEN_LENGTH (sizeof TOKEN_BEGIN - 1 + (size_t)2 * TOKEN_BYTES + 1)

// ---- Characters -------------------------------------------------------------------------------

// The bytes of the digit that `text` begins with, ASCII or full-width (U+FF10 to U+FF19); 0: none.
static size_t digit_at(const char *text, char *ret)
{
    const uint8_t *p = (const uint8_t *)text;
    if (p[0] >= '0' && p[0] <= '9') {
        *ret = text[0];
        return 1;
    }
    if (p[0] != 0xEF || p[1] != 0xBC || p[2] < 0x90 || p[2] > 0x99)
        return 0;
    *ret = (char)('0' + p[2] - 0x90);
    return 3;
}

static size_t separator_at(const char *text)
{
    static const char *const separators[] = {"-", " ", "‐", "‑", "−", "－", "　"};
    for (size_t i = 0; i < ELEMENTS(separators); i++)
        if (strncmp(text, separators[i], strlen(separators[i])) == 0)
            return strlen(separators[i]);
    return 0;
}

// A token that stands there already; its digits are none of anybody's.
static size_t token_at(const char *text)
{
    if (strncmp(text, TOKEN_BEGIN, sizeof TOKEN_BEGIN - 1) != 0)
        return 0;
    size_t n = strspn(text + sizeof TOKEN_BEGIN - 1, "0123456789abcdef");
    return n == (size_t)2 * TOKEN_BYTES && text[TOKEN_LENGTH - 1] == ']' ? TOKEN_LENGTH : 0;
}

// "\x5c": the digits of an escape are no digits of the name.
static size_t escape_at(const char *text)
{
    return text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
                   isxdigit((unsigned char)text[3])
               ? 4
               : 0;
}

// ---- Numbers ----------------------------------------------------------------------------------

static bool is_right(const char digits[DIGITS])
{
    unsigned sum = 0;
    for (unsigned n = 1; n < DIGITS; n++)
        sum += (unsigned)(digits[DIGITS - 1 - n] - '0') * (n <= 6 ? n + 1 : n - 5);
    unsigned rest = sum % 11;
    return (unsigned)(digits[DIGITS - 1] - '0') == (rest <= 1 ? 0 : 11 - rest);
}

// Runs of digits with one separator between each and the next, from `text` on, until there are
// twelve digits and a run ends. 0: no number; else the bytes of the number.
static size_t number_at(const char *text, bool neat, char digits[DIGITS])
{
    size_t n = 0, at = 0, runs = 0;
    char digit;
    for (;;) {
        size_t step, begin = n;
        for (; (step = digit_at(text + at, &digit)) > 0; at += step) {
            if (n == DIGITS)
                return 0;
            digits[n++] = digit;
        }
        runs++;
        if (n == begin || (neat && n < DIGITS && n - begin != 4))
            return 0;
        if (n == DIGITS)
            return (!neat || runs == 1 || (runs == 3 && n - begin == 4)) && is_right(digits) ? at
                                                                                             : 0;
        step = separator_at(text + at);
        if (step == 0)
            return 0;
        at += step;
    }
}

static void put_token(char *out, const char digits[DIGITS], const uint8_t key[NUMBER_KEY_SIZE])
{
    uint8_t hash[crypto_generichash_BYTES];
    memcpy(out, TOKEN_BEGIN, sizeof TOKEN_BEGIN - 1);
    // Can't fail: the sizes are right.
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)digits, DIGITS, key,
                             NUMBER_KEY_SIZE);
    text_hex(hash, TOKEN_BYTES, out + sizeof TOKEN_BEGIN - 1);
    out[TOKEN_LENGTH - 1] = ']';
}

// ---- Texts ------------------------------------------------------------------------------------

// Copies a run of digits, or one other character, to *out; the bytes that it took.
static size_t copy_step(const char *text, char **out)
{
    size_t n = 0, step;
    char digit;
    while ((step = digit_at(text + n, &digit)) > 0)
        n += step;
    if (n == 0)
        n = token_at(text);
    if (n == 0)
        n = escape_at(text);
    if (n == 0)
        n = 1;
    memcpy(*out, text, n);
    *out += n;
    return n;
}

static int mask(const char *text, bool neat, const uint8_t key[NUMBER_KEY_SIZE], char **ret)
{
    char digits[DIGITS];
    // Twelve digits are replaced by 21 characters.
    CLEANUP_FREE char *masked = malloc(strlen(text) * 2 + 1);
    if (!masked)
        return -ENOMEM;
    char *out = masked;
    while (*text) {
        size_t n = number_at(text, neat, digits);
        if (n > 0) {
            put_token(out, digits, key);
            out += TOKEN_LENGTH;
            text += n;
        } else {
            text += copy_step(text, &out);
        }
    }
    *out = '\0';
    *ret = TAKE_PTR(masked);
    return 0;
}

static bool has_enough_digits(const char *text)
{
    size_t n = 0;
    char digit;
    for (const char *p = text; *p && n < DIGITS; p++)
        n += digit_at(p, &digit) > 0;
    return n == DIGITS;
}

int number_mask(const char *text, const uint8_t key[NUMBER_KEY_SIZE], char **ret)
{
    CLEANUP_FREE char *once = NULL;
    if (!has_enough_digits(text)) {
        once = strdup(text);
        if (!once)
            return -ENOMEM;
        *ret = TAKE_PTR(once);
        return 0;
    }
    // First as people write it: in one run or four by four, so that no date before it, which might
    // happen to go with half of it, hides it.
    int r = mask(text, true, key, &once);
    return r < 0 ? r : mask(once, false, key, ret);
}
