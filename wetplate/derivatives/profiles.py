"""Profiles: which derivatives a use wants, read from the files in profiles/.

Here: the value and its validation. Not here: what follows for one image (`plan`).

Rules:
1. A wrong profile is refused whole, with file, key and what was expected; nothing is guessed.
2. A format has a `quality` (its encoder's number, the same for every picture), or a `target` (a score that
   every picture reaches, by the quality it needs: see `quality`), or both: the search begins at the quality.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wetplate.derivatives.quality import start
from wetplate.errors import DerivativeError
from wetplate.imaging.codec import Encoding
from wetplate.provenance.credentials import FULL, SHORT, SIDECAR

FOLDER = Path(__file__).parent / "profiles"
FORMATS = ("avif", "webp", "jpeg")  # in the order in which a browser is offered them
NEEDED = {"webp", "jpeg"}  # lossless for flat pictures; read by every browser
MODES = ("full", "short", "sidecar", "embed", "auto")
FULL_FROM = 100_000  # bytes, at which the whole chain is a tenth of the file
KEYS = {"embed": {"mode", "full"}, "auto": {"mode", "threshold", "full"}}
WIDEST = 8_192
TARGETS = (30, 95)
CHROMA = ("4:2:0", "4:4:4")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True)
class Credentials:
    """How a file carries its content credentials, by its size.

    `full`: inside, with the canonical and its credentials as parent (about 10 KB). `short`: inside, its own
    only (4 KB). `sidecar`: beside it, with the parent. `embed`: full from `full` bytes on, else short.
    `auto`: the same, but sidecar under `threshold` bytes.
    """

    mode: str
    threshold: int = 0
    full: int = FULL_FROM

    def of(self, size: int) -> str:
        """`full`, `short` or `sidecar`: how a file of so many bytes carries its credentials."""
        if self.mode in (FULL, SHORT, SIDECAR):
            return self.mode
        if self.mode == "auto" and size < self.threshold:
            return SIDECAR
        return FULL if size >= self.full else SHORT


@dataclass(frozen=True)
class Profile:
    """What a use wants: `widths` made ahead, `on_demand` widths allowed later, one lossy Encoding per format.

    `sizes` is the HTML attribute that tells a browser how wide the picture is shown. `targets` holds the
    score to reach, for each format whose quality is searched for.
    """

    name: str
    widths: tuple[int, ...]
    on_demand: tuple[int, ...]
    sizes: str
    formats: Mapping[str, Encoding]
    credentials: Credentials
    targets: Mapping[str, int] = field(default_factory=dict)


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
            {
                name: body["formats"][name]["target"]
                for name in FORMATS
                if "target" in body["formats"].get(name, ())
            },
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
        if not isinstance(value, dict) or not value.keys() & {"quality", "target"}:
            raise self._refusal(key, "a quality of 1 to 100, or a target (the score to reach)", value)
        self._only(value, key, {"quality", "target", "subsampling", "effort"})
        self._whole(value, key, "quality", 1, 100)
        self._whole(value, key, "effort", 0, 10)
        self._whole(value, key, "target", *TARGETS)
        chroma = value.get("subsampling", CHROMA[0])
        if chroma not in CHROMA:
            raise self._refusal(f"{key}.subsampling", f"one of {', '.join(CHROMA)}", chroma)
        quality = value["quality"] if "quality" in value else start(name, chroma, value["target"])
        return Encoding(name, quality, subsampling=chroma, effort=value.get("effort"))

    def _whole(self, table: Mapping[str, Any], key: str, name: str, least: int, most: int) -> None:
        if name in table and (type(table[name]) is not int or not least <= table[name] <= most):
            raise self._refusal(f"{key}.{name}", f"a whole number, {least} to {most}", table[name])

    def _credentials(self, value: object) -> Credentials:
        if not isinstance(value, dict) or value.get("mode") not in MODES:
            raise self._refusal("credentials.mode", f"one of {', '.join(MODES)}", value)
        self._only(value, "credentials", KEYS.get(value["mode"], {"mode"}))
        threshold, full = value.get("threshold", 0), value.get("full", FULL_FROM)
        if type(threshold) is not int or threshold < 0 or (value["mode"] == "auto" and not threshold):
            raise self._refusal("credentials.threshold", "a number of bytes", value.get("threshold"))
        if type(full) is not int or full < threshold:
            raise self._refusal("credentials.full", "a number of bytes, not below the threshold", full)
        return Credentials(value["mode"], threshold, full)

    def _only(self, table: Mapping[str, Any], key: str, known: set[str]) -> None:
        if unknown := sorted(set(table) - known):
            raise self._refusal(key, f"only {', '.join(sorted(known))}", ", ".join(unknown))

    def _refusal(self, key: str, expected: str, got: object) -> DerivativeError:
        return DerivativeError(f"{self.file}: {key}: expected {expected}; got {got!r}")
