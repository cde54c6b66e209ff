// SPDX-License-Identifier: GPL-3.0-or-later
// Labels padded by columns, not by bytes: in Japanese a character takes two.
#include "cli/field.h"

#include "base/moment.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

static void print_line(const struct fields *fields, const char *label, enum table_color color,
                       const char *format, va_list arguments)
{
    const char *escape = fields->color ? table_escape(color) : "";
    fputs(label, stdout);
    for (unsigned w = table_text_width(label); w < fields->width + 2; w++)
        putchar(' ');
    fputs(escape, stdout);
    vprintf(format, arguments);
    puts(escape[0] ? "\x1b[0m" : "");
}

void field_print(const struct fields *fields, const char *label, enum table_color color,
                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(fields, label, color, format, arguments);
    va_end(arguments);
}

void field_continue(const struct fields *fields, enum table_color color, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(fields, "", color, format, arguments);
    va_end(arguments);
}

void field_time(uint64_t wall_ns, char ret[40])
{
    if (wall_ns == 0) {
        text_copy(ret, 40, "–");
        return;
    }
    moment_to_iso(wall_ns, ret);
    ret[strlen("YYYY-MM-DD")] = ' ';
    ret[strlen("YYYY-MM-DD HH:MM:SS")] = '\0';
}

// As far as `form` is long.
static char *cut_time(uint64_t wall_ns, const char *form)
{
    char text[40];
    if (wall_ns == 0)
        return NULL;
    field_time(wall_ns, text);
    text[strlen(form)] = '\0';
    return text_dup(text);
}

char *field_minute(uint64_t wall_ns)
{
    return cut_time(wall_ns, "YYYY-MM-DD HH:MM");
}

char *field_day(uint64_t wall_ns)
{
    return cut_time(wall_ns, "YYYY-MM-DD");
}
