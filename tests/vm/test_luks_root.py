# SPDX-License-Identifier: GPL-3.0-or-later
"""The root disk is encrypted: the passphrase is typed on a USB keyboard, beside sticks that stay shut."""

import contextlib

from guest import Guest
from scenario import (ENFORCE, Keyboard, Scenario, bound_drivers, comes_true, image, is_shut, keyboard_works, media,
                      observing, text_of, usb_disks, wait_rows)

UUID = "5e6c1a11-0000-4000-8000-000000000001"
PROMPT = "Please unlock disk"
OPENED = "set up successfully"
# A wrong passphrase is asked for again, as often as it takes.
CRYPTTAB = f"cryptroot UUID={UUID} none luks,initramfs,tries=0"
UNGATED = "ungated"
PREPARE = ["printf '%s\\n' dm_mod dm_crypt aesni_intel xts >>/etc/initramfs-tools/modules",
           f"echo '{CRYPTTAB}' >/etc/crypttab",
           f"update-initramfs -u -k all && cp /boot/initrd.img-$(uname -r) /boot/initrd.img-{UNGATED}", *ENFORCE]
# The last console is /dev/console, where the prompt appears; text, so that it can be read from outside.
# edd=off: what starts a kernel the BIOS way reads the first 512 bytes of every disk, before there is a kernel.
SCREEN = "console=tty0 nomodeset edd=off"


def encrypted():
    """Enforce mode, its own initramfs, and one from before that, without the gate."""
    plain = image.prepared(observing(), PREPARE, usb=[Keyboard()], timeout=900)
    return image.encrypted(plain, media.PASSPHRASE, UUID)


@contextlib.contextmanager
def at_the_prompt(s, debian, devices, initrd=None):
    guest = Guest(debian, usb=devices, cmdline=SCREEN)
    guest.kernel, guest.initrd = debian.packed_kernel(), initrd or guest.initrd
    with contextlib.closing(guest):
        guest.start(wait=False)
        asked = comes_true(lambda: PROMPT in guest.video_text(), 150)
        s.check("the machine asks for the passphrase", asked, guest.console[-2000:])
        yield guest


def unlock(guest):
    """Types the passphrase, and again if it was not taken: a key that comes while the prompt appears may be lost."""
    def answered():
        return OPENED in guest.video_text() or guest.video_text().count(PROMPT) > asked

    for _ in range(3):
        asked = guest.video_text().count(PROMPT)
        guest.send_keys(media.PASSPHRASE + "\n")
        if comes_true(answered, 60) and OPENED in guest.video_text():
            return True
    return False


def gated(s, debian):
    sticks = {"LUKSA": s.stick("LUKSA", port="2"), "LUKSB": s.stick("LUKSB", port="3", uas=True)}
    with at_the_prompt(s, debian, [Keyboard(port="1"), *sticks.values()]) as guest:
        s.check("typed on the USB keyboard it is taken", unlock(guest), guest.console[-2000:])
        guest.wait_agent()
        state = guest.wait_booted()
        s.check("the encrypted root disk is open", guest.run("findmnt -no SOURCE /").out == "/dev/mapper/cryptroot")
        s.check("and the machine starts up", state in ("running", "degraded"), state)
        blocked = wait_rows(guest, "usb.blocked", len(sticks))
        for serial, stick in sticks.items():
            operations, size = guest.transfers(stick)
            s.check(f"{serial}: 0 bytes", (operations, size) == (0, 0), (operations, size))
            s.check(f"{serial} is recorded once", sum(serial in text_of(r) for r in blocked) == 1, [text_of(r) for r in blocked])
        s.check("no driver has a stick, and there is no block node", is_shut(guest), (bound_drivers(guest), usb_disks(guest)))
        s.check("the keyboard is driven and works", keyboard_works(guest))


def ungated(s, debian):
    """What sees 0 bytes sees more where nothing shuts the gate."""
    sticks = {"OPENA": s.stick("OPENA", port="2"), "OPENB": s.stick("OPENB", port="3", uas=True)}
    with at_the_prompt(s, debian, [Keyboard(port="1"), *sticks.values()], debian.initrd(UNGATED)) as guest:
        for serial, stick in sticks.items():
            s.check(f"without the gate {serial} is read at the prompt already",
                    comes_true(lambda stick=stick: min(guest.transfers(stick)) > 0, 60), guest.transfers(stick))


with Scenario("a passphrase on a USB keyboard, and sticks beside it") as s:
    debian = encrypted()
    gated(s, debian)
    ungated(s, debian)
