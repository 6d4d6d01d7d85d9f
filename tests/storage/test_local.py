"""The local store keeps the contract, and survives kills, full disks and forged URLs."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contracts.objects import KEY, ObjectsContract
from wetplate.errors import ObjectMissing, StorageError, StorageFull
from wetplate.storage import local
from wetplate.storage.local import LocalObjects

HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path, tmp_path: Path) -> LocalObjects:
    return LocalObjects(folder, tmp_path / "objects.key")


class TestLocalObjects(ObjectsContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalObjects:
        return LocalObjects(tmp_path / "store", tmp_path / "objects.key")


def names(folder: Path) -> list[str]:
    """Every file that is no lock."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.parent.name != "locks")


def test_files_are_read_only_and_named_like_keys(store: LocalObjects, folder: Path) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    file = folder / "objects" / KEY
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    assert file.stat().st_nlink == 1
    assert names(folder) == [".abcd.png.json", "abcd.png"]


def test_a_key_below_an_object_is_refused(store: LocalObjects) -> None:
    store.put("a/b", b"", content_type="text/plain")
    with pytest.raises(StorageError, match="part of this key"):
        store.put("a/b/c", b"", content_type="text/plain")
    with pytest.raises(StorageError, match="part of this key"):
        store.get("a")
    store.put("a/c", b"", content_type="text/plain")
    assert [entry.key for entry in store.list()] == ["a/b", "a/c"]


BOUNDARIES = ["os.open", "os.write", "os.fchmod", "os.fsync", "os.link", "os.rename", "os.mkdir"]


@pytest.mark.parametrize("name", BOUNDARIES)
@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize(("number", "refusal"), [(errno.ENOSPC, StorageFull), (errno.EIO, StorageError)])
def test_a_failing_disk_leaves_nothing_under_the_key(
    store: LocalObjects,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    call: int,
    number: int,
    refusal: type[StorageError],
) -> None:
    real, calls = getattr(os, name.removeprefix("os.")), iter(range(1, 10_000))

    def fails(*args: object, **named: object) -> object:
        if next(calls) == call:
            raise OSError(number, os.strerror(number))
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(name, fails)
        try:
            store.put(KEY, b"bytes" * 1000, content_type="image/png")
            died = False
        except refusal:
            died = True
    if died and not (folder / "objects" / KEY).exists():
        assert names(folder) == []
        with pytest.raises(ObjectMissing):
            store.get(KEY)
    assert store.put(KEY, b"bytes" * 1000, content_type="image/png").size == 5000
    assert store.get(KEY) == b"bytes" * 1000


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small disk needs root")
def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        store = LocalObjects(disk, tmp_path / "objects.key")
        store.put("small", b"x" * 1000, content_type="text/plain")
        with pytest.raises(StorageFull, match="no space left"):
            store.put("large", b"x" * 1_000_000, content_type="text/plain")
        assert names(disk) == [".small.json", "small"]
        store.put("other", b"x" * 1000, content_type="text/plain")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


KILLED = """
import os, signal, sys
from pathlib import Path
from wetplate.storage.local import LocalObjects

real, calls = getattr(os, sys.argv[2]), 0

def killed(*args, **named):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        if sys.argv[2] == "write":
            real(args[0], bytes(args[1])[:2])
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **named)

setattr(os, sys.argv[2], killed)
LocalObjects(Path(sys.argv[1]), Path(sys.argv[1]) / "key").put("a/b", b"bytes", content_type="text/plain")
"""


@pytest.mark.parametrize(
    ("call", "time"),
    [
        ("write", 1),
        ("write", 2),
        ("rename", 1),
        ("link", 1),
        ("unlink", 2),
        *(("fsync", n) for n in range(1, 9)),
    ],
)
def test_a_killed_writer_leaves_nothing_that_stays(
    store: LocalObjects, folder: Path, call: str, time: int
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, folder, call, str(time)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [store.get(entry.key) for entry in store.list()] in ([], [b"bytes"])
    assert store.tidy() == 0
    left = len(list(folder.glob("writing/*")))
    assert store.tidy(older_than=0) == left
    assert not list(folder.glob("writing/*"))
    assert store.put("a/b", b"bytes", content_type="text/html").size == 5
    assert store.get("a/b") == b"bytes"
    assert names(folder) == [".b.json", "b"]


def test_other_bytes_may_follow_a_put_that_died_before_the_name(store: LocalObjects, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, folder, "link", "1"], check=False)
    assert (folder / "objects/a/.b.json").exists()
    assert store.put("a/b", b"other", content_type="image/png").content_type == "image/png"


def test_tidy_leaves_a_living_writer_alone(store: LocalObjects, folder: Path) -> None:
    with store._written(b"half way") as file:
        assert store.tidy(older_than=0) == 0
        assert file.exists()


def test_processes_race_too(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from wetplate.storage.local import LocalObjects\n"
        "store = LocalObjects(Path(sys.argv[1]), Path('key'))\n"
        "store.put('a', sys.argv[2].encode(), content_type='text/plain')"
    )
    racers = [subprocess.Popen([sys.executable, "-c", script, folder, str(n)], stderr=-3) for n in range(4)]
    assert sorted(racer.wait() for racer in racers) == [0, 1, 1, 1]


def test_a_presigned_url_opens_its_key_until_it_expires(
    store: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    url = store.presign(KEY, expires=HOUR)
    assert store.verify(url) == store.verify(f"https://images.example{url}") == KEY
    late = local.now() + HOUR + timedelta(seconds=1)
    monkeypatch.setattr(local, "now", lambda: late)
    with pytest.raises(StorageError, match="expired"):
        store.verify(url)


@pytest.mark.parametrize(
    "forged",
    [
        lambda url: url.replace("abcd", "abce"),
        lambda url: url.replace("expires=1", "expires=2"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.split("&")[0],
        lambda url: url.split("?")[0],
        lambda url: url.replace("signature=", "signature=%C3%A4"),
        lambda url: url.replace("expires=", "expires=%D9%A1"),
        lambda url: url.replace("/objects/", "/objects/../objects/"),
    ],
)
def test_a_forged_url_opens_nothing(store: LocalObjects, forged: Callable[[str], str]) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    url = store.presign(KEY, expires=HOUR)
    assert forged(url) != url
    with pytest.raises(StorageError):
        store.verify(forged(url))


def test_the_key_of_urls_is_private_and_made_once(store: LocalObjects, tmp_path: Path) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    others = [LocalObjects(tmp_path / "store", tmp_path / "objects.key") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(lambda other: other.presign(KEY, expires=HOUR), others))
    assert {store.verify(url) for url in urls} == {KEY}
    assert stat.S_IMODE((tmp_path / "objects.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["objects.key"]


def test_a_cut_key_is_refused(store: LocalObjects, tmp_path: Path) -> None:
    store.put(KEY, b"bytes", content_type="image/png")
    (tmp_path / "objects.key").write_bytes(b"")
    with pytest.raises(StorageError, match="no key of presigned URLs"):
        store.presign(KEY, expires=HOUR)
