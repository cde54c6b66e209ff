# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator with a shell tries to hide what is done with protected files. Each trick is in the ledger as it was done, or
sekisho-trail(7) says that it can't be seen, and then it is not. What is expected is written from what is done."""

import collections
import re

from guest import Guest
from scenario import (Keyboard, SUITE, Scenario, comes_true, compiled, debian_package, image, last_sequence, rows, text_of,
                      usb_disks, wait_named, wait_plugged)

FOLDER = "/srv/tokutei"
HOME = "/home/operator"
SHUT = "/srv/shut"  # protected, and closed to operators
OWN = f"{HOME}/own"  # protected, and in a folder of the operator's
LATER = f"{HOME}/later"  # protected only once a file in it is open
STICK = "/media/stick"
HIDER = "/usr/local/bin/hider"
NUMBER = "123456789018"  # as a My Number: its check digit is right

Row = collections.namedtuple("Row", "kind object to outcome path saved")
# `script`: of the operator's shell, in which $D is the trick's own folder in the protected one and $O one outside.
Trick = collections.namedtuple("Trick", "name sentence script rows")


def row(kind, name, to=None, outcome="done", path=None, saved=None):
    return Row(kind, name, to, outcome, path, saved)


def read(name, **more):
    return row("file.read", name, **more)


def policy(*folders):
    listed = ", ".join(f'"{folder}"' for folder in folders)
    return f"files = {{ protected = ( {listed} ); fold_seconds = 0; }};\\n"


SETUP = [
    f"mkdir -p {FOLDER} {SHUT} {OWN} {LATER} {STICK} && chmod 711 {HOME}",
    f"chown operator:staff1000 {FOLDER} {OWN} {LATER} && chmod 700 {SHUT} && echo s > {SHUT}/file",
    f"printf '{policy(FOLDER, SHUT, OWN)}' > /etc/sekisho/policy.d/files.conf",
    "sekisho policy check",
    "cp /bin/cat /usr/bin/lp",  # a stand-in: the row is about the program's path
    "systemctl restart sekishod",
]

# What the tricks find, made by somebody whom nobody watches (no login uid).
PREPARE = f"""
import os, sys
os.umask(0o022)
for name in sys.argv[1:]:
    for folder in ("{FOLDER}", "{HOME}"):
        os.mkdir(f"{{folder}}/{{name}}")
    with open(f"{FOLDER}/{{name}}/file", "w") as file:
        file.write("secret\\n")
def put(path):
    with open(path, "w") as file:
        file.write("secret\\n")
def deep(base, part, length):
    # A file `path` of so many bytes, built from where the working folder is: the kernel takes no longer name.
    os.chdir(base)
    path = base.encode()
    while length - len(path) > 251:
        os.mkdir(part * (250 // len(part)))
        os.chdir(part * (250 // len(part)))
        path += b"/" + part * (250 // len(part))
    put(part * (length - len(path) - 1))
    os.chdir("/")
os.link("{FOLDER}/oldlink/file", "{HOME}/oldlink/name")
os.mkdir("{FOLDER}/slash/old")
os.mkdir("{FOLDER}/slash/new")
put("{FOLDER}/chroot/chroot-file")
put("{FOLDER}/number/{NUMBER}.txt")
put("{FOLDER}/line/a\\nb\\"c' $(id)")
put(b"{FOLDER}/bytes/\\xff\\xfe\\x01")
put("{FOLDER}/longname/" + "n" * 255)
deep("{FOLDER}/longpath", b"p", 4095)
deep("{FOLDER}/longhex", b"\\n", 4095)
os.chdir("{FOLDER}/deep")
for i in range(20):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
put("deepest")
for name in ("one", "two"):
    for trick in ("exchange", "ringnow", "ringlater", "ringpolled"):
        put(f"{FOLDER}/{{trick}}/{{name}}")
"""


def python(script):
    return "python3 -B - <<'END'\nimport ctypes, mmap, os\nD, O = os.environ['D'], os.environ['O']\n" + script + "\nEND"


def inside(name, file="file"):
    return f"{FOLDER}/{name}/{file}" if file else f"{FOLDER}/{name}"


def outside(name, file="file"):
    return f"{HOME}/{name}/{file}" if file else f"{HOME}/{name}"


def long_path(name, part):
    """As deep() in PREPARE makes it."""
    path = inside(name, None)
    while 4095 - len(path) > 251:
        path += "/" + part * 250
    return path + "/" + part * (4094 - len(path))


def namespace(script):
    """In a user namespace, where everybody may mount."""
    return f"unshare --user --map-root-user --mount sh -ec '{script}'"


TRICKS = [
    # ---- Names
    Trick("relative", "a relative path is whole", "cd $D && cat file", [read(inside("relative"))]),
    Trick("dotted", "dots stay where they are", "cd $D/.. && cat dotted/../dotted/file",
          [read(f"{FOLDER}/dotted/../dotted/file")]),
    Trick("dirfd", "a descriptor of a protected folder is known", python("""
fd = os.open(D, os.O_RDONLY | os.O_DIRECTORY)
os.open("file", os.O_RDONLY, dir_fd=fd)"""),
          [read(inside("dirfd", None)), read(inside("dirfd"), path="descriptor")]),
    Trick("outerfd", "one of another folder is not", python("""
fd = os.open("/srv", os.O_RDONLY | os.O_DIRECTORY)
os.open("tokutei/outerfd/file", os.O_RDONLY, dir_fd=fd)"""),
          [read("tokutei/outerfd/file", path="unresolved")]),
    Trick("hardlink", "making a hard link is recorded, an access through it is not visible",
          "ln $D/file $O/name && cat $O/name",
          [row("file.created", inside("hardlink"), to=outside("hardlink", "name"))]),
    Trick("oldlink", "an access through a hard link from before is not visible", "cat $O/name", []),
    Trick("symlink", "an access through a symlink is recorded by that name", "ln -s $D/file $O/name && cat $O/name",
          [read(outside("symlink", "name"))]),
    Trick("symlinked", "a symlink in the folder is a file like others", "ln -s /etc/hostname $D/name",
          [row("file.created", inside("symlinked", "name"))]),
    Trick("procfd", "by /proc/self/fd it is recorded again", "exec 3<$D/file && cat /proc/self/fd/3",
          [read(inside("procfd")), read("/proc/self/fd/3")]),
    Trick("procroot", "by /proc/self/root it is recorded", "cat /proc/self/root$D/file",
          [read("/proc/self/root" + inside("procroot"))]),
    Trick("line", "line ends and quotes stand as they are written", python("""
open(D + "/a\\nb\\"c' $(id)")"""), [read(inside("line", "a\\x0ab\"c' $(id)"))]),
    Trick("bytes", "bytes that are no text, too", python("""
open(os.fsencode(D) + b"/\\xff\\xfe\\x01")"""), [read(inside("bytes", "\\xff\\xfe\\x01"))]),
    Trick("longname", "a name of 255 bytes is whole", "cat $D/n*", [
        read(inside("longname", None)), read(inside("longname", "n" * 255))]),
    # ---- Ways to open
    Trick("mmap", "a mapped file was opened", python("""
with open(D + "/file", "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
memory[0:1] = b"x"
memory.flush()"""), [row("file.written", inside("mmap"))]),
    Trick("pumped", "what moves bytes in the kernel opens first", python("""
source = os.open(D + "/file", os.O_RDONLY)
target = os.open(O + "/copy", os.O_WRONLY | os.O_CREAT)
os.copy_file_range(source, target, 2)
os.sendfile(target, source, None, 2)
ends = os.pipe()
os.splice(source, ends[1], 2)"""), [read(inside("pumped"))]),
    Trick("tmpfile", "a file without a name is recorded when it gets one", python("""
fd = os.open(D, os.O_TMPFILE | os.O_RDWR)
os.link(f"/proc/self/fd/{fd}", D + "/name", src_dir_fd=os.open("/", os.O_RDONLY), follow_symlinks=True)"""),
          [row("file.created", inside("tmpfile", None)),
           row("file.created", "/proc/self/fd/3", to=inside("tmpfile", "name"))]),
    Trick("openat2", "openat2 is recorded", f"{HIDER} openat2 $D/file", [read(inside("openat2"))]),
    Trick("int80", "32-bit system calls are recorded", f"{HIDER} int80 $D/file", [read(inside("int80"))]),
    Trick("handle", "a handle opens nothing for an operator", f"{HIDER} handle $D/file", []),
    Trick("exec", "running a file is reading it", "cp /bin/true $D/program && $D/program",
          [row("file.created", inside("exec", "program")), read(inside("exec", "program"))]),
    Trick("looked", "attributes and names that are not there are no rows", "stat $D/file; cat $D/missing; true", []),
    Trick("ringnow", "io_uring: opened by the call",
          f"stat $D/file $D/one $D/two && {HIDER} ring now open $D/file && {HIDER} ring now openat2 $D/file open $D/one write $D/two",
          [read(inside("ringnow")), read(inside("ringnow")), read(inside("ringnow", "one")),
           read(inside("ringnow", "two"))]),
    Trick("ringlater", "io_uring: opened by the kernel's threads",
          f"{HIDER} ring later open $D/file && {HIDER} ring later write $D/one",
          [read("?", path="unresolved"), read("?", path="unresolved")]),
    Trick("ringpolled", "io_uring: handed in without a call",
          f"stat $D/file $D/one && {HIDER} ring polled open $D/file && {HIDER} ring polled write $D/one",
          [read(inside("ringpolled")), read(inside("ringpolled", "one"))]),
    Trick("ringmade", "io_uring: made, renamed, deleted",
          f"{HIDER} ring now create $D/a && {HIDER} ring now rename $D/a $D/b && {HIDER} ring now unlink $D/b"
          f" && {HIDER} ring now mkdir $D/c",
          [row("file.created", "? (inode)", path="unresolved"),
           row("file.renamed", "? (inode)", to="? (inode)", path="unresolved"),
           row("file.deleted", "? (inode)", path="unresolved"),
           row("file.created", "? (inode)", path="unresolved")]),
    # ---- Names that change
    Trick("exchange", "two files that change places", f"{HIDER} exchange $D/one $D/two",
          [row("file.renamed", inside("exchange", "one"), to=inside("exchange", "two"))]),
    Trick("slash", "a folder renamed with a slash behind it", "mv $D/old/ $D/new/",
          [read(inside("slash", "new")),
           row("file.renamed", inside("slash", "?"), to=inside("slash", "new/old"), path="unresolved")]),
    Trick("over", "a file that is moved over another", "echo n >$O/new && mv $O/new $D/file",
          [row("file.renamed", outside("over", "new"), to=inside("over"))]),
    # ---- Other places
    Trick("bind", "a bind mount in a user namespace", namespace("mount --bind $D $O && cat $O/file"),
          [read(outside("bind", None)), read(inside("bind", None)), read(outside("bind"))]),
    Trick("overlay", "an overlay in a user namespace", namespace(
        "mkdir $O/upper $O/work $O/mnt; "
        "mount -t overlay -o lowerdir=$D,upperdir=$O/upper,workdir=$O/work overlay $O/mnt; cat $O/mnt/file"),
          [read(outside("overlay", "mnt")), read(outside("overlay", "upper")), read(outside("overlay", "work")),
           read(inside("overlay", None))]),
    Trick("chroot", "another root in a user namespace", python("""
assert ctypes.CDLL(None).unshare(0x10000000) == 0 # CLONE_NEWUSER
os.chroot(D)
os.open("/chroot-file", os.O_RDONLY)"""), [read(inside("chroot", None)), read("/chroot-file")]),
    # ---- What programs do
    Trick("sed", "sed -i is a save", "sed -i s/secret/other/ $D/file", [
        read(inside("sed")), row("file.created", inside("sed", "sedXXXXXX")),
        row("file.changed", inside("sed", "sedXXXXXX"), path="descriptor"),
        row("file.changed", inside("sed", "sedXXXXXX"), path="descriptor"),
        row("file.written", inside("sed"), saved="rename")]),
    Trick("vi", "vi saves", "vim.tiny -u NONE -n -es -c 's/secret/other/' -c wq $D/file", []),
    Trick("office", "an office program saves", python("""
os.close(os.open(D + "/.~lock.file#", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
os.close(os.open(D + "/file", os.O_RDONLY))
os.close(os.open(D + "/lu1.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
os.rename(D + "/lu1.tmp", D + "/file")
os.unlink(D + "/.~lock.file#")"""),
          [row("file.created", inside("office", ".~lock.file#")), read(inside("office")),
           row("file.created", inside("office", "lu1.tmp")), row("file.written", inside("office"), saved="rename"),
           row("file.deleted", inside("office", ".~lock.file#"))]),
    Trick("print", "lp prints", "lp $D/file", [row("file.printed", inside("print"))]),
    # ---- Where there is no right
    Trick("shut", "a folder that is shut", f"cat {SHUT}/file; ls {SHUT}; cd /srv && cat shut/file; true",
          [read(f"{SHUT}/file", outcome="refused"), read(SHUT, outcome="refused"),
           read(f"{SHUT}/file", outcome="refused")]),
    Trick("shutput", "and writing there", f"(echo x >{SHUT}/new) || python3 -c 'import os; os.unlink(\"{SHUT}/file\")'; true",
          [row("file.written", f"{SHUT}/new", outcome="refused"),
           row("file.deleted", f"{SHUT}/file", outcome="refused")]),
    Trick("elsewhere", "what is refused elsewhere is nobody's business", "cat /etc/shadow /root/x; true", []),
    Trick("number", "a My Number in a name is a token", f"cat $D/{NUMBER}.txt", [read(inside("number", "[MN].txt"))]),
    Trick("longpath", "a path of 4,095 bytes is whole", python(f"""
os.open({long_path("longpath", "p")!r}, os.O_RDONLY)"""), [read(long_path("longpath", "p"))]),
    Trick("longhex", "one of 4,095 bytes that are no text, too", python(f"""
os.open({long_path("longhex", chr(10))!r}, os.O_RDONLY)"""), [read(long_path("longhex", chr(10)).replace(chr(10), "\\x0a"))]),
    Trick("deep", "a working folder that is too deep for a path is not told", python("""
os.chdir(D)
for _ in range(20):
    os.chdir("d" * 250)
os.open("deepest", os.O_RDONLY)"""), [read("deepest", path="unresolved")]),
]
MARK = f"{FOLDER}/marks/"


def prepare(guest):
    names = [trick.name for trick in TRICKS] + ["marks"]
    guest.push(compiled("hider"), HIDER, 0o755)
    guest.push(PREPARE.encode(), "/root/prepare.py", 0o644)
    guest.run(["python3", "-B", "/root/prepare.py", *names], loginuid=None, timeout=120)
    guest.run(f"cd {MARK} && touch {' '.join(names)} end && chown -R operator:staff1000 {FOLDER} {HOME}", loginuid=None,
              timeout=120)


def play(guest, trick):
    """Does it behind a mark in the ledger; what the shell and its programs said."""
    done = guest.run(["bash", "-c", f": < {MARK}{trick.name}\n{trick.script}"], user="operator", check=False,
                     env={"D": inside(trick.name, None), "O": outside(trick.name, None)}, timeout=120)
    return f"{done.status} {done.out} {done.err}"


def row_of(told):
    details = told["sekisho"].get("details") or {}
    return Row(told["event"]["action"], plain(told["sekisho"]["object"]), plain(details.get("to")),
               told["sekisho"]["outcome"], details.get("path"), details.get("saved"))


def plain(name):
    """Without what differs from run to run."""
    for pattern, word in ((r"\(inode \d+\)", "(inode)"), (r"/sed\w{6}$", "/sedXXXXXX"), (r"\[MN:\w{16}\]", "[MN]")):
        name = name and re.sub(pattern, word, name)
    return name


def by_trick(guest):
    """{name: its rows}, in the order in which things were done."""
    listed = rows(guest, "file.*") + rows(guest, "medium.*")
    listed.sort(key=lambda each: (each["@timestamp"], each["event"]["sequence"]))
    found, name = {}, None
    for each in listed:
        is_mark = each["sekisho"]["object"].startswith(MARK)
        if is_mark:
            name = each["sekisho"]["object"][len(MARK):]
            found[name] = []
        elif name:
            found[name].append(row_of(each))
    return found


def is_saved(told):
    """vi reads it several times and keeps a copy beside it meanwhile; the file itself is written once."""
    kinds = [each.kind for each in told if each.object == inside("vi") and each.kind != "file.changed"]
    return set(kinds) == {"file.read", "file.written"} and kinds.count("file.written") == 1


def is_told(s, guest):
    said = {trick.name: play(guest, trick) for trick in TRICKS}
    guest.run(f": < {MARK}end", user="operator")
    wait_named(guest, "file.read", MARK + "end", timeout=60)
    comes_true(lambda: "end" in by_trick(guest), 10)
    found = by_trick(guest)
    for trick in TRICKS:
        told = found.get(trick.name)
        wanted = told is not None and is_saved(told) if trick.name == "vi" else told == trick.rows
        s.check(trick.sentence, wanted, (trick.name, told, said[trick.name][-500:]))


def tells_a_copy_to_a_medium(s, guest):
    stick = s.stick("COPY")
    guest.plug(stick)
    wait_plugged(guest, "COPY")
    guest.wait_for(lambda: usb_disks(guest), 20)
    guest.run(f"mount -o uid=1000 /dev/{usb_disks(guest)[0]}1 {STICK}")
    guest.wait_for(f"auditctl -l | grep -q 'dir={STICK} '", 30)
    guest.run(["cp", inside("relative"), f"{STICK}/copy"], user="operator")
    found = [row_of(each) for each in wait_named(guest, "medium.written", f"{STICK}/copy")]
    s.check("a copy to a medium is told as such", found == [row("medium.written", f"{STICK}/copy")], found)
    guest.run(f"umount {STICK}")


def has_no_number(s, guest):
    kept = guest.run(f"grep -r -a -l {NUMBER} /var/lib/sekisho", check=False)
    s.check("the number itself stands nowhere in what the agent keeps", kept.status == 1, kept.out + kept.err)


def is_recorded(guest, script, kind, name, timeout=20):
    """Does it again and again until it is seen."""
    def once():
        guest.run(["bash", "-c", script], user="operator", check=False)
        return any(each["sekisho"]["object"] == name for each in rows(guest, kind))
    return comes_true(once, timeout)


def names(guest, kind, after):
    return [each["sekisho"]["object"] for each in rows(guest, kind, after)]


def follows_folders(s, guest):
    before = last_sequence(guest)
    guest.run(["bash", "-c", f"echo a >{OWN}/a && rm -r {OWN} && mkdir {OWN} && echo b >{OWN}/b"], user="operator")
    s.check("a deleted folder made anew is watched again within seconds",
            is_recorded(guest, f"cat {OWN}/b", "file.read", f"{OWN}/b"))
    s.check("what was deleted in it is recorded", f"{OWN}/a" in names(guest, "file.deleted", before),
            names(guest, "file.*", before))
    s.check("and that it was not watched is recorded", wait_named(guest, "agent.tampered", "audit rules", before),
            [text_of(each) for each in rows(guest, after=before)])

    before = last_sequence(guest)
    guest.run(["bash", "-c", f"mv {OWN} {OWN}.away && mkdir {OWN} && echo c >{OWN}/c"], user="operator")
    s.check("a folder made in the place of one that was moved away is watched within seconds",
            is_recorded(guest, f"cat {OWN}/c", "file.read", f"{OWN}/c"))
    s.check("the moving is recorded", OWN in names(guest, "file.renamed", before))
    s.check("and that it was not watched is, too", wait_named(guest, "agent.tampered", "audit rules", before),
            [text_of(each) for each in rows(guest, after=before)])

    before = last_sequence(guest)
    guest.run(["bash", "-c", f"mv {OWN} {OWN}.gone && sleep 4 && mkdir {OWN} && echo d >{OWN}/d"], user="operator")
    s.check("one made a while later is watched within a minute",
            is_recorded(guest, f"sleep 2; cat {OWN}/d", "file.read", f"{OWN}/d", 80))
    s.check("which is recorded, too", wait_named(guest, "agent.tampered", "audit rules", before),
            [text_of(each) for each in rows(guest, after=before)])


def begins_with_the_rule(s, guest):
    guest.run(f"echo secret >{LATER}/file", loginuid=None)
    job = guest.start_job(["bash", "-c", f"exec 3<{LATER}/file; echo open; until [ -e /tmp/go ]; do sleep 0.2; done; "
                                         "cat <&3; cat /proc/self/fd/3; sleep 600"], user="operator")
    guest.wait_for(lambda: "open" in job.poll().out, 20)
    guest.push(policy(FOLDER, SHUT, OWN, LATER).replace("\\n", "\n").encode(), "/etc/sekisho/policy.d/files.conf", 0o644)
    guest.run("systemctl reload sekishod")
    guest.wait_for(f"auditctl -l | grep -q 'dir={LATER} '", 30)
    before = last_sequence(guest)
    guest.run("touch /tmp/go")
    guest.wait_for(lambda: "secret" in job.poll().out, 20)
    found = [row_of(each) for each in wait_named(guest, "file.read", "/proc/self/fd/3", before)]
    s.check("reading what was open before the rule is not visible, opening it again is", found == [read("/proc/self/fd/3")],
            found)
    s.check("nothing else is told of it", not [n for n in names(guest, "file.*", before) if n.startswith(LATER)])
    job.kill()


with Scenario("who hides from the trail is seen, or the manual says why not") as s:
    base = image.build(debian_package(), SUITE, packages=("vim-tiny",))
    with Guest(image.prepared(base, SETUP, usb=[Keyboard()]), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        guest.wait_for("auditctl -l | grep -q sekisho-refused", 60)
        prepare(guest)
        is_told(s, guest)
        tells_a_copy_to_a_medium(s, guest)
        has_no_number(s, guest)
        follows_folders(s, guest)
        begins_with_the_rule(s, guest)
