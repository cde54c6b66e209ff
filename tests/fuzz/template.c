// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the filling of forms: a city's own form is somebody else's file.
#include "report/template.h"

#include <string.h>

static const char document[] =
    "{\"a\":\"<x>\",\"b\":{\"c\":\"=1\"},\"l\":[{\"n\":1},{\"n\":\"\"}],\"w\":[\"x\",\"y\"],"
    "\"t\":true,\"f\":false,\"z\":null,\"i\":7}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_FREE char *template = strndup((const char *)data, size);
    CLEANUP_JSON json_object *object = json_parse(document, strlen(document), json_type_object);
    if (!template || !object)
        abort();
    for (enum template_form form = TEMPLATE_HTML; form <= TEMPLATE_CSV; form++) {
        CLEANUP_FREE char *text = NULL;
        struct template_mistake mistake = {0};
        int r = template_render(template, object, form, &text, &mistake);
        if (r == 0 ? !text : text || (mistake.line == 0 && mistake.what[0] != '\0'))
            abort();
    }
    return 0;
}
