// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "pam": what the services that let somebody in ask for.
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 8
#define FOLDER "/etc/pam.d"

// What a person meets first: consoles, display managers, screen lockers, and ways to other rights.
static const char *const services[] = {
    "common-auth", "login", "sshd", "su",           "sudo",         "gdm-password",      "lightdm",
    "sddm",        "lxdm",  "kde",  "xscreensaver", "light-locker", "xfce4-screensaver", "polkit-1",
};

struct stack {
    struct sight *sight;
    json_object *lines;
    const char *path;
    unsigned depth;
};

static void read_service(struct stack *stack, const char *name);

static bool is_control_of_include(const char *control)
{
    return strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0;
}

// "[success=1 default=ignore]" is one control; anything else is a word.
static bool take_control(const char **line, char ret[WORDS_SIZE])
{
    const char *p = words_skip_space(*line);
    if (*p != '[') {
        *line = p;
        return words_next(line, ret);
    }
    size_t length = strcspn(p, "]");
    if (p[length] != ']' || length >= WORDS_SIZE - 1)
        return false;
    memcpy(ret, p, length + 1);
    ret[length + 1] = '\0';
    *line = p + length + 1;
    return true;
}

static bool takes_empty(const char *arguments)
{
    char word[WORDS_SIZE];
    while (words_next(&arguments, word))
        if (text_equal(word, "nullok") || text_equal(word, "nullok_secure"))
            return true;
    return false;
}

static void add(struct stack *stack, const char *control, const char *module, const char *arguments)
{
    json_object *entry = json_object_new_object();
    sight_add_text(entry, "control", control);
    sight_add_text(entry, "module", text_basename(module));
    if (takes_empty(arguments))
        json_add_bool(entry, "nullok", true);
    sight_append(stack->sight, stack->lines, entry, stack->path);
}

// Without the type and the "-" that may stand before it.
static void take_auth(struct stack *stack, const char *line)
{
    char control[WORDS_SIZE], module[WORDS_SIZE];
    if (!take_control(&line, control) || !words_next(&line, module))
        sight_note(stack->sight, stack->path, -EBADMSG);
    else if (is_control_of_include(control))
        read_service(stack, module);
    else
        add(stack, control, module, line);
}

static void take_line(struct stack *stack, const char *line)
{
    char word[WORDS_SIZE];
    if (line[0] == '#' || !words_next(&line, word))
        return;
    if (text_equal(word, "@include")) {
        if (words_next(&line, word))
            read_service(stack, word);
        return;
    }
    if (strcasecmp(word[0] == '-' ? word + 1 : word, "auth") == 0)
        take_auth(stack, line);
}

static void read_text(struct stack *stack, const char *text)
{
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    while (words_line(&text, true, line, &cut))
        take_line(stack, line);
    if (cut)
        sight_note(stack->sight, stack->path, -E2BIG);
}

// What one includes stands in the place of the line that does so.
static void read_service(struct stack *stack, const char *name)
{
    CLEANUP_FREE char *path = name[0] == '/' ? text_dup(name) : text_format(FOLDER "/%s", name);
    CLEANUP_FREE char *text = NULL;
    struct stack inner = *stack;
    if (!path) {
        stack->sight->r = -ENOMEM;
        return;
    }
    inner.path = path;
    if (++inner.depth > DEPTH_MAX)
        sight_note(stack->sight, path, -ELOOP);
    else if (sight_read_needed(stack->sight, path, &text) == 0)
        read_text(&inner, text);
}

static void look_at_service(struct sight *sight, json_object *all, const char *name)
{
    CLEANUP_FREE char *path = text_format(FOLDER "/%s", name);
    if (!path) {
        sight->r = -ENOMEM;
        return;
    }
    if (!sight_has(sight, path))
        return;
    json_object *entry = json_object_new_object();
    json_add_text(entry, "service", name);
    struct stack stack = {.sight = sight, .path = path};
    stack.lines = sight_array(sight, entry, "auth");
    read_service(&stack, name);
    sight_append(sight, all, entry, path);
}

// "services": [{"service", "auth": [{"control", "module", "nullok"}]}], includes in their place.
void posture_look_at_pam(struct sight *sight)
{
    json_object *all = sight_array(sight, sight->topic, "services");
    (void)sight_has_needed(sight, FOLDER "/common-auth");
    for (size_t i = 0; i < ELEMENTS(services); i++)
        look_at_service(sight, all, services[i]);
}
