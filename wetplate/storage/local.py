"""Objects in a local folder: durable without any set-up, and plain files that a static web server can send.

Layout under the folder: `objects/<key>` holds the bytes (0444); beside each, hidden, `.<name>.json` the
headers; `writing/` the files being written; `locks/` one lock per shard of keys.

Rules:
1. The name under `objects/` appears by `link` once bytes and headers are on disk, and is the only sign that
   the object exists. Headers without bytes are a put that died; the next put replaces them.
2. Writers of one key take turns by a lock of the kernel, which a killed process loses.
3. A file in `writing/` whose lock stays free belongs to nobody any more: `tidy` removes it.
4. A presigned URL is a path with an expiry and an HMAC; whoever serves the folder asks `verify` first.
"""

import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from wetplate.errors import ObjectConflict, ObjectMissing, StorageError, StorageFull
from wetplate.storage.database import now
from wetplate.storage.objects import Entry, Head, checked_key, sha256

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SHARDS = 64
URLS = "/objects/"
SECRET_BYTES = 32
MINUTE = 60.0


class LocalObjects:
    """A put-once store in a folder of one machine. `secret` is the file with the key of presigned URLs."""

    def __init__(self, folder: Path, secret: Path) -> None:
        self._objects, self._writing, self._locks = (
            folder / name for name in ("objects", "writing", "locks")
        )
        self._secret = secret

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        path, digest = self._path(key), sha256(body)
        with _refusals(key), self._turn(key):
            if not path.exists():
                self._create(path, body, {"content_type": content_type, "sha256": digest})
            head = self.head(key)
        if head.sha256 != digest:
            raise ObjectConflict(
                f"{key}: other bytes stand there (sha256 {head.sha256[:12]}); nothing written"
            )
        return head

    def get(self, key: str) -> bytes:
        with _refusals(key):
            return self._path(key).read_bytes()

    def head(self, key: str) -> Head:
        path = self._path(key)
        with _refusals(key):
            found = path.stat()
            headers = json.loads(_headers(path).read_bytes())
        return Head(key=key, size=found.st_size, put_at=_moment(found.st_mtime), **headers)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        for path in _walk(self._objects):
            key = path.relative_to(self._objects).as_posix()
            if key.startswith(prefix):
                with suppress(FileNotFoundError):
                    found = path.stat()
                    yield Entry(key=key, size=found.st_size, put_at=_moment(found.st_mtime))

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _refusals(key), self._turn(key):
            path.unlink(missing_ok=True)
            _headers(path).unlink(missing_ok=True)

    def presign(self, key: str, *, expires: timedelta) -> str:
        """A path `/objects/<key>?expires=..&signature=..` for the server that sends this folder."""
        until = int((now() + expires).timestamp())
        found = self.head(key).key
        return f"{URLS}{found}?{urlencode({'expires': until, 'signature': self._sign(found, until)})}"

    def verify(self, url: str) -> str:
        """The key that a presigned URL opens now. Raises StorageError when it is forged or has expired."""
        parts = urlsplit(url)
        key, asked = checked_key(parts.path.removeprefix(URLS)), parse_qs(parts.query)
        until, signature = asked.get("expires", [""])[0], asked.get("signature", [""])[0]
        if not until.isascii() or not until.isdigit() or len(until) > 12:
            raise StorageError(f"{key}: this URL carries no expiry; ask for a new one")
        if not hmac.compare_digest(
            self._sign(key, int(until)), signature.encode("ascii", "replace").decode()
        ):
            raise StorageError(f"{key}: the signature of this URL is not ours; ask for a new one")
        if now().timestamp() >= int(until):
            raise StorageError(f"{key}: this URL has expired; ask for a new one")
        return key

    def tidy(self, *, older_than: float = MINUTE) -> int:
        """Remove what killed writers left in `writing/` so many seconds ago; how many files that were."""
        left = [path for path in self._writing.glob("*") if _abandoned(path, older_than)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, key: str) -> Path:
        return self._objects / checked_key(key)

    def _create(self, path: Path, body: bytes, headers: dict[str, str]) -> None:
        _folder(path.parent)
        with self._written(json.dumps(headers).encode()) as file:
            file.rename(_headers(path))
        try:
            with self._written(body) as file:
                path.hardlink_to(file)
        except OSError:
            _headers(path).unlink()
            raise
        _sync(path.parent)

    @contextmanager
    def _written(self, body: bytes) -> Iterator[Path]:
        """A read-only file on disk with this body, gone (under this name) after the block."""
        _folder(self._writing)
        path = self._writing / secrets.token_hex(16)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(descriptor, body)
            os.fchmod(descriptor, 0o444)
            os.fsync(descriptor)
            yield path
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        """One writer of this key at a time, among threads and processes."""
        _folder(self._locks)
        shard = int(hashlib.sha256(key.encode()).hexdigest(), 16) % SHARDS
        descriptor = os.open(self._locks / f"{shard:02}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _sign(self, key: str, until: int) -> str:
        return hmac.new(self._key(), f"GET\n{key}\n{until}".encode(), hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        if not self._secret.exists():
            _new_secret(self._secret)
        key = self._secret.read_bytes()
        if len(key) < SECRET_BYTES:
            raise StorageError(f"{self._secret} is no key of presigned URLs: delete it for a new one")
        return key


def _new_secret(path: Path) -> None:
    """Make the file of the key, whole or not at all; the first of two racing makers wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(0o600)
    draft.write_bytes(secrets.token_bytes(SECRET_BYTES))
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _headers(path: Path) -> Path:
    return path.with_name(f".{path.name}.json")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _walk(folder: Path) -> Iterator[Path]:
    """Every object's file below the folder, in key order: `a-b` comes before `a/b`."""
    try:
        found = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except FileNotFoundError:
        return
    for entry in sorted(found, key=lambda entry: entry.name + "/" * entry.is_dir()):
        if entry.is_dir():
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def _write(descriptor: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _folder(folder: Path) -> None:
    """Make the folder and its parents, each entry on disk before the next."""
    if not folder.is_dir():
        _folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _abandoned(path: Path, older_than: float) -> bool:
    try:
        if now().timestamp() - path.stat().st_mtime < older_than:
            return False
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _refusals(key: str) -> Iterator[None]:
    """The operating system's errors in the port's words."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing(f"{key}: no such object in the folder") from error
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise StorageError(f"{key}: a part of this key is already an object or a folder of others") from error
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(
                f"{key}: no space left for it ({error.strerror}); free some and run again"
            ) from error
        raise StorageError(f"{key}: {error.strerror or error}; check the folder's owner and disk") from error
