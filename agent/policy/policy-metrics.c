// SPDX-License-Identifier: GPL-3.0-or-later
// The section "metrics": what other programs may read of this workstation's state.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define PATH_BYTES_MAX 1023
#define SUFFIX ".prom" // node_exporter reads no other names

static bool ends_in_suffix(const char *path)
{
    size_t length = strlen(path), suffix = strlen(SUFFIX);
    return length > suffix && strcmp(path + length - suffix, SUFFIX) == 0 &&
           path[length - suffix - 1] != '/';
}

static void read_textfile(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *value = reader_text(reader, setting, PATH_BYTES_MAX);
    if (!value)
        return;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), PATH_BYTES_MAX);
    if (!shown) {
        reader->r = -ENOMEM;
        return;
    }
    if (value[0] != '/' || !section_is_plain_path(value) || strcmp(shown, value) != 0)
        reader_mistake(reader, setting, text_format(_("“%s” is no plain absolute path"), shown),
                       strdup(_("write the whole path, beginning with “/”, without “..”, “.” and "
                                "“//”")));
    else if (!ends_in_suffix(value))
        reader_mistake(reader, setting, text_format(_("“%s” does not end in “%s”"), shown, SUFFIX),
                       strdup(_("node_exporter reads no other files of its textfile folder")));
    else if (text_set(field, value) < 0)
        reader->r = -ENOMEM;
}

static const struct key metrics_keys[] = {
    {"textfile", read_textfile, offsetof(struct policy, metrics_textfile), .once = true},
};
const struct key_table section_metrics = {"metrics", metrics_keys, ELEMENTS(metrics_keys)};
