// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes what a caller on the bus can hand in. sd-bus itself reads the wire format, so the input is
// a small program that builds a message: the first letter picks the method's signature, then values
// in order. Texts end at ';'. In a variant: '{' an object of keys and variants up to '}', '[' an
// array up to ']', otherwise a letter of D-Bus's types and its bytes.
#include "base/json.h"
#include "base/text.h"
#include "bus/arguments.h"
#include "bus/bus.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define DEPTH_MAX 30 // deeper than what is accepted

struct builder {
    sd_bus_message *message;
    const uint8_t *p, *end;
    unsigned depth;
};

static uint8_t take_byte(struct builder *builder)
{
    return builder->p < builder->end ? *builder->p++ : 0;
}

static bool is_at(struct builder *builder, uint8_t byte)
{
    if (builder->p < builder->end && *builder->p != byte)
        return false;
    (void)take_byte(builder); // or the input has ended, which closes all
    return true;
}

static uint64_t take_number(struct builder *builder)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | take_byte(builder);
    return value;
}

static int append_text(struct builder *builder, char type)
{
    size_t length = 0, left = (size_t)(builder->end - builder->p);
    while (length < left && builder->p[length] != ';')
        length++;
    CLEANUP_FREE char *text = strndup((const char *)builder->p, length);
    builder->p += length + (length < left);
    return text ? sd_bus_message_append_basic(builder->message, type, text) : -ENOMEM;
}

static int append_variant(struct builder *builder);

static int append_parts(struct builder *builder, bool is_object)
{
    int r = sd_bus_message_open_container(builder->message, 'a', is_object ? "{sv}" : "v");
    while (r >= 0 && !is_at(builder, is_object ? '}' : ']')) {
        if (is_object)
            r = sd_bus_message_open_container(builder->message, 'e', "sv");
        if (r >= 0 && is_object)
            r = append_text(builder, 's');
        if (r >= 0)
            r = append_variant(builder);
        if (r >= 0 && is_object)
            r = sd_bus_message_close_container(builder->message);
    }
    return r < 0 ? r : sd_bus_message_close_container(builder->message);
}

static int append_nested(struct builder *builder, bool is_object)
{
    if (++builder->depth > DEPTH_MAX)
        return -EMSGSIZE;
    int r = sd_bus_message_open_container(builder->message, 'v', is_object ? "a{sv}" : "av");
    if (r >= 0)
        r = append_parts(builder, is_object);
    builder->depth--;
    return r < 0 ? r : sd_bus_message_close_container(builder->message);
}

static int append_basic(struct builder *builder, char type)
{
    const char contents[] = {type, '\0'};
    int r = sd_bus_message_open_container(builder->message, 'v', contents);
    if (r >= 0 && strchr("sog", type)) {
        r = append_text(builder, type);
    } else if (r >= 0) {
        uint64_t value = take_number(builder);
        const int flag = value & 1;
        r = sd_bus_message_append_basic(builder->message, type,
                                        type == 'b' ? (const void *)&flag : &value);
    }
    return r < 0 ? r : sd_bus_message_close_container(builder->message);
}

static int append_variant(struct builder *builder)
{
    char letter = (char)take_byte(builder);
    if (letter == '{' || letter == '[')
        return append_nested(builder, letter == '{');
    if (letter == 'w')
        return sd_bus_message_append(builder->message, "v", "(ss)", "a", "b");
    if (letter == 'a')
        return sd_bus_message_append(builder->message, "v", "as", 1, "a");
    return letter && strchr("bynqiuxtdsog", letter) ? append_basic(builder, letter) : -EINVAL;
}

static int append_all(struct builder *builder, const char *signature)
{
    int r = 0;
    for (const char *s = signature; *s && r >= 0; s++) {
        const int flag = take_byte(builder) & 1;
        if (*s == 's')
            r = append_text(builder, 's');
        else if (*s == 'b')
            r = sd_bus_message_append_basic(builder->message, 'b', &flag);
        else
            return append_parts(builder, true);
    }
    return r;
}

// ---- What must hold ----------------------------------------------------------------------------

static void expect_printable(const char *text)
{
    CLEANUP_FREE char *printable = text_printable(text);
    if (!printable || strcmp(printable, text) != 0)
        abort();
}

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static sd_bus_message *new_message(sd_bus *bus)
{
    sd_bus_message *message = NULL;
    if (sd_bus_message_new_method_call(bus, &message, "a.b", "/", "a.b", "C") < 0)
        abort();
    return message;
}

static void seal(sd_bus_message *message)
{
    if (sd_bus_message_seal(message, 1, 0) < 0 || sd_bus_message_rewind(message, 1) < 0)
        abort();
}

// A document that came in is the same after it went out.
static void expect_round_trip(sd_bus *bus, json_object *document)
{
    CLEANUP(message_unref_p) sd_bus_message *message = new_message(bus);
    CLEANUP_JSON json_object *again = NULL;
    if (bus_append_json(message, document) < 0)
        abort();
    seal(message);
    if (bus_read_json(message, &again) < 0 ||
        strcmp(json_object_to_json_string(again), json_object_to_json_string(document)) != 0)
        abort();
}

static void expect_sound(sd_bus *bus, const struct arguments *arguments)
{
    for (size_t i = 0; i < ARGUMENT_TEXTS_MAX; i++)
        if (arguments->texts[i])
            expect_printable(arguments->texts[i]);
    if (!arguments->document)
        return;
    const char *json = json_object_to_json_string_ext(
        arguments->document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    expect_printable(json);
    expect_round_trip(bus, arguments->document);
}

// One connection to nobody, for all inputs.
static sd_bus *get_bus(void)
{
    static sd_bus *bus;
    int fds[2];
    if (bus)
        return bus;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || sd_bus_new(&bus) < 0 ||
        sd_bus_set_fd(bus, fds[0], fds[0]) < 0 || sd_bus_start(bus) < 0)
        abort();
    return bus;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const signatures[] = {"s", "ssb", "sa{sv}", "ssa{sv}"};
    CLEANUP(arguments_clear) struct arguments arguments = {0};
    CLEANUP(message_unref_p) sd_bus_message *message = new_message(get_bus());
    struct builder builder = {.message = message, .p = data, .end = data + size};
    const char *signature = signatures[take_byte(&builder) % ELEMENTS(signatures)];
    if (append_all(&builder, signature) < 0)
        return 0;
    seal(message);
    if (arguments_read(message, signature, &arguments) == 0)
        expect_sound(get_bus(), &arguments);
    return 0;
}
