// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site enrol: a certificate for each workstation that asks, and none for a copy of one.
#include "cli/field.h"
#include "cli/site-parts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct request {
    const char *site;
    bool yes;
    struct passphrase_source source;
};

// One that asks.
struct asking {
    const char *path;
    struct certificate_request request;
    struct card card;
};

static void asking_clear(struct asking *asking)
{
    certificate_request_clear(&asking->request);
}

// ---- Reading -----------------------------------------------------------------------------------

// Its name and its identity stand twice: in the request, and in the note that the agent made.
static int take_note(struct asking *asking)
{
    const struct certificate_request *request = &asking->request;
    if (!request->note || !card_is_name(request->name))
        return -EBADMSG;
    int r = note_decode(request->note, &asking->card.note);
    if (r == 0 && !text_equal(request->identity, asking->card.note.ledger))
        r = -EBADMSG;
    return r;
}

static int read_asking(const char *path, struct asking *asking)
{
    CLEANUP_FREE char *pem = NULL;
    size_t length = 0;
    asking->path = path;
    int r = file_read_at(AT_FDCWD, path, CERTIFICATE_MAX, &pem, &length);
    if (r == 0)
        r = certificate_request_decode(pem, length, &asking->request);
    if (r == 0)
        r = take_note(asking);
    if (r == 0)
        r = key_digest(asking->request.key, asking->card.key);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    text_copy(asking->card.name, sizeof asking->card.name, asking->request.name);
    memcpy(asking->card.request, asking->request.digest, DIGEST_SIZE);
    return 0;
}

// ---- Judging -----------------------------------------------------------------------------------

static void print_asking(const struct asking *asking)
{
    const struct note *note = &asking->card.note;
    const struct fields fields = {.width = table_text_width(_("Fingerprint"))};
    struct ledger_head head = {.sequence = note->sequence};
    char code[40], groups[SITE_GROUPS_SIZE], created[40];
    memcpy(head.hash, note->hash, DIGEST_SIZE);
    ledger_head_code(&head, code);
    site_format_digest(asking->card.request, SITE_SHORT_GROUPS, groups);
    field_time(note->created_ns, created);
    field_print(&fields, _("PC"), TABLE_BOLD, "%s", asking->card.name);
    field_print(&fields, _("Identity"), TABLE_PLAIN, "%s", note->ledger);
    field_print(&fields, _("Asked"), TABLE_PLAIN, "%s", created);
    field_print(&fields, _("Head code"), TABLE_PLAIN, "%s", code);
    field_print(&fields, _("Fingerprint"), TABLE_PLAIN, "%s", groups);
}

static enum cli_exit refuse_copy(const struct asking *asking, const struct card *other)
{
    cli_error(&cmd_site,
              _("%s: is a copy of %s, which has its key or its ledger on other hardware. On the PC "
                "that is the copy: sudo sekisho enrol --anew. Then let it ask again"),
              asking->path, other->name);
    return CLI_REFUSED;
}

static enum cli_exit refuse_rekeyed(const struct asking *asking, const struct card *other)
{
    cli_error(&cmd_site,
              _("%s: %s was enrolled with this ledger and another key, so its key was lost or "
                "exchanged. On the PC: sudo sekisho enrol --anew. Then let it ask again"),
              asking->path, other->name);
    return CLI_REFUSED;
}

static bool is_agreed(const struct request *request, const struct card *replaced)
{
    char day[DAY_TEXT_SIZE];
    if (replaced) {
        moment_to_day(replaced->enrolled_ns, day);
        fprintf(stderr,
                _("It takes the place of %s (%s), enrolled on %s, which counts as replaced from "
                  "now on.\n"),
                replaced->name, replaced->note.ledger, day);
    }
    if (request->yes)
        return true;
    fprintf(stderr, _("Does the PC show the same head code and fingerprint? [y/N] "));
    return ask_is_agreed();
}

// ---- Issuing -----------------------------------------------------------------------------------

static int issue(const struct site_folder *folder, struct asking *asking, char **ret_pem)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    asking->card.enrolled_ns = moment_now().wall_ns;
    const struct certificate_order order = {.use = CERTIFICATE_HOST,
                                            .name = asking->card.name,
                                            .identity = asking->card.note.ledger,
                                            .key = asking->request.key,
                                            .issuer = folder->certificate,
                                            .issuer_key = folder->key,
                                            .from_ns = asking->card.enrolled_ns,
                                            .years = SITE_HOST_YEARS};
    int r = certificate_issue(&order, &certificate);
    if (r == 0)
        r = certificate_fingerprint(certificate, asking->card.certificate);
    return r < 0 ? r : certificate_encode(certificate, ret_pem);
}

// The card is what counts: a certificate without one was never handed out.
static int write_both(const struct site_folder *folder, const struct card *card, const char *pem)
{
    CLEANUP_FREE char *base = text_format(SITE_HOSTS "/%s-%s", card->name, card->note.ledger);
    CLEANUP_FREE char *certificate = base ? text_format("%s.crt", base) : NULL;
    CLEANUP_FREE char *json = base ? text_format("%s.json", base) : NULL;
    CLEANUP_FREE char *text = NULL;
    int r = certificate && json ? card_encode(card, &text) : -ENOMEM;
    if (r == 0)
        r = file_replace_at(folder->dir, certificate, 0644, pem, strlen(pem));
    return r < 0 ? r : file_replace_at(folder->dir, json, 0644, text, strlen(text));
}

static int write_inventory(const struct site_folder *folder)
{
    CLEANUP_FREE char *text = cards_to_inventory(&folder->cards);
    return text ? file_replace_at(folder->dir, SITE_INVENTORY, 0644, text, strlen(text)) : -ENOMEM;
}

static enum cli_exit issue_and_keep(struct site_folder *folder, struct asking *asking)
{
    CLEANUP_FREE char *pem = NULL;
    int r = issue(folder, asking, &pem);
    if (r == 0)
        r = write_both(folder, &asking->card, pem);
    if (r == 0)
        r = cards_add(&folder->cards, &asking->card);
    return r < 0 ? site_folder_failed(folder, SITE_HOSTS, r) : CLI_OK;
}

static void tell(const struct asking *asking, const char *result, json_object *list,
                 const struct cli_options *options)
{
    if (options->json) {
        json_object *object = json_object_new_object();
        json_add_text(object, "name", asking->card.name);
        json_add_text(object, "identity", asking->card.note.ledger);
        json_add_text(object, "result", result);
        json_object_array_add(list, object);
    } else if (text_equal(result, "enrolled")) {
        printf(_("%s is enrolled. Its certificate goes with the next bundle: sekisho site "
                 "bundle\n"),
               asking->card.name);
    } else {
        printf(_("%s is enrolled already: nothing to do.\n"), asking->card.name);
    }
}

static enum cli_exit enrol(const struct request *request, struct site_folder *folder,
                           struct asking *asking, const char **ret_result)
{
    size_t other = 0;
    enum card_finding finding = cards_judge(&folder->cards, &asking->card, &other);
    const struct card *found = finding == CARD_NEW ? NULL : &folder->cards.items[other];
    if (finding == CARD_COPY)
        return refuse_copy(asking, found);
    if (finding == CARD_REKEYED)
        return refuse_rekeyed(asking, found);
    if (finding == CARD_KNOWN) {
        *ret_result = "known";
        return CLI_OK;
    }
    if (!is_agreed(request, found)) {
        cli_error(&cmd_site, _("%s: nothing was issued"), asking->path);
        return CLI_REFUSED;
    }
    *ret_result = "enrolled";
    return issue_and_keep(folder, asking);
}

static enum cli_exit enrol_file(const struct request *request, struct site_folder *folder,
                                const char *path, json_object *list,
                                const struct cli_options *options)
{
    CLEANUP(asking_clear) struct asking asking = {0};
    const char *result = NULL;
    int r = read_asking(path, &asking);
    if (r < 0) {
        CLEANUP_FREE char *shown = text_printable(path);
        cli_error(&cmd_site, "%s: %s", shown ? shown : "",
                  r == -EBADMSG ? _("is no request of “sekisho enrol”, or was changed")
                                : strerror(-r));
        return CLI_FAILED;
    }
    if (!options->json)
        print_asking(&asking);
    (void)fflush(stdout);
    enum cli_exit status = enrol(request, folder, &asking, &result);
    if (status == CLI_OK)
        tell(&asking, result, list, options);
    return status;
}

static enum cli_exit enrol_all(const struct request *request, char *const *paths,
                               const struct cli_options *options)
{
    CLEANUP(site_folder_clear) struct site_folder folder = {.dir = -1};
    CLEANUP_JSON json_object *list = json_object_new_array();
    enum cli_exit status = site_folder_open(request->site, true, &folder);
    if (status == CLI_OK)
        status = site_folder_unlock(&folder, &request->source);
    if (status != CLI_OK)
        return status;
    for (; *paths; paths++) { // one that is refused does not hold up the others
        enum cli_exit one = enrol_file(request, &folder, *paths, list, options);
        status = status == CLI_OK ? one : status;
    }
    int r = write_inventory(&folder);
    if (r < 0)
        return site_folder_failed(&folder, SITE_INVENTORY, r);
    if (options->json)
        cli_print_json(list);
    return status;
}

// ---- The command -------------------------------------------------------------------------------

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    if (option == 's')
        request->site = optarg;
    else if (option == 'y')
        request->yes = true;
    else
        request->source.file = optarg;
    return CLI_OK;
}

enum cli_exit site_enrol(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"site", required_argument, NULL, 's'},
        {"yes", no_argument, NULL, 'y'},
        {"passphrase-file", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_site, argc, argv};
    struct request request = {0};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &request);
    if (status != CLI_OK)
        return status;
    if (!request.site || optind + 1 >= argc)
        return cli_usage(&cmd_site, _("which requests? Give at least one, and --site FOLDER"));
    if (!request.yes && (options->json || !isatty(STDIN_FILENO)))
        return cli_usage(&cmd_site, _("nobody can be asked here; say --yes"));
    return enrol_all(&request, argv + optind + 1, options);
}
