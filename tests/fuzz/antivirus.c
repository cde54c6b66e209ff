// SPDX-License-Identifier: GPL-3.0-or-later
// What an antivirus wrote or answered: its log, clamd's answers, the header of its definitions,
// clamd.conf; and profiles. The first byte says which.
#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/clamd-conf.h"
#include "watch/antivirus/clamd.h"
#include "watch/antivirus/definitions.h"
#include "watch/antivirus/found.h"
#include "watch/antivirus/profile-read.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Whatever stands in a log, what is said of it can be shown.
static void read_log(char *text)
{
    const struct found_options options = {.root = -1, .ours = "/probe", .signature = "Test"};
    CLEANUP_JSON json_object *detections = json_object_new_array();
    assert(found_parse(&options, text, detections) == 0);
    for (size_t i = 0; i < json_object_array_length(detections); i++) {
        json_object *one = json_object_array_get_idx(detections, i);
        const char *file = json_get_text(one, "file"), *by = json_get_text(one, "by");
        assert(json_get_text(one, "id") && json_get_text(one, "signature") && (file || by));
        CLEANUP_FREE char *printable = text_printable(file ? file : by);
        assert(text_equal(printable, file ? file : by));
    }
}

static void read_answers(const char *text)
{
    uint64_t version = 0, built_s = 0;
    char name[CLAMD_NAME_SIZE] = "";
    if (clamd_parse_version(text, &version, &built_s) == 0)
        assert(version <= UINT32_MAX);
    if (clamd_parse_scan(text, name) > 0)
        assert(memchr(name, '\0', sizeof name));
}

static void read_conf(const char *text)
{
    CLEANUP_FREE char *value = NULL;
    if (clamd_conf_find(text, "LocalSocket", &value) == 0)
        assert(value[0] != '\0' && !strchr(value, '\n'));
    (void)clamd_conf_covers(text, "OnAccessIncludePath", "/var/lib/sekisho/antivirus-probe");
}

static void read_profile(const char *text)
{
    struct profiles profiles = {0};
    struct profile profile = {.file = text_dup("/x.conf")};
    int r = profile_parse(text, &profile, &profiles);
    assert(r == (profiles.n_mistakes == 0));
    assert(r == 0 || (profile.text[PROFILE_NAME] && profile.text[PROFILE_PROGRAM][0] == '/'));
    profile_clear(&profile);
    profiles_clear(&profiles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t built_s, version;
    if (size == 0)
        return 0;
    CLEANUP_FREE char *text = strndup((const char *)data + 1, size - 1);
    if (data[0] == 'l')
        read_log(text);
    else if (data[0] == 'a')
        read_answers(text);
    else if (data[0] == 'c')
        read_conf(text);
    else if (data[0] == 'p')
        read_profile(text);
    else
        (void)!definitions_parse_header((const char *)data + 1, size - 1, &built_s, &version);
    return 0;
}
