// SPDX-License-Identifier: GPL-3.0-or-later
// A policy file as mere text, before libconfig sees it.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-read.h"

#include <string.h>

static const char bom[] = "\xef\xbb\xbf";

static bool has_control(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];
        if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
            return true;
    }
    return false;
}

// Wherever libconfig could take it for one: also in a comment that goes over several lines.
static bool is_include(const char *line, size_t length)
{
    static const char word[] = "@include";
    for (; length > 0 && (*line == ' ' || *line == '\t'); length--)
        line++;
    return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

// Where the eye of a reader stands: libconfig swallows the rest of a file behind an open comment
// without a word, and reports a text without its last quote many lines later.
struct scan {
    unsigned number;  // of this line
    unsigned comment; // line on which an open /* stands; 0 for none
    bool open_text;   // this line ends within a text
};

// Behind the closing quote; NULL if there is none. `p` stands behind the opening one.
static const char *skip_text(const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '"')
            return p + 1;
        p += *p == '\\';
    }
    return NULL;
}

static void scan_line(struct scan *scan, const char *p, const char *end)
{
    while (p < end) {
        bool two = p + 1 < end;
        if (scan->comment > 0) {
            bool closes = two && p[0] == '*' && p[1] == '/';
            scan->comment = closes ? 0 : scan->comment;
            p += closes ? 2 : 1;
        } else if (*p == '#' || (two && p[0] == '/' && p[1] == '/')) {
            return;
        } else if (two && p[0] == '/' && p[1] == '*') {
            scan->comment = scan->number;
            p += 2;
        } else if (*p == '"') {
            p = skip_text(p + 1, end);
            scan->open_text = !p;
            if (!p)
                return;
        } else {
            p++;
        }
    }
}

static int check_bytes(const struct policy_file *file, unsigned number, const char *line,
                       size_t length, struct policy_mistakes *mistakes)
{
    if (number == 1 && length >= strlen(bom) && memcmp(line, bom, strlen(bom)) == 0)
        return policy_mistake_add(mistakes, file->name, number,
                                  strdup(_("starts with a byte order mark")),
                                  strdup(_("save the file as UTF-8 without BOM")));
    if (!text_is_utf8(line, length))
        return policy_mistake_add(
            mistakes, file->name, number, strdup(_("is not UTF-8")),
            strdup(_("save the file as UTF-8; from Windows: iconv -f CP932 -t UTF-8")));
    if (has_control(line, length))
        return policy_mistake_add(mistakes, file->name, number,
                                  strdup(_("holds a control character")),
                                  strdup(_("take it out; only tabs and line ends may stand here")));
    if (is_include(line, length))
        return policy_mistake_add(
            mistakes, file->name, number, strdup(_("@include is not allowed")),
            strdup(_("put the other file into policy.d/: each *.conf there is read")));
    return 0;
}

static int check_closed(const struct policy_file *file, const struct scan *scan,
                        struct policy_mistakes *mistakes)
{
    if (!scan->open_text)
        return 0;
    return policy_mistake_add(mistakes, file->name, scan->number,
                              strdup(_("a text is not closed on this line")),
                              strdup(_("put a \" at its end; a \" within it is written \\\"")));
}

static int check_lines(const struct policy_file *file, struct scan *scan,
                       struct policy_mistakes *mistakes)
{
    const char *end = file->text + file->length;
    for (const char *line = file->text; line < end; scan->number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);
        scan->open_text = false;
        scan_line(scan, line, line + length);
        int r = check_bytes(file, scan->number, line, length, mistakes);
        if (r == 0)
            r = check_closed(file, scan, mistakes);
        if (r < 0)
            return r;
        line += length + 1;
    }
    return 0;
}

int policy_text_check(const struct policy_file *file, struct policy_mistakes *mistakes,
                      bool *ret_clean)
{
    size_t before = mistakes->n;
    struct scan scan = {.number = 1};
    int r = check_lines(file, &scan, mistakes);
    if (r == 0 && scan.comment > 0)
        r = policy_mistake_add(mistakes, file->name, scan.comment,
                               strdup(_("a comment that begins here is not closed")),
                               strdup(_("put a */ at its end")));
    if (r < 0)
        return r;
    *ret_clean = mistakes->n == before;
    return 0;
}
