// SPDX-License-Identifier: GPL-3.0-or-later
// One question, one answer, within a time.
#include "cli/health.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/program.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_NS (60 * NS_PER_S)
#define OUTPUT_MAX (1u << 20)
#define FIXED 5 // health --root DIR SECTION, and the NULL at the end

static int run(const char *program, char *const arguments[], json_object **ret)
{
    CLEANUP(program_answer_clear) struct program_answer answer = {0};
    int r = program_read(program, arguments, OUTPUT_MAX, PATIENCE_NS, &answer);
    if (r < 0)
        return r;
    if (answer.status != 0)
        return -EPROTO;
    *ret = json_parse(answer.text, answer.length, json_type_object);
    return *ret ? 0 : -EBADMSG;
}

int health_ask(const struct health_question *question, json_object **ret, char **ret_why)
{
    CLEANUP_FREE char *program = text_format("%s/health", question->programs);
    CLEANUP_FREE char **arguments = calloc(FIXED + question->n, sizeof *arguments);
    size_t n = 0;
    if (!program || !arguments)
        return -ENOMEM;
    arguments[n++] = (char *)"health";
    if (question->root) {
        arguments[n++] = (char *)"--root";
        arguments[n++] = (char *)question->root;
    }
    arguments[n++] = (char *)question->section;
    for (size_t i = 0; i < question->n; i++)
        arguments[n++] = question->arguments[i];
    int r = run(program, arguments, ret);
    if (r < 0)
        *ret_why = text_format("%s: %s", program, strerrordesc_np(-r));
    return r;
}
