# SPDX-License-Identifier: GPL-3.0-or-later
"""A site made with OpenSSL's own program: keys and certificates of the site, a workstation and
recipients, and the folder that an enrolled workstation has."""

import json
import shutil
import sqlite3
import subprocess

USES = {
    "site": "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,digitalSignature,keyCertSign\n",
    "host": "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n",
    "recipient": "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\n",
}
KEYS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options)


def identity_of(ledger):
    """What a ledger's file calls itself in its first row."""
    base = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    try:
        (details,) = base.execute("SELECT details FROM events ORDER BY seq LIMIT 1").fetchone()
    finally:
        base.close()
    return json.loads(details)["ledger"]


class Site:
    """All that it issues ends at once: evidence is read years later."""

    def __init__(self, folder, name="北町センター"):
        self.folder = folder
        if not folder.exists():
            folder.mkdir()
            self.make("site", "site", f"/CN={name}")

    def path(self, name):
        return self.folder / name

    def make(self, name, use, subject, passphrase=None):
        """NAME.key and NAME.crt."""
        key, request, form = self.path(f"{name}.key"), self.path(f"{name}.csr"), self.path("form")
        locked = ("-aes-256-cbc", "-pass", f"pass:{passphrase}") if passphrase else ()
        opened = ("-passin", f"pass:{passphrase}") if passphrase else ()
        form.write_text(USES[use] + KEYS, encoding="ascii")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", *locked, "-out", key)
        openssl("req", "-new", "-utf8", "-key", key, *opened, "-subj", subject, "-out", request)
        issuer = ("-signkey", key) if use == "site" else \
            ("-CA", self.path("site.crt"), "-CAkey", self.path("site.key"), "-CAcreateserial")
        openssl("x509", "-req", "-in", request, *issuer, *opened, "-days", "0", "-extfile", form,
                "-out", self.path(f"{name}.crt"))

    def enrol(self, state, host, identity, recipients):
        """STATE becomes that of an enrolled workstation; returns the folder."""
        self.make(host, "host", f"/CN={host}/serialNumber={identity}")
        place = state / "keys/site"
        (place / "recipients").mkdir(parents=True)
        place.chmod(0o700)
        for name, target in ((f"{host}.key", "host.key"), (f"{host}.crt", "host.crt"), ("site.crt", "site.crt")):
            shutil.copy(self.path(name), place / target)
        for number, name in enumerate(recipients, 1):
            shutil.copy(self.path(f"{name}.crt"), place / f"recipients/{number:02}.crt")
        return place
