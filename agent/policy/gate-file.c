// SPDX-License-Identifier: GPL-3.0-or-later
// The gate as a file: one line with version and digest, one JSON object, and only one way to write
// each gate.
#include "base/json.h"
#include "base/text.h"
#include "policy/compiled.h"
#include "policy/gate.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MAGIC "sekisho-gate"

static const char *const rules[] = {
    [DEFAULT_ALLOW] = "allow", [DEFAULT_REFUSE] = "refuse", [DEFAULT_NAMED] = "named"};
static_assert(ELEMENTS(rules) == DEFAULT_MAX, "a name for each rule");

static const struct {
    const char *key;
    size_t offset;
} classes[] = {
    {"hubs", offsetof(struct gate, hubs)},
    {"keyboards", offsetof(struct gate, keyboards)},
    {"mice", offsetof(struct gate, mice)},
    {"other_input", offsetof(struct gate, other_input)},
};

static const struct {
    const char *key;
    size_t offset;
} cautions[] = {
    {"further_keyboards", offsetof(struct gate, further_keyboards)},
    {"keyboards_while_locked", offsetof(struct gate, keyboards_while_locked)},
};

static enum gate_caution *caution_field(const struct gate *gate, size_t i)
{
    return (enum gate_caution *)((char *)gate + cautions[i].offset);
}

static struct gate_class *class_field(const struct gate *gate, size_t i)
{
    return (struct gate_class *)((char *)gate + classes[i].offset);
}

// ---- Writing -----------------------------------------------------------------------------------
static int list_to_array(struct approval *const *list, size_t n, json_object **ret)
{
    CLEANUP_JSON json_object *array = json_object_new_array();
    if (!array)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        int r = approval_to_object(list[i], &object);
        if (r < 0)
            return r;
        if (json_object_array_add(array, object) < 0) {
            json_object_put(object);
            return -ENOMEM;
        }
    }
    *ret = TAKE_PTR(array);
    return 0;
}

static int ports_to_array(const struct gate_ports *ports, json_object **ret)
{
    CLEANUP_JSON json_object *array = json_object_new_array();
    if (!array)
        return -ENOMEM;
    for (size_t i = 0; i < ports->n; i++) {
        json_object *name = json_object_new_string(ports->names[i]);
        if (!name || json_object_array_add(array, name) < 0) {
            json_object_put(name);
            return -ENOMEM;
        }
    }
    *ret = TAKE_PTR(array);
    return 0;
}

// "allow", "refuse", or the list of the named ones.
static int class_to_value(const struct gate_class *class, json_object **ret)
{
    assert(class->rule < DEFAULT_MAX);
    if (class->rule == DEFAULT_NAMED)
        return list_to_array(class->named, class->n_named, ret);
    *ret = json_object_new_string(rules[class->rule]);
    return *ret ? 0 : -ENOMEM;
}

static int gate_to_object(const struct gate *gate, json_object **ret)
{
    json_object *value = NULL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    if (gate->clock_floor_ns > INT64_MAX)
        return -EINVAL;
    json_add_text(object, "mode", gate_mode_to_str(gate->mode));
    json_add_number(object, "clock_floor_ns", gate->clock_floor_ns);
    for (size_t i = 0; i < ELEMENTS(classes); i++) {
        int r = class_to_value(class_field(gate, i), &value);
        if (r < 0)
            return r;
        json_add(object, classes[i].key, value);
    }
    for (size_t i = 0; i < ELEMENTS(cautions); i++)
        json_add_text(object, cautions[i].key, gate_caution_to_str(*caution_field(gate, i)));
    int r = gate->ports.n > 0 ? ports_to_array(&gate->ports, &value) : 0;
    if (r < 0)
        return r;
    if (gate->ports.n > 0)
        json_add(object, "ports", value);
    r = list_to_array(gate->approvals, gate->n_approvals, &value);
    if (r < 0)
        return r;
    json_add(object, "approvals", value);
    *ret = TAKE_PTR(object);
    return 0;
}

int gate_encode(const struct gate *gate, char **ret_text, size_t *ret_length)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = gate_to_object(gate, &object);
    if (r < 0)
        return r;
    return compiled_write(MAGIC, object, GATE_FILE_MAX, ret_text, ret_length);
}

// ---- Reading -----------------------------------------------------------------------------------
static int list_from_array(json_object *array, struct gate_class *ret)
{
    size_t n = json_object_array_length(array);
    if (n > APPROVALS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        CLEANUP(approval_free_p) struct approval *approval = NULL;
        int r = approval_from_object(json_object_array_get_idx(array, i), &approval);
        if (r == 0)
            r = gate_class_add(ret, approval);
        if (r < 0)
            return r;
    }
    return 0;
}

static int class_from_value(json_object *value, struct gate_class *ret)
{
    if (json_object_is_type(value, json_type_array)) {
        ret->rule = DEFAULT_NAMED;
        return list_from_array(value, ret);
    }
    if (!json_object_is_type(value, json_type_string))
        return -EBADMSG;
    const char *word = json_object_get_string(value);
    if (!text_equal(word, rules[DEFAULT_ALLOW]) && !text_equal(word, rules[DEFAULT_REFUSE]))
        return -EBADMSG;
    ret->rule = text_equal(word, rules[DEFAULT_REFUSE]) ? DEFAULT_REFUSE : DEFAULT_ALLOW;
    return 0;
}

// Only a gate that names some has any.
static int ports_from_value(json_object *array, struct gate_ports *ret)
{
    if (!array)
        return 0;
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    size_t n = json_object_array_length(array);
    if (n > GATE_PORTS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        json_object *name = json_object_array_get_idx(array, i);
        if (!json_object_is_type(name, json_type_string) ||
            !gate_is_port_name(json_object_get_string(name)))
            return -EBADMSG;
        int r = gate_ports_add(ret, json_object_get_string(name));
        if (r < 0)
            return r;
    }
    return 0;
}

static int approvals_from_value(json_object *array, struct gate *gate)
{
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    struct gate_class list = {0};
    int r = list_from_array(array, &list);
    gate->approvals = list.named;
    gate->n_approvals = list.n_named;
    return r;
}

// What is missing, wrong or out of range is refused here; what is there twice or beside it shows
// when the gate is encoded again.
static int gate_from_object(json_object *object, struct gate *gate)
{
    const char *mode = json_get_text(object, "mode");
    if (!mode || gate_mode_from_str(mode, &gate->mode) < 0)
        return -EBADMSG;
    json_object *floor = json_get(object, "clock_floor_ns");
    if (!json_object_is_type(floor, json_type_int) || json_object_get_int64(floor) < 0)
        return -EBADMSG;
    gate->clock_floor_ns = (uint64_t)json_object_get_int64(floor);
    for (size_t i = 0; i < ELEMENTS(classes); i++) {
        int r = class_from_value(json_get(object, classes[i].key), class_field(gate, i));
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < ELEMENTS(cautions); i++) {
        const char *word = json_get_text(object, cautions[i].key);
        if (!word || gate_caution_from_str(word, caution_field(gate, i)) < 0)
            return -EBADMSG;
    }
    int r = ports_from_value(json_get(object, "ports"), &gate->ports);
    return r < 0 ? r : approvals_from_value(json_get(object, "approvals"), gate);
}

int gate_decode(const char *text, size_t length, struct gate **ret)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP_FREE char *again = NULL;
    size_t again_length = 0;
    CLEANUP_JSON json_object *object = NULL;
    int r = compiled_read(MAGIC, text, length, GATE_FILE_MAX, &object);
    if (r < 0)
        return r;
    r = gate_new_fallback(MODE_ENFORCE, &gate);
    if (r == 0)
        r = gate_from_object(object, gate);
    if (r < 0)
        return r;
    r = gate_encode(gate, &again, &again_length);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || again_length != length || memcmp(again, text, length) != 0)
        return -EBADMSG;
    *ret = TAKE_PTR(gate);
    return 0;
}
