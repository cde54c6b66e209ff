// SPDX-License-Identifier: GPL-3.0-or-later
// Distinguished names: a common name and, where there is one, an identity (serialNumber).
#pragma once

#include "base/util.h"

#include <openssl/types.h>

// −EINVAL: too long, empty, or no UTF-8. `identity` may be NULL.
must_check int name_set(X509_NAME *subject, const char *name, const char *identity);
// As UTF-8; the caller frees it. −ENOENT: there is no such entry; −EBADMSG: several, or no plain
// text.
must_check int name_get(const X509_NAME *subject, int nid, char **ret);
