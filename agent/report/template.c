// SPDX-License-Identifier: GPL-3.0-or-later
// A recursive walk over the template, with the stack of JSON values that names are looked up in.
#include "report/template.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/csv.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define DEPTH_MAX 16
#define NAME_MAX_LENGTH 128

struct render {
    const char *template;
    enum template_form form;
    FILE *out;
    size_t length;
    char last; // what was written last: a CSV cell begins behind a quote
    json_object *stack[DEPTH_MAX];
    size_t depth;
    struct template_mistake *mistake;
};

struct tag {
    const char *start, *after;
    char type; // '#', '^', '/', '!', '{' or 0 for a value
    char name[NAME_MAX_LENGTH];
};

static int fail(struct render *render, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct render *render, const char *where, const char *format, ...)
{
    va_list arguments;
    render->mistake->line = 1;
    for (const char *p = render->template; p < where; p++)
        render->mistake->line += *p == '\n';
    va_start(arguments, format);
    vsnprintf(render->mistake->what, sizeof render->mistake->what, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

// ---- Output ------------------------------------------------------------------------------------

static int write_text(struct render *render, const char *text, size_t length)
{
    render->length += length;
    if (render->length > TEMPLATE_OUTPUT_MAX)
        return -EFBIG;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' && render->form == TEMPLATE_CSV)
            fputc('\r', render->out);
        fputc(text[i], render->out);
    }
    if (length > 0)
        render->last = text[length - 1];
    return ferror(render->out) ? -ENOMEM : 0;
}

static void write_html(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*p, out);
        }
    }
}

static int write_value(struct render *render, json_object *value, bool raw)
{
    const char *text = value ? json_object_get_string(value) : "";
    if (raw || render->form == TEMPLATE_TEXT)
        return write_text(render, text, strlen(text));

    CLEANUP_FREE char *escaped = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&escaped, &length);
    if (!out)
        return -ENOMEM;
    if (render->form == TEMPLATE_HTML)
        write_html(out, text);
    else if (render->last == '"')
        csv_write_guarded(out, text);
    else
        csv_write_quoted(out, text);
    if (fclose(out) != 0)
        return -ENOMEM;
    return write_text(render, escaped, length);
}

// ---- Names -------------------------------------------------------------------------------------

// Answers if the document has it; *ret_value is NULL for null.
static bool look_up_in(json_object *object, const char *path, json_object **ret_value)
{
    char part[NAME_MAX_LENGTH];
    json_object *value = object;
    for (const char *p = path; *p;) {
        size_t length = strcspn(p, ".");
        snprintf(part, sizeof part, "%.*s", (int)length, p);
        if (!json_object_is_type(value, json_type_object) ||
            !json_object_object_get_ex(value, part, &value))
            return false;
        p += length + (p[length] == '.');
    }
    *ret_value = value;
    return true;
}

static int look_up(struct render *render, const struct tag *tag, const char *name,
                   json_object **ret_value)
{
    if (strcmp(name, ".") == 0) {
        *ret_value = render->stack[render->depth - 1];
        return 0;
    }
    for (size_t i = render->depth; i > 0; i--)
        if (look_up_in(render->stack[i - 1], name, ret_value))
            return 0;
    return fail(render, tag->start, _("there is no “%s” here"), name);
}

static bool is_shown(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return false;
    case json_type_boolean:
        return json_object_get_boolean(value);
    case json_type_int:
    case json_type_double:
        return json_object_get_double(value) != 0;
    case json_type_string:
        return json_object_get_string_len(value) > 0;
    case json_type_array:
        return json_object_array_length(value) > 0;
    case json_type_object:
        return true;
    }
    return false;
}

// ---- Tags --------------------------------------------------------------------------------------

// Reads the tag that begins at `start`.
static int read_tag(struct render *render, const char *start, struct tag *ret)
{
    struct tag tag = {.start = start};
    const char *p = start + 2, *close = "}}";
    if (*p && strchr("#^/!{", *p))
        tag.type = *p++;
    if (tag.type == '{')
        close = "}}}";
    const char *end = strstr(p, close);
    if (!end)
        return fail(render, start, _("a tag is not closed"));
    tag.after = end + strlen(close);
    while (p < end && *p == ' ')
        p++;
    while (end > p && end[-1] == ' ')
        end--;
    if (tag.type != '!') {
        if (p == end || (size_t)(end - p) >= sizeof tag.name)
            return fail(render, start, _("a tag has no name, or one that is too long"));
        memcpy(tag.name, p, (size_t)(end - p));
    }
    *ret = tag;
    return 0;
}

// A tag that prints nothing and has its line for itself takes the line with it. Answers where the
// text before it ends.
static const char *trim_line(struct render *render, const char *text, struct tag *tag)
{
    if (tag->type == 0 || tag->type == '{')
        return tag->start;
    const char *p = tag->start;
    while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    if ((p == render->template || p[-1] == '\n') && *tag->after == '\n') {
        tag->after++;
        return p;
    }
    return tag->start;
}

static int render_block(struct render *render, const char **p, const struct tag *open, bool live);

static int render_once(struct render *render, const char **p, const struct tag *open,
                       json_object *pushed)
{
    if (render->depth == DEPTH_MAX)
        return fail(render, open->start, _("sections are nested too deeply"));
    render->stack[render->depth++] = pushed;
    int r = render_block(render, p, open, true);
    render->depth--;
    return r;
}

static int render_section(struct render *render, const char **p, const struct tag *open)
{
    char name[NAME_MAX_LENGTH];
    json_object *value = NULL;
    text_copy(name, sizeof name, open->name);
    char *wanted = strchr(name, '=');
    if (wanted)
        *wanted++ = '\0';
    int r = look_up(render, open, name, &value);
    if (r < 0)
        return r;

    bool shown =
        wanted ? text_equal(value ? json_object_get_string(value) : "", wanted) : is_shown(value);
    if (open->type == '^' || wanted || !shown)
        return render_block(render, p, open, shown == (open->type == '#'));
    if (!json_object_is_type(value, json_type_array))
        return render_once(render, p, open, value);
    const char *body = *p;
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        *p = body;
        r = render_once(render, p, open, json_object_array_get_idx(value, i));
        if (r < 0)
            return r;
    }
    return 0;
}

static int render_tag(struct render *render, const char **p, const struct tag *tag, bool live)
{
    json_object *value;
    int r;
    *p = tag->after;
    switch (tag->type) {
    case '#':
    case '^':
        return live ? render_section(render, p, tag) : render_block(render, p, tag, false);
    case '!':
        return 0;
    default:
        if (!live)
            return 0;
        r = look_up(render, tag, tag->name, &value);
        return r < 0 ? r : write_value(render, value, tag->type == '{');
    }
}

// To the end of the section `open`, or of the template if that is NULL. Not live: only looks for
// it.
static int render_block(struct render *render, const char **p, const struct tag *open, bool live)
{
    for (;;) {
        struct tag tag;
        const char *text = *p, *start = strstr(text, "{{");
        if (!start && open)
            return fail(render, open->start, _("“%s” is never closed"), open->name);
        if (!start)
            return write_text(render, text, strlen(text));

        int r = read_tag(render, start, &tag);
        if (r < 0)
            return r;
        const char *end = trim_line(render, text, &tag);
        if (live)
            r = write_text(render, text, (size_t)(end - text));
        if (r < 0)
            return r;
        if (tag.type == '/') {
            *p = tag.after;
            return open && strcmp(open->name, tag.name) == 0
                       ? 0
                       : fail(render, tag.start, _("“%s” is closed, but not open"), tag.name);
        }
        r = render_tag(render, p, &tag, live);
        if (r < 0)
            return r;
    }
}

int template_render(const char *template, json_object *document, enum template_form form,
                    char **ret_text, struct template_mistake *ret_mistake)
{
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    struct render render = {.template = template,
                            .form = form,
                            .out = out,
                            .stack = {document},
                            .depth = 1,
                            .mistake = ret_mistake};
    if (form == TEMPLATE_CSV)
        fputs(CSV_BYTE_ORDER_MARK, out);
    const char *p = template;
    int r = render_block(&render, &p, NULL, true);
    if (fclose(out) != 0 && r == 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    *ret_text = TAKE_PTR(text);
    return 0;
}
