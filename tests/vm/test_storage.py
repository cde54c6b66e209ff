# SPDX-License-Identifier: GPL-3.0-or-later
"""What protected folders lie on, and who may read them: real stacks on loop devices, each judged by what it
was built of. The verdicts stand here, beside the commands that build the stack."""

import datetime
import json
import re

from guest import Guest
from helpers import compiled
from scenario import ROOT, Scenario, comes_true, last_sequence, observing, rows, text_of, wait_named

PACKAGES = ("acl", "cryptsetup-bin", "fuse3", "gocryptfs", "lvm2", "mdadm")
HEALTH = "/usr/libexec/sekisho/health"
FAST = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000"  # an emulated processor opens it, too
AT_ONCE = 10  # seconds of the guest's clock, on a host that has other work: the agent looks each 60 s anyway
OK, VIOLATION, UNVERIFIED, NONE = "ok", "violation", "unverified", "not-applicable"

# Shell functions that the stacks are built with. `disk NAME MIB`: a loop device; the others print the
# device that they make.
BRICKS = f"""
set -eu
mkdir -p /var/stacks /srv
[ -e /var/stacks/key ] || head -c 64 /dev/urandom > /var/stacks/key
disk() {{ truncate -s "$2M" /var/stacks/$1.img; losetup -f --show /var/stacks/$1.img; }}
luks() {{ cryptsetup luksFormat -q --type $3 {FAST} --key-file /var/stacks/key $2 &&
         cryptsetup open --key-file /var/stacks/key $2 $1 && echo /dev/mapper/$1; }}
volume() {{ pvcreate -q -y $2 >&2 && vgcreate -q $1 $2 >&2 && lvcreate -q -y -n v -l 100%FREE $1 >&2 && echo /dev/$1/v; }}
raid() {{ name=$1; shift; mdadm --quiet --create /dev/md/$name --level=1 --raid-devices=2 --metadata=1.0 --run "$@" >&2 &&
         echo /dev/md/$name; }}
place() {{ mkfs.ext4 -q "$2" && mkdir -p /srv/$1 && mount "$2" /srv/$1; }}
"""

# (what it is, folder, commands, verdict, what the evidence has to name)
STACKS = [
    ("plain ext4", "/srv/plain", "place plain $(disk plain 32)", VIOLATION, "vda"),
    ("LUKS1", "/srv/luks1", "place luks1 $(luks one $(disk luks1 32) luks1)", OK, "(LUKS1)"),
    ("LUKS2", "/srv/luks2", "place luks2 $(luks two $(disk luks2 64) luks2)", OK, "(LUKS2)"),
    ("LVM on LUKS", "/srv/lvm-on-luks", "place lvm-on-luks $(volume above $(luks below $(disk lol 64) luks2))", OK, "(LUKS2)"),
    ("LUKS on LVM", "/srv/luks-on-lvm", "place luks-on-lvm $(luks upper $(volume lower $(disk lil 64)) luks2)", OK, "(LUKS2)"),
    ("RAID1 with one plain leg", "/srv/raid-half",
     "place raid-half $(raid half $(luks leg $(disk leg1 64) luks2) $(disk leg2 48))", VIOLATION, "(raid1)"),
    ("RAID1 of two encrypted legs", "/srv/raid-whole",
     "place raid-whole $(raid whole $(luks legA $(disk legA 64) luks2) $(luks legB $(disk legB 64) luks2))", OK, "(LUKS2)"),
    ("fscrypt folder", "/srv/fscrypt/tokutei",
     "d=$(disk fs 32); mkfs.ext4 -q -O encrypt $d; mkdir /srv/fscrypt; mount $d /srv/fscrypt;"
     "mkdir /srv/fscrypt/tokutei; fscryptor /srv/fscrypt/tokutei", OK, "(fscrypt)"),
    ("the folder beside an fscrypt folder", "/srv/fscrypt/beside", "mkdir /srv/fscrypt/beside", VIOLATION, "vda"),
    ("gocryptfs", "/srv/gocryptfs",
     "modprobe fuse; mkdir /var/stacks/cipher /srv/gocryptfs; echo secret > /var/stacks/pass;"
     "gocryptfs -q -init -scryptn 10 -passfile /var/stacks/pass /var/stacks/cipher;"
     "gocryptfs -q -passfile /var/stacks/pass /var/stacks/cipher /srv/gocryptfs", OK, "fuse.gocryptfs"),
    ("bind mount of plain over encrypted", "/srv/luks2/covered",
     "mkdir -p /srv/luks2/covered /var/stacks/open; mount --bind /var/stacks/open /srv/luks2/covered", VIOLATION, "vda"),
    ("plain mount below an encrypted folder", "/srv/luks2", "", VIOLATION, "/srv/luks2/covered"),
    ("overlay with a plain lower folder", "/srv/overlay",
     "mkdir -p /srv/overlay /srv/luks1/up /srv/luks1/work /srv/plain/low;"
     "mount -t overlay none -o lowerdir=/srv/plain/low,upperdir=/srv/luks1/up,workdir=/srv/luks1/work /srv/overlay",
     VIOLATION, "/srv/plain/low"),
    ("overlay on encrypted folders", "/srv/overlay2",
     "mkdir -p /srv/overlay2 /srv/luks1/up2 /srv/luks1/work2 '/srv/luks1/low:er,2';"
     "cd /srv/luks1; mount -t overlay none -o 'lowerdir=/srv/luks1/low\\:er\\,2,upperdir=/srv/luks1/up2,workdir=/srv/luks1/work2' "
     "/srv/overlay2", OK, "(LUKS1)"),
    ("a file on an encrypted folder as a disk", "/srv/nested",
     "truncate -s 16M /srv/luks1/nested.img; place nested $(losetup -f --show /srv/luks1/nested.img)", OK, "(LUKS1)"),
    ("tmpfs without swap", "/srv/memory", "mkdir /srv/memory; mount -t tmpfs none /srv/memory", OK, "tmpfs"),
    ("tmpfs with plain swap", "/srv/memory",
     "d=$(disk swap 16); mkswap -q $d; swapon $d; echo $d > /var/stacks/swap", VIOLATION, "tmpfs"),
    ("tmpfs with swap on LUKS", "/srv/memory",
     "swapoff -a; d=$(luks sleep $(cat /var/stacks/swap) luks1); mkswap -q $d; swapon $d", OK, "(LUKS1)"),
    ("tmpfs with an encrypted swap and a plain swap file", "/srv/memory",
     "dd if=/dev/zero of=/var/stacks/swapfile bs=1M count=8 status=none; chmod 600 /var/stacks/swapfile;"
     "mkswap -q /var/stacks/swapfile; swapon /var/stacks/swapfile", VIOLATION, "/var/stacks/swapfile"),
    ("a folder that is not there", "/srv/nowhere", "swapoff -a", UNVERIFIED, "ENOENT"),
]


def build(guest, commands):
    guest.run(["bash", "-c", BRICKS + commands], timeout=240)


def protect(guest, folder, handlers=""):
    text = f'files = {{ protected = ( "{folder}" ); {handlers} }};\n'
    guest.push(text.encode(), "/etc/sekisho/policy.d/files.conf", 0o644)


def findings(guest, user="root"):
    told = guest.run("sekisho check --json", check=False, user=user, timeout=120)
    return {row["check"]: row for row in json.loads(told.out)["checks"]}


def layers(layer):
    """Every layer of a chain, from its top on."""
    yield layer
    for below in layer.get("on", []):
        yield from layers(below)


def seen(guest, folder):
    """What `health` itself says of the folder, as flat lists of its layers."""
    facts = guest.run([HEALTH, "storage", folder], timeout=60).json
    places = facts["folders"][0].get("places", [])
    return [layer for place in places for layer in layers(place)]


def judges_each_stack(s, guest):
    for what, folder, commands, verdict, named in STACKS:
        build(guest, commands)
        protect(guest, folder)
        found = findings(guest)["storage.encrypted"]
        s.check(f"{what}: {verdict}", found["finding"] == verdict, found)
        s.check(f"{what}: the evidence names {named}", named in found["evidence"], found)


def sees_the_layers(s, guest):
    half = seen(guest, "/srv/raid-half")
    s.check("health sees both legs of the RAID", sum(l["layer"] == "disk" for l in half) == 2 and
            any(l.get("level") == "raid1" for l in half), half)
    fscrypt = seen(guest, "/srv/fscrypt/tokutei")[0]
    s.check("health sees the key of an fscrypt folder", fscrypt.get("fscrypt", {}).get("key") == "present", fscrypt)
    guest.run("sync; echo 2 > /proc/sys/vm/drop_caches; fscryptor --lock /srv/fscrypt/tokutei")
    fscrypt = seen(guest, "/srv/fscrypt/tokutei")[0]
    s.check("and that it has been taken away", fscrypt.get("fscrypt", {}).get("key") == "absent", fscrypt)


def copies_are_judged(s, guest):
    build(guest, "swapoff -a")
    found = findings(guest)
    s.check("no swap: does not apply", found["storage.swap"]["finding"] == NONE, found["storage.swap"])
    s.check("a plain /var/tmp is a violation", found["storage.temporary"]["finding"] == VIOLATION, found["storage.temporary"])
    build(guest, "swapon /var/stacks/swapfile")
    found = findings(guest)
    s.check("a plain swap file is a violation", found["storage.swap"]["finding"] == VIOLATION, found["storage.swap"])
    able = "disk" in guest.run("cat /sys/power/state").out.split()
    s.check("hibernation with it is one if the kernel can", found["storage.hibernation"]["finding"] ==
            (VIOLATION if able else NONE), (able, found["storage.hibernation"]))
    build(guest, "swapoff -a; swapon /dev/mapper/sleep")
    found = findings(guest)
    s.check("an encrypted swap is well", found["storage.swap"]["finding"] == OK, found["storage.swap"])


def readers_are_judged(s, guest):
    folder = "/srv/luks1"
    handlers = f'handlers = ( {{ folder = "{folder}"; users = ["operator"]; }} );'
    guest.run(f"groupadd tokutei; gpasswd -a operator tokutei; chgrp tokutei {folder}; chmod 755 {folder}")

    def expect(what, verdict, named, given=handlers):
        protect(guest, folder, given)
        found = findings(guest)["storage.readers"]
        s.check(f"{what}: {verdict}", found["finding"] == verdict and named in found["evidence"], found)

    def can_read(user):  # the kernel's own answer
        return guest.run(f"ls {folder}", user=user, check=False).ok

    expect("a folder for the world", VIOLATION, "*")
    guest.run(f"chmod 750 {folder}")
    expect("handlers that the policy does not name", UNVERIFIED, "operator", "")
    expect("one handler, who is in the group", OK, "operator")
    s.check("so it is", can_read("operator") and not can_read("operator2"))
    guest.run("gpasswd -a operator2 tokutei")
    expect("a new member of the group", VIOLATION, "operator2")
    s.check("who can read", can_read("operator2"))
    expect("whom the policy names by the group", OK, "operator2", handlers.replace('users = ["operator"]', 'groups = ["tokutei"]'))
    guest.run(f"gpasswd -d operator2 tokutei; setfacl -m u:operator2:rx {folder}")
    expect("an entry of the ACL", VIOLATION, "operator2")
    guest.run(f"setfacl -m m::--- {folder}")
    s.check("behind a mask nobody can read", not can_read("operator2") and not can_read("operator"))
    expect("a mask that takes it away", OK, folder)
    guest.run(f"setfacl -b {folder}; chmod 750 {folder}; chmod 700 /srv")
    expect("a way that is shut", OK, "root")
    s.check("so it is, too", not can_read("operator"))
    guest.run("chmod 755 /srv; usermod -g tokutei operator2")
    expect("a primary group", VIOLATION, "operator2")
    guest.run("usermod -g operator2 operator2")


def seconds_of(row):
    return datetime.datetime.fromisoformat(row["@timestamp"].replace("Z", "+00:00")).timestamp()


def is_told_at_once(s, guest):
    """The agent itself, between two of its rounds: by the guest's own clock."""
    folder = "/srv/luks1"
    protect(guest, folder, f'handlers = ( {{ folder = "{folder}"; users = ["operator"]; }} );')
    guest.run(f"mkdir -p {folder}/inner /var/stacks/open; chgrp tokutei {folder}; chmod 750 {folder}")
    guest.run("systemctl reload sekishod")

    def told_last():  # it may have been told before: a policy is read when its file changes
        told = [r for r in rows(guest) if "storage.encrypted is" in text_of(r) or "storage.encrypted:" in text_of(r)]
        return told and told[-1]["event"]["action"] == "storage.encrypted" and "(LUKS1)" in text_of(told[-1])

    s.check("the agent tells that a folder is encrypted", comes_true(told_last, 30), [text_of(r) for r in rows(guest)][-5:])

    def expect(what, command, kind, word):
        after = last_sequence(guest)
        begun = float(guest.run("date +%s.%N").out)
        guest.run(command)
        found = wait_named(guest, kind, word, after, 90)
        late = seconds_of(found[0]) - begun if found else None
        s.check(f"{what} is a row, once, and at once", len(found) == 1 and late < AT_ONCE, (late, [text_of(r) for r in found]))
        s.say(f"{what}: told after {late} s")

    expect("a plain mount below it", f"mount --bind /var/stacks/open {folder}/inner", "storage.unencrypted", f"{folder}/inner")
    expect("its end", f"umount {folder}/inner", "storage.encrypted", "LUKS1")
    expect("a new member of the group", "gpasswd -a operator2 tokutei", "posture.failed", "operator2")
    expect("that member's leaving", "gpasswd -d operator2 tokutei", "posture.ok", "operator")
    expect("an entry of the ACL", f"setfacl -m u:operator2:rx {folder}", "posture.failed", "operator2")
    expect("the end of that", f"setfacl -b {folder}", "posture.ok", "operator")
    expect("a plain swap", "swapon /var/stacks/swapfile", "storage.unencrypted", "storage.swap is not")


def is_seen_in_the_sandbox(s, guest):
    """With the rights that sekishod's unit leaves it, health sees what root sees."""
    unit = (ROOT / "systemd/sekishod.service").read_text(encoding="utf-8")
    sandbox = re.findall(r"^((?:Capability|NoNew|SystemCall|RestrictA|RestrictN|RestrictR|RestrictS|Device|Lock|Memory|"
                         r"Keyring|IPAddress)\w*=.*)$", unit, re.MULTILINE)
    for folder in ("/srv/luks-on-lvm", "/srv/raid-half", "/srv/fscrypt/tokutei", "/srv/gocryptfs", "/srv/overlay2"):
        words = [word for line in sandbox for word in ("-p", line)]
        told = guest.run(["systemd-run", "--quiet", "--pipe", "--wait", *words, HEALTH, "storage", folder], timeout=90)
        free = guest.run([HEALTH, "storage", folder]).json
        s.check(f"{folder} looks the same in the sandbox", told.json == free, told.out[:800])


def is_asked_by_an_operator(s, guest):
    protect(guest, "/srv/luks1")
    found = findings(guest, user="operator")["storage.encrypted"]
    s.check("an operator's look at LUKS says the same", found["finding"] == OK, found)
    guest.run("mkdir -p /srv/plain/shut; chmod 700 /srv/plain/shut")
    protect(guest, "/srv/plain/shut")
    found = findings(guest, user="operator")["storage.encrypted"]
    s.check("of what an operator may not look at nothing is said", found["finding"] == UNVERIFIED, found)


def main():
    with Scenario("what protected folders lie on, and who may read them") as s:
        with Guest(observing(PACKAGES)) as guest:
            guest.wait_booted()
            guest.push(compiled("fscryptor"), "/usr/local/bin/fscryptor", 0o755)
            guest.run("modprobe -a loop dm_crypt raid1 overlay || true")
            judges_each_stack(s, guest)
            sees_the_layers(s, guest)
            copies_are_judged(s, guest)
            readers_are_judged(s, guest)
            is_told_at_once(s, guest)
            is_seen_in_the_sandbox(s, guest)
            is_asked_by_an_operator(s, guest)


main()
