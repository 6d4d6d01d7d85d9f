"""The HTML of one image: `srcset` and `<picture>`. Pure.

Rules:
1. Everything that comes from outside (alt text, base URL, sizes) is escaped; a base URL is http(s) or a path.
2. Formats are offered best first; the one in `<img>` is read by every browser.
3. `width` and `height` are always there, so that the page does not jump, and the dominant colour fills the
   place.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Protocol

from wetplate.errors import DerivativeError
from wetplate.imaging.codec import MEDIA_TYPES

OFFERED = ("avif", "webp")
FALLBACKS = ("jpeg", "png")
BASE = re.compile(r"(https?://[^\s/]+)?(/[^\s]*)?\Z")
COLOUR = re.compile(r"#[0-9a-f]{6}\Z")


class File(Protocol):
    """What is asked of a derivative's row."""

    name: str
    width: int
    height: int
    format: str


def srcset(files: Sequence[File], base_url: str) -> str:
    """`url 128w, url 256w`, narrow to wide, for an attribute (not escaped yet). Raises DerivativeError."""
    if not BASE.match(base_url):
        raise DerivativeError(f"base URL {base_url!r} is neither http(s)://host/... nor a path")
    ordered = sorted(files, key=lambda file: file.width)
    return ", ".join(f"{base_url.rstrip('/')}/{file.name} {file.width}w" for file in ordered)


def picture(
    files: Sequence[File], *, base_url: str, alt: str, sizes: str, dominant: str = "", lazy: bool = True
) -> str:
    """A `<picture>` of one image under one profile.

    Raises DerivativeError when no browser-wide format is among them.
    """
    by_format = {name: [file for file in files if file.format == name] for name in (*OFFERED, *FALLBACKS)}
    fallback = next((by_format[name] for name in FALLBACKS if by_format[name]), None)
    if fallback is None:
        raise DerivativeError("no JPEG or PNG among the files; derive the image under a profile first")
    sources = [_source(name, by_format[name], base_url, sizes) for name in OFFERED if by_format[name]]
    return "\n".join(
        ["<picture>", *sources, _img(fallback, base_url, alt, sizes, dominant, lazy), "</picture>"]
    )


def _source(format: str, files: Sequence[File], base_url: str, sizes: str) -> str:
    attributes = {"type": MEDIA_TYPES[format], "srcset": srcset(files, base_url), "sizes": sizes}
    return f"  <source {_written(attributes)}>"


def _img(files: Sequence[File], base_url: str, alt: str, sizes: str, dominant: str, lazy: bool) -> str:
    widest = max(files, key=lambda file: file.width)
    attributes = {
        "src": f"{base_url.rstrip('/')}/{widest.name}",
        "srcset": srcset(files, base_url),
        "sizes": sizes,
        "width": str(widest.width),
        "height": str(widest.height),
        "alt": alt,
        "loading": "lazy" if lazy else "eager",
        "decoding": "async",
    }
    if dominant:
        attributes["style"] = f"background-color:{_colour(dominant)}"
    return f"  <img {_written(attributes)}>"


def _colour(value: str) -> str:
    if not COLOUR.match(value):
        raise DerivativeError(f"{value!r} is no colour like #a1b2c3")
    return value


def _written(attributes: dict[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
