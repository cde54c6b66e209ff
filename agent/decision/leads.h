// SPDX-License-Identifier: GPL-3.0-or-later
// Settings that lead out of the air gap although no link breaks it. Pure. Clause 5 (1).
#pragma once

#include "policy/airgap.h"

// Each: *ret is the first such setting, printable, or NULL if there is none; the caller frees it.
// −ENOMEM.

// A name server in the text of a resolv.conf(5) that is neither this computer nor a peer by
// port 53.
must_check int leads_find_resolver(const char *text, const struct airgap *airgap, char **ret);
// A proxy in the text of /etc/environment (pam_env(8)): http_proxy and its like, in capitals too.
// It is there to lead on, so it makes no difference where it is.
must_check int leads_find_proxy(const char *text, char **ret);
