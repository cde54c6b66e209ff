// SPDX-License-Identifier: GPL-3.0-or-later
// Fills a template file from a JSON document, in the manner of Mustache: the city prescribes its
// own form, so every word of it stands in a file that an admin can replace.
//
//   {{a.b}}            the value, escaped for HTML or for a quoted CSV cell, as it is in plain
//   text;
//                      null is empty
//   {{{a.b}}}          the value as it is
//   {{#a}} … {{/a}}    for each element of an array; once for an object, true, a number other than
//                      0 and a text that is not empty; names are then looked up in it first
//   {{^a}} … {{/a}}    if {{#a}} would show nothing
//   {{#a=text}} … {{/a=text}}, {{^a=text}} … {{/a=text}}   if the value is (is not) this text
//   {{.}}              the element itself
//   {{! remark }}      nothing
//
// A name that the document does not have is a mistake: a form must not lose a line by a slip.
#pragma once

#include "base/json.h"

#define TEMPLATE_MAX (1u << 20)
#define TEMPLATE_OUTPUT_MAX (16u << 20)

enum template_form { TEMPLATE_HTML, TEMPLATE_CSV, TEMPLATE_TEXT };

struct template_mistake {
    unsigned line;
    char what[160]; // in the session's language
};

// −EINVAL: the template is wrong, *ret_mistake says where; −EFBIG: the result is too long. CSV
// comes out with a byte order mark and CRLF. The caller frees the text.
must_check int template_render(const char *template, json_object *document, enum template_form form,
                               char **ret_text, struct template_mistake *ret_mistake);
