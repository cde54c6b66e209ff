// SPDX-License-Identifier: GPL-3.0-or-later
// Escaping, hexadecimal and strict numbers.
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

size_t text_utf8_sequence(const void *data, size_t left, uint32_t *ret_code)
{
    const uint8_t *p = data;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xC2 ? 0
               : p[0] < 0xE0 ? 2
               : p[0] < 0xF0 ? 3
               : p[0] < 0xF5 ? 4
                             : 0;
    if (n == 0 || n > left)
        return 0;

    uint32_t code = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3F);
    }
    if (code < smallest[n] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *ret_code = code;
    return n;
}

// Control, line-breaking, bidirectional, zero-width and private characters could make a line show
// what it does not say.
static bool is_deceptive(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x061C || c == 0x180E ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE || (c >= 0xE0000 && c <= 0xE0FFF);
}

char *text_escape(const void *data, size_t length, size_t max)
{
    const uint8_t *p = data;
    bool cut = length > max;
    size_t end = cut ? max : length;
    char *out = malloc(end * 4 + sizeof "…");
    if (!out)
        return NULL;

    char *o = out;
    for (size_t i = 0; i < end;) {
        uint32_t code = 0;
        size_t n = text_utf8_sequence(p + i, end - i, &code);
        if (n > 0 && !is_deceptive(code) && code != '\\') {
            memcpy(o, p + i, n);
            o += n;
            i += n;
            continue;
        }
        for (n = n > 0 ? n : 1; n > 0; n--, i++)
            o += snprintf(o, sizeof "\\x00", "\\x%02x", p[i]);
    }
    text_copy(o, sizeof "…", cut ? "…" : "");
    return out;
}

static bool is_printable(const char *text, size_t length)
{
    uint32_t code = 0;
    for (size_t i = 0, n; i < length; i += n) {
        n = 1;
        if (text[i] >= ' ' && text[i] <= '~')
            continue;
        n = text_utf8_sequence(text + i, length - i, &code);
        if (n == 0 || is_deceptive(code))
            return false;
    }
    return true;
}

char *text_printable(const char *text)
{
    size_t length = strlen(text);
    return is_printable(text, length) ? strdup(text) : text_escape(text, length, length);
}

bool text_is_utf8(const void *data, size_t length)
{
    const uint8_t *p = data;
    uint32_t code;
    for (size_t i = 0, n; i < length; i += n) {
        n = text_utf8_sequence(p + i, length - i, &code);
        if (n == 0)
            return false;
    }
    return true;
}

void text_hex(const void *data, size_t length, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < length; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * length] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int text_unhex(const char *text, size_t length, void *ret)
{
    if (strlen(text) != 2 * length)
        return -EINVAL;
    for (size_t i = 0; i < 2 * length; i++)
        if (hex_digit(text[i]) < 0)
            return -EINVAL;
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)ret)[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return 0;
}

// Decodes \xNN at `text` to *ret; false if there is no whole escape.
static bool take_escape(const char *text, char *ret)
{
    if (text[0] != '\\' || text[1] != 'x')
        return false;
    int high = hex_digit(text[2]), low = high < 0 ? -1 : hex_digit(text[3]);
    if (low < 0)
        return false;
    *ret = (char)(high << 4 | low);
    return true;
}

int text_unescape(const char *text, char **ret_data, size_t *ret_length)
{
    size_t length = 0;
    CLEANUP_FREE char *data = malloc(strlen(text) + 1);
    if (!data)
        return -ENOMEM;
    for (const char *p = text; *p;) {
        bool escaped = take_escape(p, &data[length]);
        if (!escaped)
            data[length] = *p;
        p += escaped ? 4 : 1;
        length++;
    }
    data[length] = '\0';

    // One text has one escaped form, so that two devices never share one and none has two.
    CLEANUP_FREE char *again = text_escape(data, length, length);
    if (!again)
        return -ENOMEM;
    if (strcmp(again, text) != 0)
        return -EINVAL;
    *ret_data = TAKE_PTR(data);
    if (ret_length)
        *ret_length = length;
    return 0;
}

int text_to_uuid(const char *text, char ret[UUID_TEXT_SIZE])
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    char uuid[UUID_TEXT_SIZE] = "";
    static_assert(sizeof form == UUID_TEXT_SIZE, "36 characters");
    if (strlen(text) != strlen(form))
        return -EINVAL;
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
            return -EINVAL;
        uuid[i] = (char)tolower((unsigned char)text[i]);
    }
    memcpy(ret, uuid, sizeof uuid);
    return 0;
}

int text_to_u64(const char *text, int base, uint64_t max, uint64_t *ret)
{
    if (!isalnum((unsigned char)text[0]))
        return -EINVAL;
    char *rest = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &rest, base);
    if (*rest != '\0' || rest == text)
        return -EINVAL;
    if (errno == ERANGE || value > max)
        return -ERANGE;
    *ret = value;
    return 0;
}

void text_copy(char *ret, size_t size, const char *text)
{
    size_t length = strlen(text);
    assert(length < size);
    memcpy(ret, text, length + 1);
}

char *text_dup(const char *text)
{
    return text ? strdup(text) : NULL;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int r = vasprintf(&text, format, arguments);
    va_end(arguments);
    return r < 0 ? NULL : text;
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int text_set(char **field, const char *value)
{
    char *copy = text_dup(value);
    if (value && !copy)
        return -ENOMEM;
    free(*field);
    *field = copy;
    return 0;
}

const char *text_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
