# SPDX-License-Identifier: GPL-3.0-or-later
"""Every installed kernel's initramfs carries the gate; one that does not is a finding, until it is mended."""

from guest import Guest
from scenario import ENFORCE, Keyboard, Scenario, comes_true, image, last_sequence, observing, rows, text_of, wait_named

OTHER = "6.1.0-0-other"  # a second kernel: the first one's, by another name
UNGATED = "/root/ungated"
# An initramfs as it was before enforce, which is what some other program would make.
PREPARE = [f"update-initramfs -u -k all && cp /boot/initrd.img-$(uname -r) {UNGATED}", *ENFORCE,
           f"for f in vmlinuz config; do cp /boot/$f-$(uname -r) /boot/$f-{OTHER}; done",
           f"cp -al /lib/modules/$(uname -r) /lib/modules/{OTHER} && update-initramfs -c -k {OTHER}"]
RENEW = "systemctl start sekisho-initramfs"


def state(guest):
    """What `sekisho status` says of the initramfs: its state, and {kernel: finding}."""
    said = guest.run("sekisho status --json", check=False).json
    found = said.get("initramfs", {})
    return found.get("state"), {k["kernel"]: k["finding"] for k in found.get("kernels", [])}, said["guards"][0]["state"]


def is_found(guest, findings):
    return comes_true(lambda: state(guest) == ("failed", findings, "degraded"), 60)


def is_well(guest):
    return comes_true(lambda: state(guest) == ("ok", {}, "ok"), 60)


def postures(guest, after=0):
    return [(row["event"]["action"], row["sekisho"]["outcome"]) for row in rows(guest, "posture.*", after)]


def renewed(s, guest, how):
    guest.run(RENEW, timeout=900)
    s.check(f"{how}: renewed, it is over", is_well(guest), state(guest))
    s.check(f"{how}: that is recorded", postures(guest)[-1] == ("posture.ok", "ok"), postures(guest))


def without_the_gate(s, guest):
    how = "made by another program"
    before = last_sequence(guest)
    guest.run(f"cp {UNGATED} /boot/initrd.img-{OTHER}")
    s.check(f"{how}: it is found", is_found(guest, {OTHER: "open"}), state(guest))
    said = guest.run("sekisho status", check=False)
    s.check(f"{how}: status names the kernel and what to do",
            said.status == 1 and OTHER in said.out and RENEW in said.out, said.out)
    found = [text_of(r) for r in wait_named(guest, "posture.failed", OTHER, before)]
    s.check(f"{how}: it is recorded", len(found) == 1 and '"open"' in found[0], found)
    renewed(s, guest, how)


def missing_and_stale(s, guest):
    how = "taken away, and another policy"
    release = guest.run("uname -r").out
    guest.run(f"rm /boot/initrd.img-{OTHER}")
    s.check(f"{how}: the one is missing", is_found(guest, {OTHER: "missing"}), state(guest))
    guest.run("sed -i 's/^ *mice = .*/mice = \"refuse\";/' /etc/sekisho/policy.conf && systemctl reload sekishod")
    s.check(f"{how}: the other is stale", is_found(guest, {OTHER: "missing", release: "stale"}), state(guest))
    renewed(s, guest, how)


def removed(s, guest):
    guest.run(f"cp {UNGATED} /boot/initrd.img-{OTHER}")
    s.check("again without the gate, it is found again", is_found(guest, {OTHER: "open"}), state(guest))
    guest.run(f"rm /boot/*-{OTHER}")
    s.check("a kernel that is removed is no finding", is_well(guest), state(guest))


with Scenario("every kernel's initramfs carries the gate") as s:
    debian = image.prepared(observing(), PREPARE, usb=[Keyboard()], timeout=900)
    with Guest(debian, usb=[Keyboard()]) as guest:
        guest.wait_booted()
        s.check("the agent looks when it starts, and says that all is well",
                is_well(guest) and postures(guest)[-1] == ("posture.ok", "ok"), (state(guest), postures(guest)))
        without_the_gate(s, guest)
        missing_and_stale(s, guest)
        removed(s, guest)
