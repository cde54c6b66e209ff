# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions for a real clamd: a CUD, ClamAV's container without a signature, of any build date. clamd loads it and
tells its version and date as of a signed one."""

import hashlib
import io
import tarfile
import time

HEADER_SIZE = 512
LEVEL = 216  # functionality level: what clamd 1.4 knows


def container(signatures, version, built_s):
    """`signatures`: lines of an .ndb file."""
    when = time.strftime("%d %b %Y %H-%M +0000", time.gmtime(built_s))
    begin = f"ClamAV-VDB:{when}:{version}:{len(signatures.splitlines())}:{LEVEL}"
    content = signatures.encode()
    info = (f"{begin}:X:X:tests:{built_s}\n"
            f"daily.ndb:{len(content)}:{hashlib.sha256(content).hexdigest()}\n").encode()
    body = _archive({"COPYING": b"none\n", "daily.info": info, "daily.ndb": content})
    header = f"{begin}:{hashlib.md5(body).hexdigest()}:X:tests:{built_s}"
    return header.ljust(HEADER_SIZE).encode() + body


def _archive(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()
