"""Profiles: which derivatives a use wants, read from the files in profiles/.

Here: the value and its validation. Not here: what follows for one image (`plan`).

Rule: a wrong profile is refused whole, with file, key and what was expected; nothing is guessed.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wetplate.errors import DerivativeError, ImageError
from wetplate.imaging.codec import Encoding

FOLDER = Path(__file__).parent / "profiles"
FORMATS = ("avif", "webp", "jpeg")  # in the order in which a browser is offered them
NEEDED = {"webp", "jpeg"}  # lossless for flat pictures; read by every browser
MODES = ("embed", "sidecar", "auto")
WIDEST = 8_192
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True)
class Credentials:
    """Where content credentials go: into the file, beside it, or (`auto`) inside from `threshold` bytes."""

    mode: str
    threshold: int = 0

    def embedded(self, size: int) -> bool:
        """Whether a file of this size carries its credentials itself."""
        return self.mode == "embed" or (self.mode == "auto" and size >= self.threshold)


@dataclass(frozen=True)
class Profile:
    """What a use wants: `widths` made ahead, `on_demand` widths allowed later, one lossy Encoding per format.

    `sizes` is the HTML attribute that tells a browser how wide the picture is shown.
    """

    name: str
    widths: tuple[int, ...]
    on_demand: tuple[int, ...]
    sizes: str
    formats: Mapping[str, Encoding]
    credentials: Credentials


def names(folder: Path = FOLDER) -> list[str]:
    """The profiles there are."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def load(name: str, folder: Path = FOLDER) -> Profile:
    """The profile of this name. Raises DerivativeError."""
    file = folder / f"{name}.toml"
    if not NAME.match(name) or not file.is_file():
        raise DerivativeError(f"no profile {name!r}; there are {', '.join(names(folder))}")
    try:
        body = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DerivativeError(f"{file.name}: not readable as TOML: {error}") from error
    return _Reader(file.name).profile(name, body)


@dataclass(frozen=True)
class _Reader:
    """Reads one file; every refusal names it."""

    file: str

    def profile(self, name: str, body: Mapping[str, Any]) -> Profile:
        self._only(body, "the file", {"widths", "on_demand", "sizes", "credentials", "formats"})
        return Profile(
            name,
            self._widths(body.get("widths"), "widths", least=1),
            self._widths(body.get("on_demand", []), "on_demand", least=0),
            self._sizes(body.get("sizes")),
            self._formats(body.get("formats")),
            self._credentials(body.get("credentials", {"mode": "embed"})),
        )

    def _widths(self, value: object, key: str, *, least: int) -> tuple[int, ...]:
        if (
            not isinstance(value, list)
            or not all(type(w) is int and 1 <= w <= WIDEST for w in value)
            or value != sorted(set(value))
            or len(value) < least
        ):
            raise self._refusal(key, f"a list of different widths, ascending, each 1 to {WIDEST}", value)
        return tuple(value)

    def _sizes(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or set(value) & set('<>"'):
            raise self._refusal("sizes", "the text of an HTML sizes attribute", value)
        return value

    def _formats(self, value: object) -> Mapping[str, Encoding]:
        if not isinstance(value, dict) or not set(value) >= NEEDED:
            raise self._refusal("formats", "a table per format, webp and jpeg among them", value)
        self._only(value, "formats", set(FORMATS))
        return {name: self._format(name, value[name]) for name in FORMATS if name in value}

    def _format(self, name: str, value: object) -> Encoding:
        key = f"formats.{name}"
        if not isinstance(value, dict) or type(value.get("quality")) is not int:
            raise self._refusal(f"{key}.quality", "a whole number, 1 to 100", value)
        self._only(value, key, {"quality", "subsampling", "effort"})
        if type(value.get("effort", 0)) is not int or not 0 <= value.get("effort", 0) <= 10:
            raise self._refusal(f"{key}.effort", "a whole number, 0 to 10", value["effort"])
        try:
            return Encoding(name, **value)
        except ImageError as error:
            raise DerivativeError(f"{self.file}: {key}: {error}") from error

    def _credentials(self, value: object) -> Credentials:
        if not isinstance(value, dict) or value.get("mode") not in MODES:
            raise self._refusal("credentials.mode", f"one of {', '.join(MODES)}", value)
        self._only(value, "credentials", {"mode", "threshold"} if value["mode"] == "auto" else {"mode"})
        threshold = value.get("threshold", 0)
        if type(threshold) is not int or threshold < 0 or (value["mode"] == "auto" and not threshold):
            raise self._refusal("credentials.threshold", "a number of bytes", value.get("threshold"))
        return Credentials(value["mode"], threshold)

    def _only(self, table: Mapping[str, Any], key: str, known: set[str]) -> None:
        if unknown := sorted(set(table) - known):
            raise self._refusal(key, f"only {', '.join(sorted(known))}", ", ".join(unknown))

    def _refusal(self, key: str, expected: str, got: object) -> DerivativeError:
        return DerivativeError(f"{self.file}: {key}: expected {expected}; got {got!r}")
