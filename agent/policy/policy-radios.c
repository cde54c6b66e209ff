// SPDX-License-Identifier: GPL-3.0-or-later
// The list "radios" of the section "network": of which types radios may be on.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <string.h>

// What may be named. A GPS receiver sends nothing, and is never blocked.
static const char *const words[] = {"wifi", "bluetooth", "uwb", "wimax", "wwan", "fm", "nfc"};

// Radios have more names than one. “wwan” is so near to “wlan” that the nearest word would not do.
static const char *find_meant(const char *value)
{
    static const char *const others[][2] = {
        {"wlan", "wifi"},     {"wi-fi", "wifi"}, {"ultrawideband", "uwb"}, {"bt", "bluetooth"},
        {"cellular", "wwan"}, {"lte", "wwan"},   {"mobile", "wwan"},
    };
    for (size_t i = 0; i < ELEMENTS(others); i++)
        if (strcasecmp(value, others[i][0]) == 0)
            return others[i][1];
    return nearest_word(value, words, ELEMENTS(words));
}

static void refuse_word(struct reader *reader, const config_setting_t *setting, const char *value)
{
    const char *meant = find_meant(value);
    reader_refuse(
        reader, setting, _("is no kind of radio"),
        meant ? text_format(_("did you mean “%s”?"), meant)
              : strdup(_("write \"wifi\", \"bluetooth\", \"wwan\", \"uwb\", \"wimax\", \"fm\" or "
                         "\"nfc\"")));
}

static void read_radio(struct reader *reader, const config_setting_t *element, void *field)
{
    enum radio_type type;
    uint32_t *radios = &reader->policy->network.radios;
    (void)field;
    const char *value = reader_string(reader, element);
    if (!value)
        return;
    if (radio_type_from_str(value, &type) < 0 || type == RADIO_UNKNOWN)
        refuse_word(reader, element, value);
    else if (type == RADIO_GPS)
        reader_refuse(reader, element, _("only receives, and needs no permission"),
                      strdup(_("take it out of the list")));
    else if (*radios & 1U << type)
        reader_refuse_twin(reader, element);
    else
        *radios |= 1U << type;
}

// A list in another file adds to this one.
void network_read_radios(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (reader_is_list(reader, setting, _("a list of radios: [\"wifi\", \"bluetooth\"]")))
        reader_read_each(reader, setting, read_radio, field);
}
