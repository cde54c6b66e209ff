#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second verifier of packages, written from agent/report/PACKAGE.md alone. What CSV and JSON Lines say is
not compared."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

import verify

PART_MAX, CONTENT_MAX, PARTS_MAX, MANIFEST_MAX = 8_388_608, 8_323_072, 999, 524_288
KEYS = {"format": str, "tool": str, "host": str, "ledger": str, "month": str, "partial": bool, "time_zone": str,
        "created": str, "created_ns": int, "rows": int, "first": int, "last": int, "epoch": int, "head": str,
        "files": list}
SEALED_KEYS = KEYS | {"certificate": str, "site": str, "recipients": list}
FILES = {1: ("{month}.db", "events.csv", "events.jsonl"), 2: ("{month}.db", "report.html")}
NAMES = {1: "manifest.json", 2: "manifest.cms"}


class Malformed(Exception):
    """Not what the format says."""


# DER (X.690).

SEQUENCE, SET, OBJECT, OCTETS, INTEGER, BITS = 0x30, 0x31, 0x06, 0x04, 0x02, 0x03


@dataclass
class Value:
    tag: int
    content: bytes
    whole: bytes

    def is_object(self, dotted: str) -> bool:
        return self.tag == OBJECT and self.content == encode_object(dotted)


def encode_object(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    data = b""
    for number in (40 * first + second, *rest):
        digits = [number & 0x7f]
        while number := number >> 7:
            digits.insert(0, number & 0x7f | 0x80)
        data += bytes(digits)
    return data


def read_length(data: bytes) -> tuple[int, int]:
    """Length, and where the content begins."""
    if len(data) < 2 or data[0] & 0x1f == 0x1f:
        raise Malformed("DER: no such tag")
    if data[1] < 0x80:
        return data[1], 2
    size = data[1] & 0x7f
    digits = data[2:2 + size]
    length = int.from_bytes(digits, "big")
    if not 1 <= size <= 4 or len(digits) < size or length < 0x80 or digits[0] == 0:
        raise Malformed("DER: no such length")
    return length, 2 + size


def values(data: bytes) -> Iterator[Value]:
    while data:
        length, begin = read_length(data)
        if begin + length > len(data):
            raise Malformed("DER: cut")
        yield Value(data[0], data[begin:begin + length], data[:begin + length])
        data = data[begin + length:]


def take(data: bytes, *tags: int) -> list[Value]:
    """Exactly values of these tags."""
    found = list(values(data))
    if [value.tag for value in found] != list(tags):
        raise Malformed(f"DER: {[hex(value.tag) for value in found]}")
    return found


def content_of(data: bytes, kind: str) -> bytes:
    """What stands in a ContentInfo of this type."""
    (info,) = take(data, SEQUENCE)
    name, inner = take(info.content, OBJECT, 0xA0)
    if not name.is_object(kind):
        raise Malformed("another type of message")
    (value,) = take(inner.content, SEQUENCE)
    return value.content


def expect_algorithm(value: Value, dotted: str) -> list[Value]:
    """Its parameters."""
    name, *parameters = values(value.content)
    if not name.is_object(dotted):
        raise Malformed("another algorithm")
    return parameters


# Section 3: parts.

@dataclass
class Recipient:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def identifier(self) -> bytes:
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def read_agreement(info: Value) -> tuple[bytes, bytes, bytes, bytes]:
    """The fresh key's point, the identifier of the wrapping, for whom, the wrapped key."""
    version, origin, algorithm, keys = take(info.content, INTEGER, 0xA0, SEQUENCE, SEQUENCE)
    (fresh,) = take(origin.content, 0xA1)
    kind, point = take(fresh.content, SEQUENCE, BITS)
    expect_algorithm(kind, "1.2.840.10045.2.1")
    (wrap,) = expect_algorithm(algorithm, "1.3.132.1.11.1")
    if version.content != b"\3" or expect_algorithm(wrap, "2.16.840.1.101.3.4.1.45"):
        raise Malformed("another agreement")
    (key,) = take(keys.content, SEQUENCE)
    whom, wrapped = take(key.content, 0xA0, OCTETS)
    (identifier,) = take(whom.content, OCTETS)
    return point.content[1:], wrap.whole, identifier.content, wrapped.content


def unwrap(point: bytes, algorithm: bytes, wrapped: bytes, recipient: Recipient) -> bytes:
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    agreed = recipient.key.exchange(ec.ECDH(), peer)
    shared = algorithm + bytes.fromhex("a206040400000100")
    wrapping = hashlib.sha256(agreed + b"\0\0\0\1" + bytes([SEQUENCE, len(shared)]) + shared).digest()
    return keywrap.aes_key_unwrap(wrapping, wrapped)


def find_key(recipients: Value, recipient: Recipient) -> bytes:
    for info in values(recipients.content):
        if info.tag != 0xA1:
            raise Malformed("another kind of recipient")
        point, algorithm, identifier, wrapped = read_agreement(info)
        if identifier == recipient.identifier:
            return unwrap(point, algorithm, wrapped, recipient)
    raise Malformed("for others")


def open_part(data: bytes, recipient: Recipient) -> bytes:
    inner = content_of(data, "1.2.840.113549.1.9.16.1.23")
    version, recipients, info, mac = take(inner, INTEGER, SET, SEQUENCE, OCTETS)
    kind, algorithm, encrypted = take(info.content, OBJECT, SEQUENCE, 0x80)
    (parameters,) = expect_algorithm(algorithm, "2.16.840.1.101.3.4.1.46")
    nonce, size = take(parameters.content, OCTETS, INTEGER)
    if (version.content != b"\0" or not kind.is_object("1.2.840.113549.1.7.1") or len(nonce.content) != 12
            or size.content != b"\x10" or len(mac.content) != 16):
        raise Malformed("another form")
    try:
        key = find_key(recipients, recipient)
        return AESGCM(key).decrypt(nonce.content, encrypted.content + mac.content, None)
    except (InvalidTag, keywrap.InvalidUnwrap, ValueError) as error:
        raise Malformed("does not open") from error


# Section 3: the signed manifest.

@dataclass
class Signed:
    text: bytes
    signer: x509.Certificate
    signed_at: datetime


def check_attributes(attributes: Value, text: bytes) -> datetime:
    found = {}
    for attribute in values(attributes.content):
        name, held = take(attribute.content, OBJECT, SET)
        (value,) = values(held.content)
        found[name.content] = value
    kind, digest, time = (found.get(encode_object(f"1.2.840.113549.1.9.{n}")) for n in (3, 4, 5))
    if (kind is None or digest is None or time is None or not kind.is_object("1.2.840.113549.1.7.1")
            or digest.content != hashlib.sha256(text).digest()):
        raise Malformed("the signed attributes are not those of the content")
    form = "%y%m%d%H%M%SZ" if time.tag == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.strptime(time.content.decode("ascii"), form).replace(tzinfo=timezone.utc)


def read_signed(data: bytes) -> Signed:
    version, digests, content, certificates, signers = take(
        content_of(data, "1.2.840.113549.1.7.2"), INTEGER, SET, SEQUENCE, 0xA0, SET)
    kind, held = take(content.content, OBJECT, 0xA0)
    (text,) = take(held.content, OCTETS)
    (info,) = take(signers.content, SEQUENCE)
    (encoded,) = take(certificates.content, SEQUENCE)
    signer = x509.load_der_x509_certificate(encoded.whole)
    number, who, digest, attributes, algorithm, signature = take(
        info.content, INTEGER, SEQUENCE, SEQUENCE, 0xA0, SEQUENCE, OCTETS)
    expect_algorithm(digest, "2.16.840.1.101.3.4.2.1")
    expect_algorithm(algorithm, "1.2.840.10045.4.3.2")
    issuer, serial = take(who.content, SEQUENCE, INTEGER)
    if (version.content != b"\1" or number.content != b"\1" or not digests.content
            or not kind.is_object("1.2.840.113549.1.7.1") or issuer.whole != signer.issuer.public_bytes()
            or int.from_bytes(serial.content, "big") != signer.serial_number):
        raise Malformed("another form")
    signed_at = check_attributes(attributes, text.content)
    signer.public_key().verify(signature.content, bytes([SET]) + attributes.whole[1:], ec.ECDSA(hashes.SHA256()))
    return Signed(text.content, signer, signed_at)


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def identity_of(certificate: x509.Certificate) -> str | None:
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    return found[0].value if len(found) == 1 else None


def is_of_a_pc(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return not constraints.ca and usage.digital_signature


def has_issued(site: x509.Certificate, certificate: x509.Certificate) -> bool:
    if certificate.issuer != site.subject:
        return False
    try:
        site.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                                 ec.ECDSA(certificate.signature_hash_algorithm))
    except InvalidSignature:
        return False
    return True


# Section 1: the manifest.

def is_text(value: str) -> bool:
    return 1 <= len(value.encode()) <= 255 and value.isprintable()


def has_form(entry: object, name: str, more: tuple = ()) -> bool:
    return (isinstance(entry, dict) and set(entry) == {"name", "size", "sha256", *more} and entry["name"] == name
            and type(entry["size"]) is int and 0 <= entry["size"] < 2**63 and isinstance(entry["sha256"], str)
            and verify.is_hex(entry["sha256"], 32))


def has_parts(entry: dict) -> bool:
    parts, size = entry["parts"], entry["size"]
    return (isinstance(parts, list) and len(parts) == max(1, -(-size // CONTENT_MAX)) and len(parts) <= PARTS_MAX
            and all(has_form(part, f"{entry['name']}.{number:03}.cms") and 0 < part["size"] <= PART_MAX
                    for number, part in enumerate(parts, 1)))


def time_text(wall_ns: int) -> str:
    moment = datetime.fromtimestamp(wall_ns // 10**9, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{wall_ns % 10**9:09}Z"


def check_sealed_keys(found: dict) -> bool:
    return (all(verify.is_hex(found[key], 32) for key in ("certificate", "site"))
            and 1 <= len(found["recipients"]) <= 8
            and all(isinstance(each, str) and verify.is_hex(each, 32) for each in found["recipients"])
            and all(has_parts(entry) for entry in found["files"]))


def read_manifest(text: bytes, form: int) -> dict:
    keys = KEYS if form == 1 else SEALED_KEYS
    try:
        found = json.loads(text.decode("utf-8"))
    except ValueError as error:
        raise Malformed("no JSON") from error
    if not isinstance(found, dict) or {key: type(value) for key, value in found.items()} != keys:
        raise Malformed("other keys")
    names = [name.format(month=found["month"]) for name in FILES[form]]
    more = ("parts",) if form == 2 else ()
    numbers = (found[key] for key, kind in keys.items() if kind is int)
    if not (found["format"] == f"sekisho-package/{form}" and verify.is_month(found["month"])
            and all(is_text(found[key]) for key in ("tool", "host", "time_zone"))
            and verify.is_hex(found["ledger"], 16) and verify.is_hex(found["head"], 32)
            and all(0 <= number < 2**63 for number in numbers)
            and found["created"] == time_text(found["created_ns"]) and len(found["files"]) == len(names)
            and all(has_form(entry, name, more) for entry, name in zip(found["files"], names))
            and (form == 1 or check_sealed_keys(found))):
        raise Malformed("not as it must be")
    return found


# Section 4: verifying.

@dataclass
class Package:
    path: Path
    form: int
    faults: list[tuple[int, str]] = field(default_factory=list)  # number in section 4, file
    contents: str = "unread"
    vouched: bool = False
    ledger: dict | None = None  # what verify.verify() says

    def fault(self, number: int, name: str) -> None:
        self.faults.append((number, name))


def read_regular(path: Path, limit: int) -> bytes | None:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except FileNotFoundError:
        return None


def check_described(package: Package, entry: dict, limit: int) -> bytes | None:
    """Fault 5; the file's bytes if they are as described."""
    data = read_regular(package.path / entry["name"], limit)
    if data is None or len(data) != entry["size"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
        package.fault(5, entry["name"])
        return None
    return data


def check_strangers(package: Package, names: set[str]) -> None:
    for path in package.path.iterdir():
        if path.name not in names | {NAMES[package.form]}:
            package.fault(6, path.name)


def check_ledger(package: Package, manifest: dict, path: Path) -> None:
    """Faults 8 and 9."""
    answer = package.ledger = verify.verify([path], None, None)
    if answer["faults"]:
        package.fault(8, path.name)
        return
    base = verify.connect(path, "mode=ro&immutable=1")
    rows, first, details = base.execute(
        "SELECT count(*), min(seq), (SELECT value FROM text WHERE id = (SELECT details FROM event ORDER BY seq"
        " LIMIT 1)) FROM event").fetchone()
    base.close()
    opened = json.loads(details)
    claimed = [manifest[key] for key in ("rows", "first", "last", "epoch", "head", "host", "month", "ledger")]
    if claimed != [rows, first, answer["last"], answer["epoch"], answer["head"], opened["host"], opened["month"],
                   opened["ledger"]]:
        package.fault(9, NAMES[package.form])


def verify_plain(package: Package) -> None:
    try:
        manifest = read_manifest(read_regular(package.path / NAMES[1], MANIFEST_MAX) or b"", 1)
    except Malformed:
        package.fault(2, NAMES[1])
        return
    for entry in manifest["files"]:
        check_described(package, entry, entry["size"])
    check_strangers(package, {entry["name"] for entry in manifest["files"]})
    if not package.faults:
        package.contents = "read"
        check_ledger(package, manifest, package.path / manifest["files"][0]["name"])


def check_signer(package: Package, manifest: dict, signed: Signed, site: x509.Certificate | None) -> None:
    """Faults 3 and 4."""
    if manifest["certificate"] != fingerprint(signed.signer) or manifest["ledger"] != identity_of(signed.signer):
        package.fault(4, NAMES[2])
    if site is None:
        return
    package.vouched = has_issued(site, signed.signer) and is_of_a_pc(signed.signer)
    if not package.vouched or manifest["site"] != fingerprint(site):
        package.fault(3, NAMES[2])


def join_parts(package: Package, entry: dict, parts: list[bytes], recipient: Recipient) -> bytes | None:
    """Fault 7."""
    contents = []
    for part, data in zip(entry["parts"], parts):
        try:
            contents.append(open_part(data, recipient))
        except Malformed:
            package.fault(7, part["name"])
            return None
    whole = b"".join(contents)
    if len(whole) != entry["size"] or hashlib.sha256(whole).hexdigest() != entry["sha256"]:
        package.fault(7, entry["name"])
        return None
    return whole


def check_contents(package: Package, manifest: dict, parts: list[list[bytes]], recipient: Recipient) -> None:
    if fingerprint(recipient.certificate) not in manifest["recipients"]:
        raise verify.Unreadable(f"{package.path}: is encrypted to others")
    files = [join_parts(package, entry, found, recipient) for entry, found in zip(manifest["files"], parts)]
    if package.faults:
        return
    package.contents = "read"
    with tempfile.TemporaryDirectory() as scratch:
        ledger = Path(scratch, manifest["files"][0]["name"])
        ledger.write_bytes(files[0])
        check_ledger(package, manifest, ledger)


def read_manifest_cms(package: Package) -> tuple[dict, Signed] | None:
    """Faults 1 and 2."""
    try:
        signed = read_signed(read_regular(package.path / NAMES[2], 2 * MANIFEST_MAX) or b"")
    except (Malformed, InvalidSignature, ValueError):
        package.fault(1, NAMES[2])
        return None
    try:
        return read_manifest(signed.text, 2), signed
    except Malformed:
        package.fault(2, NAMES[2])
        return None


def verify_sealed(package: Package, site: x509.Certificate | None, recipient: Recipient | None) -> None:
    found = read_manifest_cms(package)
    if found is None:
        return
    manifest, signed = found
    check_signer(package, manifest, signed, site)
    parts = [[check_described(package, part, PART_MAX) for part in entry["parts"]] for entry in manifest["files"]]
    if recipient is not None and not package.faults:
        check_contents(package, manifest, parts, recipient)
    check_strangers(package, {part["name"] for entry in manifest["files"] for part in entry["parts"]})


def verify_package(path: Path, site: x509.Certificate | None, recipient: Recipient | None) -> Package:
    for form in (2, 1):
        if (path / NAMES[form]).is_symlink() or (path / NAMES[form]).exists():
            package = Package(path, form)
            break
    else:
        raise verify.Unreadable(f"{path}: is no package")
    if package.form == 1:
        verify_plain(package)
    else:
        verify_sealed(package, site, recipient)
    return package


# The command.

def read_recipient(key: Path, certificate: Path) -> Recipient:
    return Recipient(serialization.load_pem_private_key(key.read_bytes(), None),
                     x509.load_pem_x509_certificate(certificate.read_bytes()))


def outcome_of(package: Package) -> str:
    if package.faults:
        return "broken"
    if package.contents == "unread":
        return "unread"
    return {"open": "open-end"}.get(package.ledger["outcome"], package.ledger["outcome"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", metavar="PACKAGE", type=Path)
    parser.add_argument("--site", type=Path, help="the site's certificate")
    parser.add_argument("--private-key", type=Path, help="of a recipient, without a passphrase")
    parser.add_argument("--certificate", type=Path, help="the recipient's")
    arguments = parser.parse_args()
    site = arguments.site and x509.load_pem_x509_certificate(arguments.site.read_bytes())
    recipient = arguments.private_key and read_recipient(arguments.private_key, arguments.certificate)
    try:
        package = verify_package(arguments.package, site, recipient)
    except verify.Unreadable as error:
        print(error, file=sys.stderr)
        return 4
    print(json.dumps({"outcome": outcome_of(package), "contents": package.contents, "vouched": package.vouched,
                      "faults": package.faults}, ensure_ascii=False))
    is_judged = package.form == 1 or (package.vouched and package.contents == "read")
    return 0 if is_judged and not package.faults else 1


if __name__ == "__main__":
    sys.exit(main())
