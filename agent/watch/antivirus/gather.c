// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the antivirus products: what is installed, runs, knows, scans and found.
#include "watch/antivirus/gather.h"

#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/definitions.h"
#include "watch/antivirus/found.h"
#include "watch/antivirus/gather-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void gather_error(json_object *object, int error)
{
    const char *name = strerrorname_np(-error);
    json_add_text(object, "error", name ? name : "EIO");
}

// ---- One product -------------------------------------------------------------------------------

static void look_for_process(struct product *product)
{
    const char *program = product_text(product, PROFILE_PROCESS);
    const char *unit = product_text(product, PROFILE_UNIT);
    json_object *facts = json_section(product->facts, "process");
    if (!program) {
        gather_error(facts, -ENODATA);
        return;
    }
    json_add_text(facts, "program", program);
    json_add_text(facts, "unit", unit);
    int r =
        product->proc < 0 ? -ENOENT : process_find(product->proc, program, unit, &product->process);
    product->runs = r == 0;
    if (r < 0) {
        gather_error(facts, r);
        return;
    }
    json_add_number(facts, "pid", product->process.pid);
    json_add_number(facts, "started", product->process.started);
    if (product->process.replaced)
        json_add_bool(facts, "replaced", true);
}

static void look_at_definitions(struct product *product)
{
    const char *folder = product_text(product, PROFILE_DEFINITIONS_FOLDER);
    const char *file = product_text(product, PROFILE_DEFINITIONS_FILE);
    struct definitions found = {0};
    if (!folder && !file)
        return;
    json_object *facts = json_section(product->facts, "definitions");
    int r = folder ? definitions_read(product->root, folder, product->profile->names, &found)
                   : definitions_read_file(product->root, file, &found);
    json_add_text(facts, "place", folder ? folder : file);
    if (r < 0) {
        gather_error(facts, r);
        return;
    }
    json_add_text(facts, "file", found.file);
    json_add_text(facts, "by", found.by_header ? "header" : folder ? "newest" : "time");
    json_add_number(facts, "built_s", found.built_s);
    json_add_number(facts, "version", found.version);
    free(found.file);
}

static void look_for_scan(struct product *product)
{
    const char *log = product_text(product, PROFILE_SCAN_LOG);
    const char *stamp = product_text(product, PROFILE_SCAN_STAMP);
    uint64_t ended_s = 0;
    struct stat seen;
    if (!log && !stamp)
        return;
    json_object *facts = json_section(product->facts, "scan");
    json_add_text(facts, "log", log);
    json_add_text(facts, "stamp", stamp);
    int r = log ? found_last_scan(product->root, log, &ended_s) : -ENOENT;
    if (stamp && fstatat(product->root, stamp + 1, &seen, AT_SYMLINK_NOFOLLOW) == 0 &&
        seen.st_mtime > 0 && (uint64_t)seen.st_mtime > ended_s) {
        ended_s = (uint64_t)seen.st_mtime;
        r = 0;
    }
    if (r < 0)
        gather_error(facts, r);
    else
        json_add_number(facts, "ended_s", ended_s);
}

static void look_for_detections(struct product *product)
{
    const char *log = product_text(product, PROFILE_LOG);
    const char *second = product_text(product, PROFILE_ON_ACCESS_LOG);
    const struct found_options options = {
        .root = product->root,
        .ours = product_text(product, PROFILE_ON_ACCESS_FOLDER),
        .signature = json_get_text(json_get(product->facts, "proof"), "signature"),
    };
    if (!log)
        return;
    json_object *facts = json_section(product->facts, "found");
    json_object *detections = json_object_new_array();
    json_add(facts, "detections", detections);
    json_add_text(facts, "log", log);
    int r = found_read(&options, log, detections);
    int more = second ? found_read(&options, second, detections) : 0;
    if (r == 0 && more != -ENOENT) // one that does not scan on access has no such log
        r = more;
    if (r < 0)
        gather_error(facts, r);
}

static json_object *describe(int root, int proc, const struct profile *profile)
{
    json_object *facts = json_object_new_object();
    struct stat seen;
    struct product product = {.root = root, .proc = proc, .profile = profile, .facts = facts};
    if (!facts)
        return NULL;
    json_add_text(facts, "name", product_text(&product, PROFILE_NAME));
    json_add_text(facts, "title", product_text(&product, PROFILE_TITLE));
    json_add_text(facts, "profile", profile->file);
    json_add_bool(facts, "tried", profile->tried);
    json_add_text(facts, "program", product_text(&product, PROFILE_PROGRAM));
    bool installed = fstatat(root, product_text(&product, PROFILE_PROGRAM) + 1, &seen, 0) == 0 &&
                     S_ISREG(seen.st_mode);
    json_add_bool(facts, "installed", installed);
    if (!installed)
        return facts;
    look_for_process(&product);
    look_at_definitions(&product);
    gather_engine(&product);
    gather_on_access(&product);
    gather_command(&product);
    look_for_scan(&product);
    look_for_detections(&product);
    return facts;
}

// ---- All of them -------------------------------------------------------------------------------

static int add_products(int root, int proc, const struct profiles *profiles, json_object *document)
{
    json_object *products = json_object_new_array();
    json_add(document, "products", products);
    for (size_t i = 0; i < profiles->n; i++) {
        json_object *product = describe(root, proc, &profiles->items[i]);
        if (!product || json_object_array_add(products, product) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int add_mistakes(const struct profiles *profiles, json_object *document)
{
    json_object *mistakes = json_object_new_array();
    json_add(document, "mistakes", mistakes);
    for (size_t i = 0; i < profiles->n_mistakes; i++) {
        const struct profile_mistake *mistake = &profiles->mistakes[i];
        json_object *one = json_object_new_object();
        if (!one || json_object_array_add(mistakes, one) < 0)
            return -ENOMEM;
        json_add_text(one, "file", mistake->file);
        json_add_number(one, "line", mistake->line);
        json_add_text(one, "fault", profile_fault_to_str(mistake->fault));
        json_add_text(one, "key", mistake->key);
    }
    return 0;
}

// Whose change asks for another look.
static void add_wire(json_object *wires, const char *path)
{
    if (path && json_object_array_add(wires, json_object_new_string(path)) < 0)
        abort();
}

static void add_wires(const struct profiles *profiles, json_object *document)
{
    json_object *wires = json_object_new_array();
    json_add(document, "wires", wires);
    add_wire(wires, "/" PROFILE_VENDOR_FOLDER);
    add_wire(wires, "/" PROFILE_SITE_FOLDER);
    for (size_t i = 0; i < profiles->n; i++) {
        char *const *text = profiles->items[i].text;
        json_object *product = json_object_array_get_idx(json_get(document, "products"), i);
        if (!json_get_bool(product, "installed"))
            continue;
        add_wire(wires, text[PROFILE_DEFINITIONS_FOLDER]);
        add_wire(wires, text[PROFILE_DEFINITIONS_FILE]);
        add_wire(wires, text[PROFILE_SOCKET_CONFIG]);
        add_wire(wires, text[PROFILE_LOG]);
        add_wire(wires, text[PROFILE_SCAN_LOG]);
        add_wire(wires, text[PROFILE_SCAN_STAMP]);
    }
}

int antivirus_gather(int root, char *const arguments[], size_t n, json_object **ret)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    CLEANUP(profiles_clear) struct profiles profiles = {0};
    CLEANUP_CLOSE int proc = openat(root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)arguments, (void)n;
    if (!document)
        return -ENOMEM;
    int r = profiles_read(root, &profiles);
    if (r == 0)
        r = add_products(root, proc, &profiles, document);
    if (r == 0)
        r = add_mistakes(&profiles, document);
    if (r < 0)
        return r;
    add_wires(&profiles, document);
    *ret = TAKE_PTR(document);
    return 0;
}
