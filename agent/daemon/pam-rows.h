// SPDX-License-Identifier: GPL-3.0-or-later
// Refusals as rows: login.refused, object as of the trail's rows of logins ("sshd", "login tty1"),
// outcome "refused", or "observed" for one that was let in all the same. details: service,
// terminal, address, account, reason (roster_verdict_to_str()). The same again within ten seconds
// is no second row here: the trail of the audit log has each refusal, and each login.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "fact/login_question.h"

struct pam_rows;
must_check int pam_rows_new(struct recorder *recorder, const struct places *places,
                            struct pam_rows **ret);
void pam_rows_free(struct pam_rows *rows);

// `pid`: of the process that asked.
void pam_rows_put(struct pam_rows *rows, const struct login_question *question,
                  const struct roster_answer *answer, uint32_t pid);
// Does a row tell that this process was refused this account, about then? What was only observed
// was not refused.
bool pam_rows_have(const struct pam_rows *rows, uint32_t pid, const char *account,
                   uint64_t wall_ns);
