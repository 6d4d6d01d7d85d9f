"""What carries an infotext: a text, a JSON document, or an image of some format.

Here: telling them apart, and which of several texts counts. Not here: the formats (`png`, `exif`) and the
dialects (`grammar`, `comfy`, `invoke`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wetplate.errors import InfotextError
from wetplate.recipes.infotext import comfy, exif, grammar, invoke, png
from wetplate.recipes.infotext.documents import document
from wetplate.recipes.infotext.text import Infotext, judged

LARGEST = 1 << 26
#: The texts an image may carry, and which comes first when there are several.
KEYWORDS = ("parameters", "invokeai_metadata", "sd-metadata", "prompt")


def read(body: bytes, *, strict: bool = False) -> Infotext:
    """The infotext in a file's bytes, told by their first ones. Raises InfotextError."""
    if len(body) > LARGEST:
        raise InfotextError(f"larger than {LARGEST} bytes; no infotext is looked for in that")
    if body.startswith(png.SIGNATURE):
        return _first(png.texts(body, KEYWORDS), "PNG", strict=strict)
    if kind := _pictured(body):
        return _first(exif.texts(body), kind, strict=strict)
    return told(_text(body), strict=strict)


def told(text: str, *, strict: bool = False) -> Infotext:
    """The infotext in a text: A1111's, or a JSON document of ComfyUI or InvokeAI. Raises InfotextError."""
    if not text.lstrip().startswith("{"):
        return grammar.parse(text, strict=strict)
    try:
        body = document(text, "JSON")
    except InfotextError as refusal:
        return _braced(text, refusal, strict=strict)
    return _document(body, strict=strict)


def _braced(text: str, refusal: InfotextError, *, strict: bool) -> Infotext:
    """The infotext of a prompt that starts with a brace, like `{red|blue} shoe`; else the refusal stands."""
    try:
        return grammar.parse(text, strict=strict)
    except InfotextError:
        raise refusal from None


def _first(texts: Mapping[str, str], kind: str, *, strict: bool) -> Infotext:
    keywords = [keyword for keyword in KEYWORDS if keyword in texts]
    if not keywords:
        raise InfotextError(f"this {kind} carries no generation parameters ({', '.join(KEYWORDS)})")
    infotext = told(texts[keywords[0]], strict=strict)
    unread = tuple(f"the text {keyword!r} of the {kind}, which was not read" for keyword in keywords[1:])
    return judged(replace(infotext, dropped=(*infotext.dropped, *unread)), strict=strict)


def _document(body: Mapping[str, Any], *, strict: bool) -> Infotext:
    wrapped = body.get("prompt")
    if isinstance(wrapped, dict) and comfy.is_graph(wrapped):
        return comfy.parse(wrapped, strict=strict)
    if comfy.is_graph(body):
        return comfy.parse(body, strict=strict)
    if invoke.is_metadata(body):
        return invoke.parse(body, strict=strict)
    if invoke.is_old_metadata(body):
        return invoke.parse_old(body, strict=strict)
    raise InfotextError("this JSON is neither a ComfyUI API prompt nor InvokeAI metadata")


def _pictured(body: bytes) -> str:
    """The name of an image format that carries EXIF; "" for anything else."""
    if body.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WebP"
    if body[4:8] == b"ftyp" and body[8:12] in (b"avif", b"avis", b"mif1"):
        return "AVIF"
    return ""


def _text(body: bytes) -> str:
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise InfotextError("neither text in UTF-8 nor a PNG, JPEG, WebP or AVIF image") from error
    if "\0" in text:
        raise InfotextError("neither text in UTF-8 nor a PNG, JPEG, WebP or AVIF image")
    return text
