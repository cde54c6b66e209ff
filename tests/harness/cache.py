# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of built things, each named by a hash of all that went into it.

Builders of one thing exclude each other with flock; a finished thing appears by rename, so a
reader never sees half of it. Whoever uses a layer holds a shared lock on it, and purging takes
only what nobody holds.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

DEFAULT = "/var/cache/sekisho-tests"


def key_of(*parts):
    """A short hash of strings and of files' contents (given as Path)."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


class Layer:
    """A finished layer in use: a folder that is not purged while this object lives."""

    def __init__(self, path, lock):
        self.path = path
        self._lock = lock

    @property
    def key(self):
        return self.path.name


class Cache:
    """`tell(name)` is called before a layer is built, which takes a minute or more."""

    def __init__(self, root=None, keep=None, tell=lambda name: None):
        self.tell = tell
        self.root = Path(root or os.environ.get("SEKISHO_CACHE", DEFAULT))
        self.keep = int(keep or os.environ.get("SEKISHO_CACHE_KEEP", "5"))
        self.root.mkdir(parents=True, exist_ok=True)

    def layer(self, kind, key, build):
        """The layer `kind-key`; `build(folder)` fills an empty folder when there is none yet."""
        name = f"{kind}-{key}"
        held = self._hold(name)
        if held is None:
            with self._locked(f"build-{name}"):
                held = self._hold(name) or self._build(name, build)
            self.purge(kind)
        return held

    def _hold(self, name):
        path = self.root / name
        try:
            lock = open(path / ".lock", "rb")
        except FileNotFoundError:
            return None
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not _is_at(lock, path / ".lock"):  # purged, perhaps built anew, since it was opened
            lock.close()
            return None
        os.utime(path)
        return Layer(path, lock)

    def _build(self, name, build):
        self.tell(name)
        with self.scratch() as folder:
            build(folder)
            lock = open(folder / ".lock", "wb")
            fcntl.flock(lock, fcntl.LOCK_SH)  # held before anybody can see, and purge, the layer
            os.rename(folder, self.root / name)
        return Layer(self.root / name, lock)

    @contextlib.contextmanager
    def scratch(self):
        """A folder on the cache's own file system, gone afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="tmp-", dir=self.root))
        folder.chmod(0o755)
        alive = folder.with_name(f"{folder.name}.alive")
        with open(folder.with_name(f"{folder.name}.new"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            os.rename(lock.name, alive)  # never there without its lock
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                alive.unlink(missing_ok=True)

    def purge(self, kind):
        """Removes all layers of a kind but the newest, and what killed builders left behind."""
        layers = {}
        for path in self.root.glob(f"{kind}-*"):
            with contextlib.suppress(FileNotFoundError):  # others purge as well
                layers[path] = path.stat().st_mtime
        for path in sorted(layers, key=layers.get, reverse=True)[self.keep:]:
            self._remove_unless_held(path, path / ".lock")
        for alive in self.root.glob("tmp-*.alive"):
            if self._remove_unless_held(alive.with_suffix(""), alive):
                alive.unlink(missing_ok=True)
        for doomed in self.root.glob("doomed-*"):
            shutil.rmtree(doomed, ignore_errors=True)

    def _remove_unless_held(self, path, lock_path):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), open(lock_path, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():
                doomed = self.root / f"doomed-{os.getpid()}-{path.name}"
                os.rename(path, doomed)
                shutil.rmtree(doomed, ignore_errors=True)
            return True
        return False

    @contextlib.contextmanager
    def _locked(self, name):
        """Excludes others; the lock's file is gone afterwards, so who waited for it looks again."""
        path = self.root / f".{name}"
        while True:
            with open(path, "wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not _is_at(lock, path):
                    continue
                try:
                    yield
                finally:
                    path.unlink()
                return


def _is_at(file, path):
    """Whether a path still leads to this open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
