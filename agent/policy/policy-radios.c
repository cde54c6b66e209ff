// SPDX-License-Identifier: GPL-3.0-or-later
// The list "radios" of the section "network": of which types radios may be on.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <string.h>

#define SHOWN_MAX 64

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

static void refuse(struct reader *reader, const config_setting_t *setting, const char *what,
                   char *remedy)
{
    const char *value = config_setting_get_string(setting);
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), SHOWN_MAX);
    reader_mistake(reader, setting, shown ? text_format(_("“%s” %s"), shown, what) : NULL, remedy);
}

static void refuse_word(struct reader *reader, const config_setting_t *setting, const char *value)
{
    const char *meant = find_meant(value);
    refuse(reader, setting, _("is no kind of radio"),
           meant
               ? text_format(_("did you mean “%s”?"), meant)
               : strdup(_("write \"wifi\", \"bluetooth\", \"wwan\", \"uwb\", \"wimax\", \"fm\" or "
                          "\"nfc\"")));
}

static void read_radio(struct reader *reader, const config_setting_t *element)
{
    enum radio_type type;
    uint32_t *radios = &reader->policy->network.radios;
    const char *value = reader_string(reader, element);
    if (!value)
        return;
    if (radio_type_from_str(value, &type) < 0 || type == RADIO_UNKNOWN)
        refuse_word(reader, element, value);
    else if (type == RADIO_GPS)
        refuse(reader, element, _("only receives, and needs no permission"),
               strdup(_("take it out of the list")));
    else if (*radios & 1U << type)
        refuse(reader, element, _("stands twice in the list"), strdup(_("keep one of the two")));
    else
        *radios |= 1U << type;
}

// A list in another file adds to this one.
void network_read_radios(struct reader *reader, const config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    (void)field;
    if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
        reader_wrong_type(reader, setting, _("a list of radios: [\"wifi\", \"bluetooth\"]"));
        return;
    }
    for (int i = 0; i < config_setting_length(setting) && reader->r == 0; i++)
        read_radio(reader, config_setting_get_elem(setting, (unsigned)i));
}
