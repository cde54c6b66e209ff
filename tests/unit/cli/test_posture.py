# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho check posture, on made-up machines: for each check one that passes, some that fail, and some where what it
reads is missing, unreadable, or something else than a file."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SEKISHO = os.environ["SEKISHO"]
PROGRAMS = str(Path(SEKISHO).parent)
NOBODY = 65534
EFI = "sys/firmware/efi/efivars/{}-8be4df61-93ca-11d2-aa0d-00e098032b8c"
XFCONF = "xfce4/xfconf/xfce-perchannel-xml"
HASH = "grub.pbkdf2.sha512.10000.AA.BB"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA yamada@pc"
DCONF = "etc/dconf/db/local"
GNOME_LOCKS = "".join(f"/org/gnome/desktop/{path}\n" for path in (
    "session/idle-delay", "screensaver/lock-enabled", "screensaver/lock-delay", "lockdown/disable-lock-screen"))

GRUB = f"""set superusers="root"
export superusers
password_pbkdf2 root {HASH}
menuentry 'Debian' --class debian --unrestricted $menuentry_id_option 'a' {{
\tlinux /vmlinuz root=/dev/vda1 ro quiet audit=1
}}
"""
RECOVERY = """menuentry 'Debian, recovery mode' --class debian {
\tlinux /vmlinuz root=/dev/vda1 ro single
}
"""
COMMON_AUTH = """auth\t[success=1 default=ignore]\tpam_unix.so
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
"""
GOOD = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
                  "yamada:x:1000:1000:山田:/people/yamada:/bin/bash\nsuzuki:x:1001:1001::/people/suzuki:/bin/bash\n",
    "etc/shadow": "root:!:19000::::::\ndaemon:*:19000::::::\nyamada:$y$j9T$a$b:19000:0:99999:7:::\n"
                  "suzuki:$y$j9T$a$c:19000:0:99999:7:::\n",
    "etc/group": "root:x:0:\nsudo:x:27:yamada\nyamada:x:1000:\nsuzuki:x:1001:\n",
    "etc/pam.d/common-auth": COMMON_AUTH,
    "etc/pam.d/login": "auth optional pam_faildelay.so delay=3000000\n@include common-auth\n",
    "etc/pam.d/lightdm": "auth requisite pam_nologin.so\n@include common-auth\n-auth optional pam_gnome_keyring.so\n",
    "usr/sbin/lightdm": "", "usr/sbin/sshd": "", "usr/sbin/sekishod": "", "usr/bin/sudo": "",
    "usr/libexec/sekisho/health": "", "usr/bin/xfce4-screensaver": "",
    "usr/lib/systemd/system/rescue.service": "[Service]\nExecStart=-/usr/lib/systemd/systemd-sulogin-shell rescue\n",
    "usr/lib/systemd/system/getty@.service": "[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' --noclear %I $TERM\n",
    "etc/systemd/system/README": "",
    "etc/X11/default-display-manager": "/usr/sbin/lightdm\n",
    "etc/lightdm/lightdm.conf": "[Seat:*]\n#autologin-user=yamada\ngreeter-hide-users=true\n",
    "etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nPasswordAuthentication no\n"
                           "KbdInteractiveAuthentication no\nUsePAM yes\n",
    "usr/share/xsessions/xfce.desktop": "[Desktop Entry]\nName=Xfce\nDesktopNames=XFCE\n",
    "usr/share/xsessions/lightdm-xsession.desktop": "[Desktop Entry]\nName=Default Xsession\n",
    "people/yamada/.bashrc": "", "people/suzuki/.bashrc": "",
    "boot/grub/grub.cfg": GRUB,
    EFI.format("SecureBoot"): b"\6\0\0\0\1", EFI.format("SetupMode"): b"\6\0\0\0\0",
    "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
    "sys/class/rtc/rtc0/since_epoch": "NOW",
    "proc/sys/kernel/core_pattern": "|/bin/false\n", "proc/sys/fs/suid_dumpable": "0\n",
    "sys/power/state": "freeze mem\n", "proc/swaps": "Filename Type Size Used Priority\n/dev/dm-1 partition 1 0 -2\n",
    "etc/sudoers": "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
    "etc/sudoers.d/README": "# nothing\n",
    "etc/sekisho/policy.conf": 'posture = { administrators = ["yamada"]; };\n',
}
LOGIN_ROWS = ("etc/passwd", "suzuki:x:1001:1001::/people/suzuki:/bin/bash\n")
NAMES = {f"posture.{name}" for name in (
    "autologin empty_passwords nullok pam shared_accounts uid_zero duplicate_uids ssh_root ssh_passwords ssh_keys "
    "screen_lock boot_password recovery secure_boot lockdown clock_source clock_rtc time_zone core_dumps hibernation "
    "sudo administrators own_paths own_package").split()}


class Tree(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name) / "root"
        self.build()
        os.chmod(holder.name, 0o755)

    def build(self):
        shutil.rmtree(self.root, ignore_errors=True)
        for name, text in GOOD.items():
            self.put(name, str(int(time.time())) if text == "NOW" else text)
        (self.root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
        (self.root / "root").mkdir(exist_ok=True)

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o644)

    def add(self, name, text):
        old = (self.root / name).read_text(encoding="utf-8")
        self.put(name, old + text)

    def change(self, name, before, after):
        old = (self.root / name).read_text(encoding="utf-8")
        self.assertIn(before, old)
        self.put(name, old.replace(before, after))

    def remove(self, name):
        path = self.root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    def look(self, user=None):
        environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="")
        done = subprocess.run([SEKISHO, "check", "--json", "--root", str(self.root), "--programs", PROGRAMS, "posture"],
                              capture_output=True, text=True, env=environment, timeout=60, check=False, user=user,
                              cwd="/")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(done.stderr, "")
        return {row["check"]: row for row in json.loads(done.stdout)["checks"]}

    def expect(self, name, finding, evidence="", rows=None):
        row = (rows or self.look())[f"posture.{name}"]
        self.assertEqual(row["finding"], finding, row)
        self.assertIn(evidence, row["evidence"], row)
        if finding in ("violation", "unverified"):
            self.assertTrue(row["remedy"], row)


class Good(Tree):
    def test_a_machine_in_order_passes_every_check(self):
        rows = self.look()
        self.assertEqual(set(rows), NAMES)
        found = {name: row["finding"] for name, row in rows.items()}
        expected = {name: "ok" for name in NAMES}
        expected["posture.own_package"] = "unverified"  # dpkg is asked on the machine itself only
        if os.geteuid() != 0:
            expected["posture.own_paths"] = "violation"  # all belongs to whoever runs this
        self.assertEqual(found, expected, json.dumps(rows, indent=1, ensure_ascii=False))

    def test_every_check_has_its_clause(self):
        for row in self.look().values():
            self.assertRegex(row["clause"], r"^(5 \(\d\)(, 5 \(\d\))*|9)$")


class Faults(Tree):
    def faults(self, name, *cases, finding="violation"):
        for case in cases:
            steps, evidence = case[:-1], case[-1]
            with self.subTest(check=name, steps=steps):
                self.build()
                for step in steps:
                    getattr(self, step[0])(*step[1:])
                self.expect(name, finding, evidence)

    def test_autologin(self):
        getty = "etc/systemd/system/getty@tty1.service.d/autologin.conf"
        line = "[Service]\nExecStart=\nExecStart=-/sbin/agetty {} %I\n"
        self.faults(
            "autologin",
            (("put", "etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=yamada\n"),
             "lightdm: yamada (/etc/lightdm/lightdm.conf)"),
            (("put", "usr/share/lightdm/lightdm.conf.d/50-x.conf", "[SeatDefaults]\nautologin-user = suzuki\n"),
             "suzuki"),
            (("put", "etc/lightdm/lightdm.conf.d/1.conf", "[Seat:*]\nallow-guest=true\n"), "lightdm: guest"),
            (("put", "usr/sbin/gdm3", ""),
             ("put", "etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable = True\nAutomaticLogin = yamada\n"),
             "gdm3: yamada"),
            (("put", "usr/sbin/gdm3", ""),
             ("put", "etc/gdm3/daemon.conf", "[daemon]\nTimedLoginEnable=true\nTimedLogin=suzuki\nTimedLoginDelay=5\n"),
             "gdm3: suzuki"),
            (("put", "usr/bin/sddm", ""), ("put", "etc/sddm.conf.d/auto.conf", "[Autologin]\nUser=yamada\n"),
             "sddm: yamada"),
            (("put", getty, line.format("--noclear --autologin yamada")), "getty: yamada"),
            (("put", getty, line.format("--autologin=yamada")), "getty: yamada"),
            (("put", getty, line.format("-Jayamada")), "getty: yamada"),
            (("put", getty, line.format("-a yamada")), "getty: yamada"),
            (("put", getty, line.format("--auto yamada")), "getty: yamada"),
            (("put", getty, line.format("-o '-p -f yamada'")), "getty: ?"),
            (("put", "run/systemd/system/serial-getty@ttyS0.service", line.format("-a root")), "getty: root"),
            (("put", getty, "[Service]\nExecStart=-/sbin/agetty \\\n  --autologin \\\n yamada - linux\n"),
             "getty: yamada"),
            (("put", "etc/credstore/agetty.autologin", "root"), "agetty.autologin"),
            (("add", "etc/group", "nopasswdlogin:x:120:suzuki\n"), "nopasswdlogin: suzuki"))

    def test_what_is_no_autologin_passes(self):
        for name, text in (
                ("etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable=false\nAutomaticLogin=yamada\n"),
                ("etc/sddm.conf", "[Autologin]\nUser=\n[Users]\nRememberLastUser=true\n"),
                ("etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=\n"),
                ("etc/systemd/system/getty@tty1.service.d/x.conf", "[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' -I a %I\n"),
                ("etc/systemd/system/other.service", "[Service]\nExecStart=/bin/x --autologin y\n")):
            with self.subTest(name=name):
                self.build()
                self.put("usr/sbin/gdm3", "")
                self.put("usr/bin/sddm", "")
                self.put(name, text)
                self.expect("autologin", "ok")

    def test_a_later_file_of_lightdm_counts(self):
        self.put("usr/share/lightdm/lightdm.conf.d/50.conf", "[Seat:*]\nautologin-user=yamada\n")
        self.put("etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=\n")
        self.expect("autologin", "ok")

    def test_an_unknown_display_manager_is_unverified(self):
        self.put("etc/X11/default-display-manager", "/usr/bin/slim\n")
        self.expect("autologin", "unverified", "slim")

    def test_accounts(self):
        hole = ("change", "etc/shadow", "suzuki:$y$j9T$a$c:", "suzuki::")
        self.faults("empty_passwords", (hole, "suzuki"),
                    (("change", "etc/passwd", "suzuki:x:", "suzuki::"), "suzuki"))
        self.faults("shared_accounts",
                    (("add", "etc/passwd", "guest:x:1002:1002::/people/g:/bin/bash\n"),
                     ("add", "etc/shadow", "guest:$y$x:1::::::\n"), "guest"),
                    (("add", "etc/passwd", "Kyoyu-01:x:1002:1002::/people/g:\n"),
                     ("add", "etc/shadow", "Kyoyu-01:$y$x:1::::::\n"), "Kyoyu-01"),
                    (("put", "etc/sekisho/policy.conf", 'posture = { shared_names = ["suzuki"]; };'), "suzuki"))
        self.faults("uid_zero", (("add", "etc/passwd", "toor:x:0:0::/root:/bin/bash\n"), "toor"))
        self.faults("duplicate_uids",
                    (("add", "etc/passwd", "sato:x:1001:1001::/people/s:/bin/bash\n"), "suzuki = sato"))

    def test_accounts_that_let_nobody_in_pass(self):
        self.add("etc/passwd", "guest:x:1002:1002::/people/g:/usr/sbin/nologin\ntest:x:1003:1003::/x:/bin/sh\n"
                               "userland:x:1004:1004::/people/u:/bin/bash\n")
        self.add("etc/shadow", "guest:$y$x:1::::::\ntest:!$y$x:1::::::\nuserland:$y$x:1::::::\n")
        self.expect("shared_accounts", "ok")

    def test_pam(self):
        auth = "etc/pam.d/common-auth"
        self.faults("pam",
                    (("put", auth, "auth sufficient pam_permit.so\n" + COMMON_AUTH), "common-auth"),
                    (("put", auth, "auth [success=done default=ignore] pam_permit.so\n" + COMMON_AUTH), "common-auth"),
                    (("put", auth, "auth required pam_permit.so\n"), "common-auth"),
                    (("put", auth, COMMON_AUTH.replace("default=ignore", "default=1")), "common-auth"),
                    (("put", auth, COMMON_AUTH.replace("[success=1 default=ignore]", "optional")), "common-auth"),
                    (("put", "etc/pam.d/lightdm", "auth\\\n sufficient pam_permit.so\n@include common-auth\n"), "lightdm"))
        self.faults("pam", (("put", "etc/pam.d/sudo", "auth required pam_u2f.so\n"), "sudo"),
                    (("put", "etc/pam.d/sudo", "auth include gone\n"), "/etc/pam.d/gone (ENOENT)"),
                    (("put", "etc/pam.d/sudo", "@include sudo\n"), "ELOOP"), finding="unverified")
        nullok = ("put", auth, COMMON_AUTH.replace("pam_unix.so", "pam_unix.so nullok"))
        hole = ("change", "etc/shadow", "suzuki:$y$j9T$a$c:", "suzuki::")
        self.faults("nullok", (nullok, hole, "common-auth"))
        self.faults("nullok", (nullok, "no account has an empty password"), (hole, "lets nobody in"), finding="ok")
        self.faults("nullok", (nullok, ("remove", "etc/shadow"), "/etc/shadow"), finding="unverified")

    def test_ssh(self):
        config = "etc/ssh/sshd_config"
        self.faults("ssh_root", (("put", config, ""), "permitrootlogin prohibit-password"),
                    (("put", config, "PermitRootLogin=yes\nPermitRootLogin no\n"), "yes"),
                    (("add", config, "Match Address 192.168.0.0/16\n  PermitRootLogin yes\n"),
                     "Match Address 192.168.0.0/16: permitrootlogin yes"),
                    (("put", "etc/ssh/sshd_config.d/1.conf", "permitrootlogin \"yes\"\n"), "yes"))
        self.faults("ssh_root", (("add", config, "Include gone.conf\n"), "/etc/ssh/gone.conf (ENOENT)"),
                    (("put", "usr/sbin/dropbear", ""), ("remove", "usr/sbin/sshd"), "dropbear"), finding="unverified")
        self.faults("ssh_root", (("put", "etc/ssh/sshd_config.d/1.txt", "PermitRootLogin yes\n"), ""),
                    (("put", "etc/ssh/sshd_config.d/1.conf", "Match User a\nX11Forwarding no\n"), ""), finding="ok")
        self.faults("ssh_passwords", (("put", config, "PermitRootLogin no\n"), "passwordauthentication yes"),
                    (("change", config, "KbdInteractiveAuthentication no", ""), "kbdinteractive"),
                    (("add", config, "Match all\nPasswordAuthentication yes\n"), "Match all"),
                    (("add", config, "PermitEmptyPasswords yes\n"), "permitemptypasswords"))
        permitted = ("put", "etc/sekisho/policy.conf", "posture = { ssh_passwords = true; };")
        self.faults("ssh_passwords", (permitted, ("put", config, ""), "permitted"),
                    (("add", config, "Match User x\nAuthenticationMethods publickey\nPasswordAuthentication yes\n"), ""),
                    finding="ok")
        keys = ("put", "people/yamada/.ssh/authorized_keys", "# me\nfrom=\"10.0.0.1\" " + KEY + "\n")
        self.faults("ssh_keys", (keys, "yamada (/people/yamada/.ssh/authorized_keys)"),
                    (("put", "root/.ssh/authorized_keys2", KEY), "root"),
                    (("change", config, "UsePAM", "AuthorizedKeysFile /etc/ssh/keys/%u\nUsePAM"),
                     ("put", "etc/ssh/keys/suzuki", KEY), "suzuki (/etc/ssh/keys/suzuki)"))
        self.faults("ssh_keys", (("add", config, "AuthorizedKeysCommand /usr/bin/x\n"), "authorizedkeyscommand"),
                    (("put", "people/yamada/.ssh/authorized_keys/x", ""), "(EISDIR)"), finding="unverified")
        self.faults("ssh_keys", (keys, ("put", "etc/sekisho/policy.conf", 'posture = { ssh_keys = ["yamada"]; };'), ""),
                    (("put", "people/yamada/.ssh/authorized_keys", "# none\n"), ""), finding="ok")
        self.faults("ssh_root", (("remove", "usr/sbin/sshd"), "no ssh server"), finding="not-applicable")

    def xfce(self, **properties):
        inner = "".join(f'<property name="{group}" type="empty">{text}</property>' for group, text in properties.items())
        return f'<?xml version="1.0"?>\n<channel name="xfce4-screensaver" version="1.0">\n{inner}</channel>\n'

    def test_screen_lock_of_xfce(self):
        own = f"people/suzuki/.config/{XFCONF}/xfce4-screensaver.xml"
        off = '<property name="enabled" type="bool" value="false"/>'
        slow = '<property name="idle-activation" type="empty"><property name="delay" type="int" value="30"/></property>'
        self.faults("screen_lock", (("put", own, self.xfce(lock=off)), "suzuki: Xfce"),
                    (("put", own, self.xfce(saver=slow)), "suzuki: Xfce"),
                    (("put", f"etc/xdg/{XFCONF}/xfce4-screensaver.xml", self.xfce(saver=off)), "yamada: Xfce"),
                    (("remove", "usr/bin/xfce4-screensaver"), "yamada: Xfce, suzuki: Xfce"),
                    (("put", "etc/sekisho/policy.conf", "posture = { lock_after_minutes = 3; };"), "yamada: Xfce"))
        self.faults("screen_lock", (("put", own, "<channel><property name='x'"), "suzuki: Xfce"),
                    (("put", "usr/share/xsessions/i3.desktop", "[Desktop Entry]\nName=i3\n"), "i3.desktop"),
                    (("remove", "people/yamada"), "yamada: Xfce"), finding="unverified")
        quick = slow.replace("30", "10")
        self.faults("screen_lock", (("put", own, self.xfce(saver=quick)), "in time"),
                    (("put", f"etc/xdg/{XFCONF}/xfce4-screensaver.xml", self.xfce(saver=slow)), ("put", own, self.xfce(
                        saver=quick)), ("put", own.replace("suzuki", "yamada"), self.xfce(saver=quick)), "in time"),
                    finding="ok")
        self.faults("screen_lock", (("remove", "usr/share/xsessions"), "no desktop"), finding="not-applicable")

    def test_screen_lock_of_light_locker(self):
        start = "etc/xdg/autostart/light-locker.desktop"
        base = (("remove", "usr/bin/xfce4-screensaver"), ("put", "usr/bin/light-locker", ""),
                ("put", start, "[Desktop Entry]\nExec=light-locker\n"))
        power = f"people/suzuki/.config/{XFCONF}/xfce4-power-manager.xml"
        self.faults("screen_lock", (*base, "in time"), finding="ok")
        self.faults("screen_lock", (*base, ("put", start, "[Desktop Entry]\nHidden=true\n"), "suzuki"),
                    (*base, ("put", "people/suzuki/.config/autostart/light-locker.desktop",
                             "[Desktop Entry]\nHidden=true\n"), "suzuki"),
                    (*base, ("put", power, '<channel name="xfce4-power-manager"><property name="xfce4-power-manager">'
                             '<property name="blank-on-ac" type="int" value="0"/></property></channel>'), "suzuki"))

    def test_screen_lock_of_kde(self):
        base = (("remove", "usr/share/xsessions"),
                ("put", "usr/share/wayland-sessions/plasma.desktop", "[Desktop Entry]\nDesktopNames=KDE\n"))
        own = "people/suzuki/.config/kscreenlockerrc"
        self.faults("screen_lock", (*base, "in time"),
                    (*base, ("put", "etc/xdg/kscreenlockerrc", "[Daemon][$i]\nTimeout=5\nAutolock=true\nLockGrace=0\n"),
                     ("put", own, "[Daemon]\nAutolock=false\nTimeout=0\n"), "in time"), finding="ok")
        self.faults("screen_lock", (*base, ("put", own, "[Daemon]\nAutolock=false\n"), "suzuki: KDE"),
                    (*base, ("put", own, "[Daemon]\nTimeout=60\n"), "suzuki: KDE"),
                    (*base, ("put", "etc/xdg/kscreenlockerrc", "[Daemon]\nTimeout[$i]=60\n"), "yamada: KDE"))

    def test_screen_lock_of_gnome(self):
        base = (("remove", "usr/share/xsessions"),
                ("put", "usr/share/wayland-sessions/gnome.desktop", "[Desktop Entry]\nDesktopNames=GNOME\n"))
        values = "[org/gnome/desktop/session]\nidle-delay=uint32 {}\n[org/gnome/desktop/screensaver]\nlock-enabled={}\n"
        profile = ("put", "etc/dconf/profile/user", "user-db:user\nsystem-db:local\n")
        locks = ("put", f"{DCONF}.d/locks/lock", GNOME_LOCKS)
        own = ("put", "people/suzuki/.config/dconf/user", b"GVariant\0\0")
        good = (*base, profile, ("put", f"{DCONF}.d/00-lock", values.format(300, "true")), locks, ("put", DCONF, ""))
        self.faults("screen_lock", (*base, "in time"), (*good, "in time"), (*good, own, "in time"), finding="ok")
        self.faults("screen_lock", (*base, own, "suzuki: GNOME"),
                    (*good, ("put", f"{DCONF}.d/locks/lock", ""), ("put", DCONF, ""), own, "suzuki: GNOME"),
                    (*base, profile, ("put", f"{DCONF}.d/00-lock", values.format(300, "true")), locks, "GNOME"),
                    finding="unverified")
        self.faults("screen_lock",
                    (*good, ("put", f"{DCONF}.d/00-lock", values.format(0, "true")), ("put", DCONF, ""), "yamada: GNOME"),
                    (*good, ("put", f"{DCONF}.d/00-lock", values.format(300, "false")), ("put", DCONF, ""), "GNOME"),
                    (*base, ("put", "usr/share/glib-2.0/schemas/x.gschema.override",
                             "[org.gnome.desktop.session:GNOME]\nidle-delay=3600\n"), "GNOME"))

    def test_boot(self):
        menu = "boot/grub/grub.cfg"
        self.faults("boot_password", (("put", menu, GRUB.replace("set superusers", "set others")), "edit"),
                    (("put", menu, GRUB.replace("password_pbkdf2 root", "password_pbkdf2 other")), "edit"),
                    (("put", menu, GRUB + "password root secret\n"), "plain text"),
                    (("put", menu, GRUB.replace(HASH, "secret")), "edit"),
                    (("remove", menu), ("put", "boot/efi/loader/loader.conf", "timeout 3\n"), "systemd-boot"))
        self.faults("boot_password", (("remove", menu), ("put", "boot/efi/loader/loader.conf", "editor no\n"), "nobody"),
                    finding="ok")
        force = "etc/systemd/system/rescue.service.d/x.conf"
        self.faults("recovery", (("put", menu, RECOVERY), "grub.cfg"),
                    (("put", menu, GRUB + RECOVERY.replace("--class", "--unrestricted --class")), "grub.cfg"),
                    (("put", menu, GRUB.replace("quiet", "init=/bin/sh")), "grub.cfg"),
                    (("put", force, "[Service]\nEnvironment=A=1 SYSTEMD_SULOGIN_FORCE=1\n"), force))
        self.faults("recovery", (("put", menu, GRUB + RECOVERY), ""), finding="ok")
        self.faults("secure_boot", (("put", EFI.format("SecureBoot"), b"\6\0\0\0\0"), "off"),
                    (("put", EFI.format("SetupMode"), b"\6\0\0\0\1"), "setup mode"))
        self.faults("secure_boot", (("put", EFI.format("SecureBoot"), b"\6"), "EBADMSG"), finding="unverified")
        self.faults("secure_boot", (("remove", "sys/firmware/efi"), "BIOS"), finding="not-applicable")
        self.faults("lockdown", (("put", "sys/kernel/security/lockdown", "[none] integrity\n"), "none"))

    def test_clock(self):
        wanted = ("put", "etc/sekisho/policy.conf", "posture = { time_server = true; };")
        service = ("put", "etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service", "")
        set_now = ("put", "run/systemd/timesync/synchronized", "")
        self.faults("clock_source", (wanted, "no time server"), (wanted, service, "no time server"),
                    (wanted, set_now, "no time server"), (("remove", "sys/class/rtc/rtc0"), "no clock"))
        self.faults("clock_source", (wanted, service, set_now, "systemd-timesyncd"), finding="ok")
        apart = ("put", "sys/class/rtc/rtc0/since_epoch", str(int(time.time()) - 3600))
        self.faults("clock_rtc", (apart, "s away"), (("remove", "sys/class/rtc/rtc0"), "no clock"))
        self.faults("time_zone", (("remove", "etc/localtime"), ("put", "etc/timezone", "Etc/UTC\n"), "Etc/UTC"))
        self.faults("time_zone", (("remove", "etc/localtime"), ("put", "etc/timezone", "Asia/Tokyo\n"), "Asia/Tokyo"),
                    finding="ok")

    def test_memory(self):
        pattern = "proc/sys/kernel/core_pattern"
        systemd = ("put", pattern, "|/usr/lib/systemd/systemd-coredump %P %u\n")
        limit = ("put", "etc/security/limits.d/core.conf", "* hard core 0\nroot hard core 0\n")
        self.faults("core_dumps", (("put", pattern, "core\n"), "core"), (systemd, "systemd-coredump"),
                    (("put", "proc/sys/fs/suid_dumpable", "1\n"), "suid_dumpable: 1"), (systemd, limit, "systemd"),
                    (("put", pattern, "core\n"), limit, ("put", "etc/security/limits.d/x.conf", "suzuki - core 9\n"), "core"))
        self.faults("core_dumps", (systemd, ("put", "etc/systemd/coredump.conf", "[Coredump]\nStorage=none\n"), ""),
                    (("put", pattern, "core\n"), limit, ""), (("put", pattern, "\n"), ""), finding="ok")
        can = ("put", "sys/power/state", "freeze mem disk\n")
        self.faults("hibernation", (can, ("put", "sys/power/disk", "[platform] shutdown\n"), "can hibernate"))
        self.faults("hibernation", (can, ("put", "sys/power/disk", "[disabled]\n"), "switched off"),
                    (can, ("put", "proc/swaps", "Filename\n"), "no swap"),
                    (can, ("put", "etc/sekisho/policy.conf", "posture = { hibernation = true; };"), "permitted"),
                    finding="ok")
        (self.root / "etc/systemd/system/hibernate.target").symlink_to("/dev/null")
        self.put("sys/power/state", "disk\n")
        self.expect("hibernation", "ok", "masked")

    def test_rights(self):
        extra = "etc/sudoers.d/extra"
        self.faults("sudo", (("put", extra, "suzuki ALL=(ALL) NOPASSWD: ALL\n"), "suzuki (/etc/sudoers.d/extra)"),
                    (("put", extra, "suzuki ALL = NOPASSWD :/bin/ls, \\\n /bin/cat\n"), "suzuki"),
                    (("add", "etc/sudoers", "Defaults:suzuki !authenticate\n"), "Defaults"),
                    (("put", extra, "@include /etc/more\n"), ("put", "etc/more", "%all ALL=NOPASSWD: /bin/x\n"), "%all"))
        self.faults("sudo", (("put", extra, "gibberish\n"), "EBADMSG"), (("put", extra, "@include extra2\n"), "ENOENT"),
                    (("put", "usr/bin/doas", ""), "doas"), finding="unverified")
        self.faults("sudo", (("put", "etc/sudoers.d/a.bak", "suzuki ALL=NOPASSWD: ALL\n"), ""),
                    (("put", extra, "# suzuki ALL=NOPASSWD: ALL\nsuzuki ALL=/bin/ls # NOPASSWD: ALL\n"), ""),
                    finding="ok")
        self.faults("sudo", (("remove", "usr/bin/sudo"), "not installed"), finding="not-applicable")
        self.faults("administrators", (("change", "etc/group", "sudo:x:27:yamada", "sudo:x:27:yamada,suzuki"), "suzuki"),
                    (("change", "etc/passwd", "suzuki:x:1001:1001", "suzuki:x:1001:27"), "suzuki"),
                    (("put", extra, "User_Alias BOSSES = suzuki , yamada\nBOSSES ALL=(ALL) ALL\n"), "suzuki"),
                    (("put", extra, "%gang ALL=(root) ALL\n"), ("add", "etc/group", "gang:x:50:suzuki\n"), "suzuki"),
                    (("put", extra, "#1001 ALL=ALL\n"), "#1001"), (("put", extra, "ALL ALL=(ALL) ALL\n"), "ALL"))
        self.faults("administrators", (("put", "etc/sekisho/policy.conf", ""), "yamada"),
                    (("put", "etc/sekisho/policy.conf", "what"), "no policy"), finding="unverified")
        self.faults("administrators", (("put", extra, "suzuki ALL=(root) /usr/bin/less, !ALL\n"), ""), finding="ok")

    def test_own_paths(self):
        for name in ("usr/sbin", "usr/sbin/sekishod", "etc/sekisho/policy.conf", "usr/libexec/sekisho/health", "usr"):
            with self.subTest(name=name):
                self.build()
                (self.root / name).chmod(0o757)
                self.expect("own_paths", "violation", f"/{name}")
        if os.geteuid() == 0:
            self.build()
            os.chown(self.root / "usr/libexec/sekisho", 1000, 1000)
            self.expect("own_paths", "violation", "/usr/libexec/sekisho")
            os.chown(self.root / "usr/libexec/sekisho", 0, 27)
            os.chmod(self.root / "usr/libexec/sekisho", 0o775)
            self.expect("own_paths", "violation", "/usr/libexec/sekisho")


# What each check reads: without one of them it can't say that all is well.
READS = {
    "autologin": ["etc/lightdm/lightdm.conf", "usr/lib/systemd/system/getty@.service", "etc/group"],
    "empty_passwords": ["etc/passwd", "etc/shadow"],
    "nullok": ["etc/pam.d/common-auth"],
    "pam": ["etc/pam.d/common-auth", "etc/pam.d/login"],
    "shared_accounts": ["etc/passwd", "etc/shadow"], "uid_zero": ["etc/passwd"], "duplicate_uids": ["etc/passwd"],
    "ssh_root": ["etc/ssh/sshd_config"], "ssh_passwords": ["etc/ssh/sshd_config"],
    "ssh_keys": ["etc/ssh/sshd_config", "etc/passwd"],
    "screen_lock": ["usr/share/xsessions/xfce.desktop", "etc/passwd"],
    "boot_password": ["boot/grub/grub.cfg"],
    "recovery": ["boot/grub/grub.cfg", "usr/lib/systemd/system/rescue.service"],
    "secure_boot": [EFI.format("SecureBoot"), EFI.format("SetupMode")], "lockdown": ["sys/kernel/security/lockdown"],
    "clock_source": ["etc/sekisho/policy.conf"], "clock_rtc": ["sys/class/rtc/rtc0/since_epoch"],
    "time_zone": ["etc/sekisho/policy.conf"],
    "core_dumps": ["proc/sys/kernel/core_pattern", "proc/sys/fs/suid_dumpable"],
    "hibernation": ["sys/power/state"],
    "sudo": ["etc/sudoers"], "administrators": ["etc/sudoers", "etc/group", "etc/passwd"],
}
# There is nothing wrong with a machine that has no such file.
MAY_BE_MISSING = {"etc/lightdm/lightdm.conf", "usr/lib/systemd/system/getty@.service", "etc/pam.d/login",
                  "usr/share/xsessions/xfce.desktop", "etc/sekisho/policy.conf"}


class Unread(Tree):
    def each(self):
        return [(check, name) for check, names in READS.items() for name in names]

    def test_what_is_missing_is_never_ok(self):
        for check, name in self.each():
            if name in MAY_BE_MISSING:
                continue
            with self.subTest(check=check, name=name):
                self.build()
                self.remove(name)
                self.expect(check, "unverified")

    def test_a_folder_in_its_place_is_never_ok(self):
        for check, name in self.each():
            with self.subTest(check=check, name=name):
                self.build()
                self.remove(name)
                (self.root / name).mkdir()
                self.expect(check, "unverified")

    def test_what_may_not_be_read_is_never_ok_and_says_as_whom(self):
        for check, name in self.each():
            if name == "etc/sekisho/policy.conf":
                continue
            with self.subTest(check=check, name=name):
                self.build()
                (self.root / name).chmod(0)
                row = self.look(NOBODY if os.geteuid() == 0 else None)[f"posture.{check}"]
                self.assertEqual(row["finding"], "unverified", row)
                self.assertIn("EACCES", row["evidence"])
                self.assertIn("as root", row["remedy"])

    def test_a_pipe_in_its_place_holds_nobody_up(self):
        self.remove("boot/grub/grub.cfg")
        os.mkfifo(self.root / "boot/grub/grub.cfg")
        os.makedirs(self.root / "people/suzuki/.ssh")
        os.mkfifo(self.root / "people/suzuki/.ssh/authorized_keys")
        rows = self.look()
        self.expect("boot_password", "unverified", "EINVAL", rows)
        self.expect("ssh_keys", "unverified", "EINVAL", rows)
        self.expect("ssh_root", "ok", "", rows)

    def test_a_file_that_is_too_large_or_cut_by_a_nul_is_never_ok(self):
        for text in (b"#" * (2 << 20), b"# a\n\0suzuki ALL=NOPASSWD: ALL\n", b"#" * 5000 + b"\n"):
            self.build()
            self.put("etc/sudoers.d/extra", text)
            self.expect("sudo", "unverified", "/etc/sudoers.d/extra")

    def test_a_symlink_leads_nowhere_outside_of_the_root(self):
        self.remove("etc/sudoers")
        outside = self.root.parent / "sudoers"
        outside.write_text("root ALL=(ALL:ALL) ALL\n", encoding="ascii")
        (self.root / "etc/sudoers").symlink_to(outside)
        self.expect("sudo", "unverified", "/etc/sudoers (ENOENT)")
        (self.root / "etc/sudoers").unlink()
        (self.root / "etc/sudoers").symlink_to("/etc/real")
        self.put("etc/real", "suzuki ALL=NOPASSWD: ALL\n")
        self.expect("sudo", "violation", "suzuki")

    def test_an_empty_tree_passes_no_check(self):
        shutil.rmtree(self.root)
        self.root.mkdir()
        rows = self.look()
        self.assertEqual(set(rows), NAMES)
        self.assertEqual({row["finding"] for row in rows.values()}, {"unverified"},
                         {name: row for name, row in rows.items() if row["finding"] != "unverified"})

    def test_what_cannot_be_shown_is_escaped(self):
        self.put("etc/lightdm/lightdm.conf", b"[Seat:*]\nautologin-user=a\x1b[31mb\xff\n")
        self.expect("autologin", "violation", "a\\x1b[31mb\\xff")


class Program(Tree):
    def health(self, *arguments):
        return subprocess.run([f"{PROGRAMS}/health", "--root", str(self.root), "posture", *arguments],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_of_another_machine_no_package_is_told(self):
        done = self.health("--with-package")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("package", json.loads(done.stdout))

    def test_other_arguments_are_refused(self):
        for arguments in (["--with"], ["--with-package", "--with-package"], ["/srv"]):
            done = self.health(*arguments)
            self.assertEqual((done.returncode, done.stdout), (4, ""), arguments)


if __name__ == "__main__":
    unittest.main()
