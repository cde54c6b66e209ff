// SPDX-License-Identifier: GPL-3.0-or-later
// The signed manifest of a sealed package: manifest.cms.
#pragma once

#include "report/manifest.h"
#include "site/enrolled.h"

// Signs and writes it, atomic and durable. `folder`: descriptor of the package's folder.
must_check int sealed_manifest_write(int folder, const struct manifest *manifest,
                                     const struct enrolled *enrolled);

// −ENOENT: there is none; −EBADMSG: no message with a signature that holds. Whether its content is
// a manifest, sealed_manifest_decode() says.
must_check int sealed_manifest_read(int folder, struct envelope_signed *ret);
must_check int sealed_manifest_decode(const struct envelope_signed *message, struct manifest *ret);
