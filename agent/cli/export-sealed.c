// SPDX-License-Identifier: GPL-3.0-or-later
// Makes ready for a sealed package.
#include "cli/export-sealed.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/report-form.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define SCRATCH "export"

void export_sealed_clear(struct export_sealed *sealed)
{
    enrolled_clear(&sealed->enrolled);
    free(sealed->scratch);
    free(sealed->report);
    if (sealed->lock >= 0)
        (void)close(sealed->lock);
    *sealed = (struct export_sealed){.lock = -1};
}

// ---- Keys --------------------------------------------------------------------------------------

static enum cli_exit keys_failed(const struct export_month *month, int r, const char *file)
{
    CLEANUP_FREE char *path = text_format("%s/" ENROLLED_FOLDER "/%s", month->state, file);
    if (r == -EACCES && geteuid() != 0) {
        cli_error(&cmd_export, _("only root may export, because the package is signed with this "
                                 "PC's key; use sudo"));
        return CLI_REFUSED;
    }
    if (!path || r == -ENOMEM)
        return cli_read_failed(&cmd_export, r, file);
    cli_error(&cmd_export,
              r == -ENODATA ? _("%s: is missing; ask for the site's bundle again, see “man "
                                "sekisho-enrol”")
              : r == -EKEYREJECTED ? _("%s: does not belong to this PC's enrolment; ask for the "
                                       "site's bundle again, see “man sekisho-enrol”")
              : r == -EBADMSG      ? _("%s: is damaged, or was not issued by the site; ask for the "
                                            "site's bundle again, see “man sekisho-enrol”")
                                   : _("%s: can't be read"),
              path);
    return CLI_FAILED;
}

static enum cli_exit read_keys(const struct export_month *month, int state,
                               struct export_sealed *ret)
{
    char file[ENROLLED_FILE_SIZE];
    int r = enrolled_read_at(state, &ret->enrolled, file);
    ret->is_enrolled = r == 0;
    return r == 0 || r == -ENOENT ? CLI_OK : keys_failed(month, r, file);
}

// ---- Scratch -----------------------------------------------------------------------------------

// What a killed export has left there goes, too.
static int open_scratch(int state, struct export_sealed *ret)
{
    int r = file_open_dir_at(state, SCRATCH, 0700, &ret->lock);
    if (r < 0)
        return r;
    if (flock(ret->lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return file_remove_entries(ret->lock, ".", NULL, NULL);
}

static enum cli_exit take_scratch(const struct export_month *month, int state,
                                  struct export_sealed *ret)
{
    ret->scratch = text_format("%s/" SCRATCH, month->state);
    int r = ret->scratch ? open_scratch(state, ret) : -ENOMEM;
    if (r == -EBUSY) {
        cli_error(&cmd_export, _("another export is going on; try again when it has ended"));
        return CLI_FAILED;
    }
    return r < 0 ? cli_read_failed(&cmd_export, r, ret->scratch ? ret->scratch : month->state)
                 : CLI_OK;
}

// ---- Report ------------------------------------------------------------------------------------

static enum cli_exit make_report(const struct export_month *month, struct export_sealed *ret)
{
    static const char language[] = "ja"; // the city reads it
    CLEANUP(report_material_clear_p) struct report_material material = {0};
    CLEANUP_FREE char *folder = text_format("%s/ledger", month->state);
    int r = folder ? report_gather(folder, month->month, &material) : -ENOMEM;
    if (r < 0)
        return cli_read_failed(&cmd_export, r, folder ? folder : month->state);
    const struct report_form form = {language, "html", month->template};
    CLEANUP_JSON json_object *document = report_describe(&material, language);
    return document ? report_fill(&cmd_export, &form, document, &ret->report)
                    : cli_read_failed(&cmd_export, -ENOMEM, folder);
}

enum cli_exit export_sealed_prepare(const struct export_month *month, struct export_sealed *ret)
{
    CLEANUP_CLOSE int state = open(month->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state < 0)
        return cli_read_failed(&cmd_export, -errno, month->state);
    enum cli_exit status = read_keys(month, state, ret);
    if (status != CLI_OK || !ret->is_enrolled)
        return status;
    status = take_scratch(month, state, ret);
    return status == CLI_OK ? make_report(month, ret) : status;
}
