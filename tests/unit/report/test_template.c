// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/template.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const char document_text[] =
    "{\"name\":\"a & <b>\",\"none\":null,\"empty\":[],\"yes\":true,\"zero\":0,"
    "\"word\":\"ok\",\"formula\":\"=1\",\"deep\":{\"down\":\"here\"},"
    "\"list\":[{\"n\":1},{\"n\":2}],\"words\":[\"x\",\"y\"]}";

static char *render(const char *template, enum template_form form, struct template_mistake *mistake)
{
    CLEANUP_JSON json_object *document =
        json_parse(document_text, strlen(document_text), json_type_object);
    char *text = NULL;
    cr_assert_not_null(document);
    int r = template_render(template, document, form, &text, mistake);
    cr_assert(r == 0 || r == -EINVAL);
    return text;
}

static void expect(const char *template, const char *expected)
{
    struct template_mistake mistake = {0};
    CLEANUP_FREE char *text = render(template, TEMPLATE_HTML, &mistake);
    cr_assert_not_null(text, "line %u: %s", mistake.line, mistake.what);
    cr_expect_str_eq(text, expected);
}

static void expect_mistake(const char *template, unsigned line)
{
    struct template_mistake mistake = {0};
    CLEANUP_FREE char *text = render(template, TEMPLATE_HTML, &mistake);
    cr_expect_null(text);
    cr_expect_eq(mistake.line, line, "line %u: %s", mistake.line, mistake.what);
}

Test(template, values_are_escaped_unless_asked_for_raw)
{
    expect("{{name}}|{{{name}}}|{{none}}|{{ deep.down }}", "a &amp; &lt;b&gt;|a & <b>||here");
}

Test(template, sections_repeat_and_look_names_up_from_the_inside_out)
{
    expect("{{#list}}{{n}}{{word}} {{/list}}", "1ok 2ok ");
    expect("{{#words}}<{{.}}>{{/words}}", "<x><y>");
    expect("{{#deep}}{{down}}{{/deep}}", "here");
}

Test(template, what_is_empty_is_not_shown_but_its_inverse_is)
{
    expect("{{#empty}}a{{/empty}}{{^empty}}b{{/empty}}{{#zero}}c{{/zero}}{{^none}}d{{/none}}",
           "bd");
}

Test(template, a_section_may_ask_for_one_value)
{
    expect("{{#word=ok}}1{{/word=ok}}{{#word=no}}2{{/word=no}}{{^word=no}}3{{/word=no}}", "13");
    expect("{{#words}}{{#.=y}}!{{/.=y}}{{/words}}", "!");
}

Test(template, lines_that_hold_only_a_section_leave_no_empty_line)
{
    expect("a\n{{#list}}\n  {{n}}\n{{/list}}\nb\n{{! nothing }}\nc", "a\n  1\n  2\nb\nc");
}

Test(template, a_slip_is_reported_with_its_line)
{
    expect_mistake("a\nb {{nome}}", 2);
    expect_mistake("{{#list}}\n{{n}}", 1);
    expect_mistake("\n\n{{/list}}", 3);
    expect_mistake("{{#list}}{{/word}}", 1);
    expect_mistake("{{name", 1);
    expect_mistake("{{}}", 1);
}

Test(template, csv_cells_are_quoted_guarded_and_end_in_crlf)
{
    struct template_mistake mistake = {0};
    CLEANUP_FREE char *text = render("\"{{formula}}\",\"x {{formula}}\"\n", TEMPLATE_CSV, &mistake);
    cr_expect_str_eq(text, "\xEF\xBB\xBF\"'=1\",\"x =1\"\r\n");
}
