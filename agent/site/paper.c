// SPDX-License-Identifier: GPL-3.0-or-later
// Symbols to bytes and back, with their checks.
#include "site/paper.h"

#include "base/digest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FORM 1
#define LINE_BYTES 10
#define LINE_SYMBOLS 16
#define CHECK_SYMBOLS 4
#define SYMBOL_BITS 5
#define TAG "sekisho paper 1" // with its NUL

enum {
    AT_SECRET = 1,
    AT_CHECK = AT_SECRET + PAPER_SECRET_SIZE,
    TOTAL = PAPER_LINES * LINE_BYTES,
};
static_assert(AT_CHECK < TOTAL, "there is room for a check of the whole");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// ---- Bits --------------------------------------------------------------------------------------

static void put_symbols(const uint8_t *bytes, size_t n_symbols, char *ret)
{
    for (size_t i = 0; i < n_symbols; i++) {
        unsigned value = 0;
        for (size_t bit = i * SYMBOL_BITS; bit < (i + 1) * SYMBOL_BITS; bit++)
            value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1);
        ret[i] = alphabet[value];
    }
}

static void take_symbols(const char *symbols, size_t n_symbols, uint8_t *ret)
{
    for (size_t i = 0; i < n_symbols; i++) {
        unsigned value = (unsigned)(strchr(alphabet, symbols[i]) - alphabet);
        for (size_t k = 0; k < SYMBOL_BITS; k++) {
            size_t bit = i * SYMBOL_BITS + k;
            if (value >> (SYMBOL_BITS - 1 - k) & 1)
                ret[bit / 8] |= (uint8_t)(1U << (7 - bit % 8));
        }
    }
}

// ---- One line ----------------------------------------------------------------------------------

static void check_line(unsigned number, const uint8_t bytes[LINE_BYTES], char ret[CHECK_SYMBOLS])
{
    uint8_t input[sizeof TAG + 1 + LINE_BYTES] = TAG, digest[DIGEST_SIZE];
    input[sizeof TAG] = (uint8_t)number;
    memcpy(input + sizeof TAG + 1, bytes, LINE_BYTES);
    digest_of(input, sizeof input, digest);
    put_symbols(digest, CHECK_SYMBOLS, ret);
    explicit_bzero(input, sizeof input);
}

static void write_line(unsigned number, const uint8_t bytes[LINE_BYTES], char ret[PAPER_LINE_SIZE])
{
    char symbols[LINE_SYMBOLS + CHECK_SYMBOLS];
    put_symbols(bytes, LINE_SYMBOLS, symbols);
    check_line(number, bytes, symbols + LINE_SYMBOLS);
    char *out = ret;
    for (size_t i = 0; i < sizeof symbols; i++) {
        if (i > 0 && i % 4 == 0)
            *out++ = ' ';
        *out++ = symbols[i];
    }
    *out = '\0';
    explicit_bzero(symbols, sizeof symbols);
}

// As it is meant: NUL for what can't be meant.
static char symbol_of(char c)
{
    char upper = (char)toupper((unsigned char)c);
    if (upper == 'O')
        return '0';
    if (upper == 'I' || upper == 'L')
        return '1';
    return upper && strchr(alphabet, upper) ? upper : '\0';
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '-' || c == '\r';
}

// Without "1:" or "1." before it.
static const char *skip_label(const char *line, const char *end)
{
    while (line < end && is_between(*line))
        line++;
    return end - line >= 2 && isdigit((unsigned char)line[0]) && (line[1] == ':' || line[1] == '.')
               ? line + 2
               : line;
}

static bool is_blank(const char *line, const char *end)
{
    while (line < end && is_between(*line))
        line++;
    return line == end;
}

static int read_line(unsigned number, const char *line, const char *end, uint8_t ret[LINE_BYTES])
{
    char symbols[LINE_SYMBOLS + CHECK_SYMBOLS], expected[CHECK_SYMBOLS];
    uint8_t bytes[LINE_BYTES] = {0};
    size_t n = 0;
    for (const char *at = skip_label(line, end); at < end; at++) {
        if (is_between(*at))
            continue;
        char symbol = symbol_of(*at);
        if (!symbol || n == sizeof symbols)
            return -EBADMSG;
        symbols[n++] = symbol;
    }
    if (n != sizeof symbols)
        return -EBADMSG;
    take_symbols(symbols, LINE_SYMBOLS, bytes);
    check_line(number, bytes, expected);
    if (memcmp(expected, symbols + LINE_SYMBOLS, CHECK_SYMBOLS) != 0)
        return -EBADMSG;
    memcpy(ret, bytes, LINE_BYTES);
    return 0;
}

// ---- All of it ---------------------------------------------------------------------------------

static void put_check(uint8_t bytes[TOTAL])
{
    uint8_t digest[DIGEST_SIZE];
    digest_of(bytes, AT_CHECK, digest);
    memcpy(bytes + AT_CHECK, digest, TOTAL - AT_CHECK);
}

void paper_write(const uint8_t secret[PAPER_SECRET_SIZE], struct paper *ret)
{
    uint8_t bytes[TOTAL] = {FORM};
    memcpy(bytes + AT_SECRET, secret, PAPER_SECRET_SIZE);
    put_check(bytes);
    for (unsigned i = 0; i < PAPER_LINES; i++)
        write_line(i + 1, bytes + (size_t)i * LINE_BYTES, ret->lines[i]);
    explicit_bzero(bytes, sizeof bytes);
}

static int read_lines(const char *text, size_t length, uint8_t bytes[TOTAL], unsigned *ret_line)
{
    unsigned n = 0;
    const char *end = text + length;
    for (const char *line = text, *next; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next : end;
        if (is_blank(line, next))
            continue;
        if (n == PAPER_LINES)
            return -EBADMSG;
        n++;
        if (read_line(n, line, next, bytes + (size_t)(n - 1) * LINE_BYTES) < 0) {
            *ret_line = n;
            return -EBADMSG;
        }
    }
    return n == PAPER_LINES ? 0 : -EBADMSG;
}

int paper_read(const char *text, size_t length, uint8_t ret_secret[PAPER_SECRET_SIZE],
               unsigned *ret_line)
{
    uint8_t bytes[TOTAL] = {0}, again[TOTAL];
    *ret_line = 0;
    int r = length <= PAPER_TEXT_MAX ? read_lines(text, length, bytes, ret_line) : -EBADMSG;
    memcpy(again, bytes, sizeof again);
    put_check(again);
    if (r == 0 && (bytes[0] != FORM || memcmp(bytes, again, sizeof bytes) != 0))
        r = -EBADMSG; // lines of two keys
    if (r == 0)
        memcpy(ret_secret, bytes + AT_SECRET, PAPER_SECRET_SIZE);
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(again, sizeof again);
    return r;
}
