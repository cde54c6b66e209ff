// SPDX-License-Identifier: GPL-3.0-or-later
// What clamd answers: which definitions it has loaded, whether it finds a test file and lets a
// clean one pass. That it answers a PING would say nothing of either.
#include "watch/antivirus/gather-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/clamd-conf.h"
#include "watch/antivirus/clamd.h"
#include "watch/antivirus/eicar.h"

#include <errno.h>
#include <string.h>

#define CONF_MAX (256 * 1024)
#define INIT 1 // a socket that systemd listens at is its

static char *socket_path(const struct product *product)
{
    const char *config = product_text(product, PROFILE_SOCKET_CONFIG);
    const char *fallback = product_text(product, PROFILE_SOCKET_PATH);
    CLEANUP_FREE char *text = NULL;
    char *path = NULL;
    if (config && file_read_at(product->root, config + 1, CONF_MAX, &text, NULL) == 0 &&
        clamd_conf_find(text, "LocalSocket", &path) == 0 && path[0] == '/')
        return path;
    free(path);
    return text_dup(fallback);
}

// ---- VERSION, STATS ----------------------------------------------------------------------------

static int ask_version(const struct product *product, const struct clamd *clamd,
                       json_object *engine)
{
    CLEANUP_FREE char *answer = NULL;
    uint64_t version = 0, built_s = 0;
    uint32_t peer = 0;
    int r = clamd_ask(clamd, "VERSION", &answer, &peer);
    if (r < 0)
        return r;
    CLEANUP_FREE char *shown = text_escape(answer, strlen(answer), 128);
    json_add_text(engine, "answer", shown);
    if (peer > INIT && peer != product->process.pid &&
        process_is_other(product->proc, peer, product_text(product, PROFILE_PROCESS)))
        json_add_number(engine, "other_process", peer);
    r = clamd_parse_version(answer, &version, &built_s);
    if (r == -ENODATA)
        return 0;
    if (r == 0) {
        json_add_number(engine, "version", version);
        json_add_number(engine, "built_s", built_s);
    }
    return r;
}

// "STATE: VALID PRIMARY", "QUEUE: 0 items"
static char *value_of(const char *answer, const char *name)
{
    const char *line = strstr(answer, name);
    if (!line)
        return NULL;
    line += strlen(name);
    return text_escape(line, strcspn(line, "\n"), 64);
}

static int ask_stats(const struct clamd *clamd, json_object *engine)
{
    CLEANUP_FREE char *answer = NULL;
    int r = clamd_ask(clamd, "STATS", &answer, NULL);
    if (r < 0)
        return r;
    CLEANUP_FREE char *state = value_of(answer, "STATE: ");
    CLEANUP_FREE char *queue = value_of(answer, "QUEUE: ");
    json_add_text(engine, "state", state);
    json_add_text(engine, "queue", queue);
    return 0;
}

// ---- INSTREAM ----------------------------------------------------------------------------------

static int prove(const struct clamd *clamd, json_object *proof)
{
    static const char clean[] = "sekisho: a clean text, which nothing may be found in\n";
    char test[EICAR_SIZE], name[CLAMD_NAME_SIZE] = "";
    eicar_make(test);
    int r = clamd_scan(clamd, test, sizeof test, name);
    explicit_bzero(test, sizeof test);
    if (r < 0)
        return r;
    json_add_text(proof, "test", r > 0 ? "found" : "missed");
    json_add_text(proof, "signature", r > 0 ? name : NULL);
    r = clamd_scan(clamd, clean, strlen(clean), name);
    if (r < 0)
        return r;
    json_add_text(proof, "clean", r > 0 ? "flagged" : "passed");
    return 0;
}

// ---- All of it ---------------------------------------------------------------------------------

static void converse(const struct product *product, const struct clamd *clamd, json_object *engine,
                     json_object *proof)
{
    int r = ask_version(product, clamd, engine);
    if (r == 0)
        r = ask_stats(clamd, engine);
    if (r < 0) { // one that hangs is not asked four times
        gather_error(engine, r);
        gather_error(proof, r);
        return;
    }
    r = prove(clamd, proof);
    if (r < 0)
        gather_error(proof, r);
}

void gather_engine(struct product *product)
{
    if (!product_text(product, PROFILE_SOCKET_PATH))
        return;
    json_object *engine = json_section(product->facts, "engine");
    json_object *proof = json_section(product->facts, "proof");
    CLEANUP_FREE char *path = socket_path(product);
    CLEANUP_FREE char *shown = path ? text_escape(path, strlen(path), 256) : NULL;
    json_add_text(engine, "socket", shown);
    // Where systemd listens for clamd, connecting would start it.
    if (!path || !product->runs) {
        gather_error(engine, path ? -ESRCH : -ENOMEM);
        gather_error(proof, path ? -ESRCH : -ENOMEM);
        return;
    }
    converse(product, &(struct clamd){product->root, path}, engine, proof);
}
