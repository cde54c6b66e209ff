// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of rules: read from the kernel, and compared with those that should be there.
#include "enforce/audit-rules.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

// ---- Lists -------------------------------------------------------------------------------------
void audit_rules_clear(struct audit_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        free(rules->items[i]);
    free(rules->items);
    *rules = (struct audit_rules){0};
}

int audit_rules_append(struct audit_rules *rules, struct audit_rule_data *rule)
{
    struct audit_rule_data **items = reallocarray(rules->items, rules->n + 1, sizeof *items);
    if (!items) {
        free(rule);
        return -ENOMEM;
    }
    rules->items = items;
    items[rules->n++] = rule;
    return 0;
}

// ---- Reading -----------------------------------------------------------------------------------
static bool has_text(uint32_t field)
{
    return field == AUDIT_WATCH || field == AUDIT_DIR || field == AUDIT_FILTERKEY ||
           field == AUDIT_EXE || (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
           (field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH);
}

// The text of the first such field and its length; NULL if there is none within the rule.
static const char *find_text(const struct audit_rule_data *rule, uint32_t field, size_t *ret_length)
{
    size_t offset = 0;
    for (uint32_t i = 0; i < rule->field_count; i++) {
        if (!has_text(rule->fields[i]))
            continue;
        if (rule->values[i] > rule->buflen - offset)
            return NULL;
        if (rule->fields[i] == field) {
            *ret_length = rule->values[i];
            return rule->buf + offset;
        }
        offset += rule->values[i];
    }
    return NULL;
}

int audit_rule_copy(const void *data, size_t length, struct audit_rule_data **ret)
{
    struct audit_rule_data head;
    if (length < sizeof head)
        return -EBADMSG;
    memcpy(&head, data, sizeof head);
    if (head.field_count > AUDIT_MAX_FIELDS || head.buflen > length - sizeof head)
        return -EBADMSG;
    struct audit_rule_data *rule = malloc(sizeof head + head.buflen);
    if (!rule)
        return -ENOMEM;
    memcpy(rule, data, sizeof head + head.buflen);
    *ret = rule;
    return 0;
}

size_t audit_rule_length(const struct audit_rule_data *rule)
{
    return sizeof *rule + rule->buflen;
}

static bool has_key(const struct audit_rule_data *rule, const char *key)
{
    size_t length;
    const char *text = find_text(rule, AUDIT_FILTERKEY, &length);
    return text && length == strlen(key) && memcmp(text, key, length) == 0;
}

bool audit_rule_is_ours(const struct audit_rule_data *rule)
{
    return has_key(rule, TRAIL_KEY_FILES) || has_key(rule, TRAIL_KEY_MEDIUM) ||
           has_key(rule, TRAIL_KEY_REFUSED);
}

bool audit_rule_is_for_uring(const struct audit_rule_data *rule)
{
    return rule->flags == AUDIT_FILTER_URING_EXIT;
}

char *audit_rule_folder(const struct audit_rule_data *rule)
{
    size_t length;
    const char *text = find_text(rule, AUDIT_DIR, &length);
    return text ? strndup(text, length) : NULL;
}

bool audit_rule_is_same(const struct audit_rule_data *a, const struct audit_rule_data *b)
{
    return audit_rule_length(a) == audit_rule_length(b) && memcmp(a, b, audit_rule_length(a)) == 0;
}

bool audit_rules_hold(const struct audit_rules *rules, const struct audit_rule_data *rule)
{
    for (size_t i = 0; i < rules->n; i++)
        if (audit_rule_is_same(rules->items[i], rule))
            return true;
    return false;
}

// ---- Comparing ---------------------------------------------------------------------------------
void audit_difference_clear(struct audit_difference *difference)
{
    free(difference->missing);
    free(difference->surplus);
    *difference = (struct audit_difference){0};
}

// The kernel asks its rules in their order, and the first that matches decides.
static bool is_overruled(const struct audit_rules *found, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (found->items[i]->action == AUDIT_NEVER &&
            found->items[i]->flags == found->items[index]->flags)
            return true;
    return false;
}

static void find_surplus(const struct audit_rules *wanted, const struct audit_rules *found,
                         struct audit_difference *difference)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct audit_rule_data *rule = found->items[i];
        if (rule->flags == AUDIT_FILTER_TASK && rule->action == AUDIT_NEVER)
            difference->no_tasks = true;
        if (!audit_rule_is_ours(rule))
            continue;
        bool known = audit_rules_hold(wanted, rule), overruled = is_overruled(found, i);
        if (known && !overruled)
            continue;
        difference->surplus[difference->n_surplus++] = rule;
        if (!known)
            continue;
        difference->missing[difference->n_missing++] = rule;
        difference->overruled = true;
    }
}

int audit_rules_compare(const struct audit_rules *wanted, const struct audit_rules *found,
                        struct audit_difference *ret)
{
    size_t room = wanted->n + found->n + 1;
    *ret = (struct audit_difference){
        .missing = calloc(room, sizeof *ret->missing),
        .surplus = calloc(room, sizeof *ret->surplus),
    };
    if (!ret->missing || !ret->surplus) {
        audit_difference_clear(ret);
        return -ENOMEM;
    }
    find_surplus(wanted, found, ret);
    for (size_t i = 0; i < wanted->n; i++)
        if (!audit_rules_hold(found, wanted->items[i]))
            ret->missing[ret->n_missing++] = wanted->items[i];
    return 0;
}
