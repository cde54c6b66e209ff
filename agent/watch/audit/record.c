// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a line of auditd's log without copying it.
#include "watch/audit/record.h"

#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define ENRICHED 0x1D // what auditd adds itself begins here
#define TEXT_MAX 4200 // of one field, decoded: a path and a little more

bool span_is(struct span span, const char *text)
{
    return span.data && span.length == strlen(text) && memcmp(span.data, text, span.length) == 0;
}

// ---- The head of a line ------------------------------------------------------------------------

static bool skip(struct span *rest, const char *word)
{
    size_t length = strlen(word);
    if (rest->length < length || memcmp(rest->data, word, length) != 0)
        return false;
    rest->data += length;
    rest->length -= length;
    return true;
}

static struct span take_until(struct span *rest, char end)
{
    const char *found = memchr(rest->data, end, rest->length);
    struct span taken = {rest->data, found ? (size_t)(found - rest->data) : rest->length};
    rest->data += taken.length + (found ? 1 : 0);
    rest->length -= taken.length + (found ? 1 : 0);
    return taken;
}

static bool take_digits(struct span *rest, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; n < rest->length && rest->data[n] >= '0' && rest->data[n] <= '9'; n++) {
        value = value * 10 + (uint64_t)(rest->data[n] - '0');
        if (value > max)
            return false;
    }
    rest->data += n;
    rest->length -= n;
    *ret = value;
    return n > 0;
}

// "1700000000.123:456):"
static bool take_stamp(struct span *rest, struct audit_stamp *ret)
{
    uint64_t seconds, thousandths, serial;
    if (!take_digits(rest, INT64_MAX / NS_PER_S - 1, &seconds) || !skip(rest, ".") ||
        !take_digits(rest, 999, &thousandths) || !skip(rest, ":") ||
        !take_digits(rest, INT64_MAX / 10 - 1, &serial) || !skip(rest, "):"))
        return false;
    *ret = (struct audit_stamp){seconds * NS_PER_S + thousandths * NS_PER_MS, serial};
    return true;
}

int record_parse(const char *line, size_t length, struct record *ret)
{
    struct record record;
    struct span rest = {line, length};
    if (skip(&rest, "node="))
        (void)take_until(&rest, ' ');
    if (!skip(&rest, "type="))
        return -EBADMSG;
    record.type = take_until(&rest, ' ');
    if (record.type.length == 0 || !skip(&rest, "msg=audit(") || !take_stamp(&rest, &record.stamp))
        return -EBADMSG;
    (void)skip(&rest, " ");
    record.fields = take_until(&rest, ENRICHED);
    *ret = record;
    return 0;
}

bool record_is(const struct record *record, const char *type)
{
    return span_is(record->type, type);
}

// ---- Fields ------------------------------------------------------------------------------------

// The length of the value that `text` begins with. A quoted one ends with its quote: the kernel
// writes a text that has a quote in it in hexadecimal.
static size_t value_length(struct span text)
{
    if (text.length > 0 && text.data[0] == '"') {
        const char *end = memchr(text.data + 1, '"', text.length - 1);
        return end ? (size_t)(end - text.data) + 1 : text.length;
    }
    const char *end = memchr(text.data, ' ', text.length);
    return end ? (size_t)(end - text.data) : text.length;
}

// The next field, and steps behind it. Within msg='…' go on with what is inside.
static bool next_field(struct span *rest, struct span *ret_name, struct span *ret_value)
{
    while (rest->length > 0 && *rest->data == ' ')
        (void)skip(rest, " ");
    (void)skip(rest, "msg='");
    if (rest->length == 0)
        return false;
    struct span word = {rest->data, value_length(*rest)};
    const char *equals = memchr(word.data, '=', word.length);
    if (!equals) { // a bare word
        rest->data += word.length;
        rest->length -= word.length;
        *ret_name = *ret_value = (struct span){0};
        return true;
    }
    *ret_name = (struct span){word.data, (size_t)(equals - word.data)};
    rest->length -= (size_t)(equals + 1 - rest->data);
    rest->data = equals + 1;
    *ret_value = (struct span){rest->data, value_length(*rest)};
    rest->data += ret_value->length;
    rest->length -= ret_value->length;
    return true;
}

// As it stands there, quotes included.
static struct span find(const struct record *record, const char *name)
{
    struct span rest = record->fields, field, value;
    while (next_field(&rest, &field, &value))
        if (span_is(field, name)) {
            if (value.length > 0 && value.data[value.length - 1] == '\'')
                value.length--; // the end of msg='…'
            return value;
        }
    return (struct span){0};
}

static bool is_quoted(struct span value)
{
    return value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"';
}

struct span record_field(const struct record *record, const char *name)
{
    struct span value = find(record, name);
    if (is_quoted(value))
        value = (struct span){value.data + 1, value.length - 2};
    return value;
}

bool record_field_is(const struct record *record, const char *name, const char *value)
{
    return span_is(record_field(record, name), value);
}

uint64_t record_number(const struct record *record, const char *name, int base, uint64_t otherwise)
{
    struct span value = record_field(record, name);
    char text[32];
    uint64_t number;
    if (!value.data || value.length >= sizeof text)
        return otherwise;
    memcpy(text, value.data, value.length);
    text[value.length] = '\0';
    return text_to_u64(text, base, UINT64_MAX, &number) < 0 ? otherwise : number;
}

uint32_t record_id(const struct record *record, const char *name)
{
    uint64_t number = record_number(record, name, 10, UINT32_MAX);
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

// ---- Texts -------------------------------------------------------------------------------------

static int copy(const char *data, size_t length, char **ret_data, size_t *ret_length)
{
    char *text = malloc(length + 1);
    if (!text)
        return -ENOMEM;
    memcpy(text, data, length);
    text[length] = '\0';
    *ret_data = text;
    *ret_length = length;
    return 0;
}

static bool is_hexadecimal(struct span value)
{
    for (size_t i = 0; i < value.length; i++)
        if (!strchr("0123456789ABCDEFabcdef", value.data[i]) || value.data[i] == '\0')
            return false;
    return value.length > 0 && value.length % 2 == 0;
}

static int decode(struct span value, char **ret_data, size_t *ret_length)
{
    CLEANUP_FREE char *digits = strndup(value.data, value.length);
    CLEANUP_FREE char *data = malloc(value.length / 2 + 1);
    if (!digits || !data)
        return -ENOMEM;
    int r = text_unhex(digits, value.length / 2, data);
    if (r < 0)
        return r;
    data[value.length / 2] = '\0';
    *ret_data = TAKE_PTR(data);
    *ret_length = value.length / 2;
    return 0;
}

int record_bytes(const struct record *record, const char *name, char **ret_data, size_t *ret_length)
{
    struct span value = find(record, name);
    if (!value.data || span_is(value, "(null)") || span_is(value, "?"))
        return -ENOENT;
    if (is_quoted(value))
        return copy(value.data + 1, value.length - 2, ret_data, ret_length);
    if (is_hexadecimal(value))
        return decode(value, ret_data, ret_length);
    return copy(value.data, value.length, ret_data, ret_length);
}

int record_text(const struct record *record, const char *name, char **ret)
{
    CLEANUP_FREE char *data = NULL;
    size_t length;
    int r = record_bytes(record, name, &data, &length);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    char *text = text_escape(data, length, TEXT_MAX);
    if (!text)
        return -ENOMEM;
    free(*ret);
    *ret = text;
    return 0;
}

int record_word(const struct record *record, const char *name, char **ret)
{
    struct span value = record_field(record, name);
    if (!value.data || value.length == 0 || span_is(value, "?") || span_is(value, "(null)"))
        return 0;
    char *text = text_escape(value.data, value.length, TEXT_MAX);
    if (!text)
        return -ENOMEM;
    free(*ret);
    *ret = text;
    return 0;
}
