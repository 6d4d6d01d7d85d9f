"""Where the keys of signed addresses come from: a setting, or a file made on first use.

Here: reading and making a ring. Not here: signing (`signing`), the file (`storage.secret_file`).

Rules:
1. A ring is written `id:hex,id:hex`: the first signs, all verify. To rotate, put a new key first; drop the
   old one when what it signed has expired (a day).
2. A secret has at least 16 bytes.
"""

import re
import secrets
from pathlib import Path
from typing import Final

from wetplate.delivery.signing import KeyRing
from wetplate.errors import SettingError
from wetplate.storage.secret_file import secret

FILE: Final = "url-keys"
ENTRY: Final = re.compile(r"([a-z0-9]{1,16}):((?:[0-9a-f]{2}){16,64})", re.ASCII)


def configured(text: str | None, var: Path) -> KeyRing:
    """The ring of WETPLATE_URL_KEYS if set, else that of the file under `var`. Raises SettingError."""
    if text is not None:
        return parsed(text, "WETPLATE_URL_KEYS")
    file = var / FILE
    return parsed(secret(file, _fresh, "WETPLATE_URL_KEYS"), str(file))


def parsed(text: str, origin: str) -> KeyRing:
    """The ring that a text spells. Raises SettingError, which names the origin and quotes no secret."""
    entries = [ENTRY.fullmatch(entry) for entry in text.strip().split(",")]
    found = {entry[1]: bytes.fromhex(entry[2]) for entry in entries if entry}
    if len(found) != len(entries):
        raise SettingError(
            f"{origin}: expected id:hex,id:hex with different ids of up to 16 lower-case letters and digits, "
            "and secrets of 32 to 128 hex digits"
        )
    return KeyRing(found, next(iter(found)))


def _fresh() -> str:
    """A ring of one new key."""
    return f"{secrets.token_hex(4)}:{secrets.token_hex(32)}"
