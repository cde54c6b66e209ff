# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian trees for guests: bootstrap one, install packages into it, make a disk image of it."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import aptsources
from patience import patience

INSIDE = Path(__file__).resolve().parent / "inside"
LABEL = "sekisho-test"
DISK_SIZE = "4G"
ENCRYPTED_SIZE = 2048  # MiB: every one of them is written
LUKS_SIZE = 32  # MiB, of which cryptsetup shifts the data by half

PACKAGES = (
    "linux-image-amd64 systemd-sysv udev dbus polkitd libpam-systemd initramfs-tools zstd "
    "cryptsetup cryptsetup-bin cryptsetup-initramfs fdisk gdisk dosfstools e2fsprogs python3 "
    "procps kmod kbd evtest udisks2 strace iproute2 ca-certificates"
).split()

# Tests want a quiet machine with known people on it; nothing here may touch what sekisho guards.
CUSTOMIZE = r"""
set -eu
groupadd --gid 1000 staff1000  # Debian has a system group named "operator" already
useradd --create-home --uid 1000 --gid 1000 --shell /bin/bash operator
useradd --create-home --uid 1001 --shell /bin/bash operator2
printf '%s\n' root:root operator:operator operator2:operator2 | chpasswd
echo sekisho-test >/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 sekisho-test\n' >/etc/hosts
echo 'LABEL=sekisho-test / ext4 defaults 0 1' >/etc/fstab
mkdir -p /var/log/journal
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
            e2scrub_reap.service fstrim.timer systemd-networkd-wait-online.service; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
"""

# Runs just before the image is made, so that a change here does not rebuild the base.
FINISH = r"""
set -eu
mkdir -p /etc/systemd/system/sysinit.target.wants
ln -sf ../test-agent.service /etc/systemd/system/sysinit.target.wants/test-agent.service
rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/00test-host
: >/etc/machine-id
update-initramfs -u -k all
"""

# With all of Debian's modules, as it comes, an emulated processor takes minutes to make an initramfs; with
# those that a guest of ours has, a tenth of that. They are put in, not loaded: as in Debian's, udev does that.
SMALL_INITRAMFS = r"""
echo MODULES=list >/etc/initramfs-tools/conf.d/modules
cat >/etc/initramfs-tools/hooks/guest <<'END'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_pci virtio_blk ext4 xhci_pci usb_storage uas sd_mod usbhid hid_generic
END
chmod 755 /etc/initramfs-tools/hooks/guest
"""

# What the package `locales` makes when it is installed, much faster than a guest would.
LOCALES = "ja_JP.UTF-8 UTF-8\n"

POLICY_RC = "#!/bin/sh\n# No service may start in a chroot.\nexit 101\n"


def bootstrap(folder, suite):
    """Fills `folder` with a Debian of `suite` that has a kernel and the tools tests need."""
    sources = folder.parent / f"{folder.name}.list"
    sources.write_text(aptsources.sources_for(suite), encoding="ascii")
    script = folder.parent / f"{folder.name}.sh"
    script.write_text(CUSTOMIZE, encoding="ascii")
    checked(["mmdebstrap", "--mode=root", "--variant=apt", "--format=directory",
             f"--include={','.join(PACKAGES)}", "--skip=cleanup/apt/lists",
             "--dpkgopt=force-unsafe-io", f"--customize-hook=chroot \"$1\" sh -c '. /dev/stdin' <{script}",
             suite, str(folder), str(sources)], timeout=1200)
    sources.unlink()
    script.unlink()


def connect(root):
    """Lets a tree download packages as the host does, and start nothing that they bring."""
    write(root / "usr/sbin/policy-rc.d", POLICY_RC, 0o755)
    write(root / "etc/apt/apt.conf.d/00test-host", aptsources.apt_settings())
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")


def install(root, packages=(), deb=None):
    """Installs packages and a .deb with its dependencies, as an admin would, starting nothing."""
    connect(root)
    write(root / "etc/locale.gen", LOCALES)
    wanted = list(packages)
    if deb is not None:
        shutil.copyfile(deb, root / "tmp/product.deb")
        wanted.append("/tmp/product.deb")
    command = ("export DEBIAN_FRONTEND=noninteractive; apt-get install --yes -q "
               f"--no-install-recommends -o Dpkg::Options::=--force-unsafe-io {' '.join(wanted)}")
    # The lists came with the base; they are renewed only once they turn out to be stale.
    in_chroot(root, f"({command}) || (apt-get update -q && {command})", timeout=900)
    (root / "tmp/product.deb").unlink(missing_ok=True)


def finish(root, modules):
    """Puts the harness's agent in and brings the initramfs up to date: with `modules` "most", Debian's own,
    or with a "list", what guests need."""
    agent = root / "usr/local/libexec/test-agent"
    agent.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSIDE / "test-agent", agent)
    agent.chmod(0o755)
    shutil.copyfile(INSIDE / "test-agent.service", root / "etc/systemd/system/test-agent.service")
    in_chroot(root, finishing(modules), timeout=300)
    (root / "etc/resolv.conf").unlink(missing_ok=True)


def finishing(modules):
    return {"most": "", "list": SMALL_INITRAMFS}[modules] + FINISH


def make_disk(root, disk):
    """An ext4 image with a tree's files in it; sparse, so it costs what it holds."""
    checked(["mke2fs", "-q", "-t", "ext4", "-L", LABEL, "-N", "131072",
             "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard",
             "-d", str(root), str(disk), DISK_SIZE], timeout=120)


def encrypt_disk(disk, target, passphrase, uuid):
    """A copy of a disk image, smaller and encrypted in place: neither a mount nor a loop device is needed."""
    checked(["cp", "--sparse=always", str(disk), str(target)], 300)
    checked(["e2fsck", "-f", "-y", str(target)], 300)
    checked(["resize2fs", str(target), f"{ENCRYPTED_SIZE - LUKS_SIZE}M"], 300)
    os.truncate(target, ENCRYPTED_SIZE << 20)
    with tempfile.NamedTemporaryFile() as key:
        key.write(passphrase.encode())
        key.flush()
        checked(["cryptsetup", "reencrypt", "--encrypt", "--batch-mode", "--type", "luks2", "--resilience", "none",
                 "--uuid", uuid, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
                 "--reduce-device-size", f"{LUKS_SIZE}M", "--key-file", key.name, str(target)], 600)


def in_chroot(root, script, timeout, binds=None):
    """Runs a shell script in a tree. Mounts and processes end with it: they have namespaces."""
    checked(**chroot_command(root, script, binds or {}), timeout=timeout)


def chroot_command(root, script, binds):
    """`argv` and `env` of a script in a tree; `binds` is {folder in it: the host's, or "tmpfs"}."""
    # A root that is a mount, as on any machine: what stands in mountinfo is read by what is tested.
    mounts = ["mount --rbind \"$1\" \"$1\"", "mount -t proc proc \"$1/proc\"", "mount --rbind /sys \"$1/sys\"", "mount --rbind /dev \"$1/dev\""]
    for inside, host in binds.items():
        (root / inside).mkdir(parents=True, exist_ok=True)
        mounts.append(f"mount -t tmpfs tmpfs \"$1/{inside}\"" if host == "tmpfs" else
                      f"mount --bind {shlex.quote(str(host))} \"$1/{inside}\"")
    inside = " && ".join([*mounts, "exec chroot \"$1\" /bin/sh -c \"$2\""])
    env = {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
    env.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LANG="C.UTF-8", TERM=os.environ.get("TERM", "dumb"))
    return {"argv": ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
                     "sh", "-c", inside, "sh", str(root), script], "env": env}


def write(path, text, mode=0o644):
    path.write_text(text, encoding="ascii")
    path.chmod(mode)


def checked(argv, timeout, env=None):
    """Runs a host program; on failure says which, and the end of what it said."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=patience(timeout), env=env, check=False)
    if done.returncode != 0:
        tail = done.stdout.decode(errors="replace")[-3000:]
        raise RuntimeError(f"{argv[0]}: exit status {done.returncode}\n{tail}")
    return done.stdout.decode(errors="replace")
