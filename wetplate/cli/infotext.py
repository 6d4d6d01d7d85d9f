"""`wetplate infotext`: read generation parameters from a text or an image, print JSON."""

import json
import sys
from pathlib import Path

import click

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.carriers import LARGEST, read
from wetplate.recipes.infotext.text import Infotext


@click.command("infotext")
@click.argument("file")
@click.option("--strict", is_flag=True, help="Refuse what can only be read with assumptions or losses.")
def command(file: str, strict: bool) -> None:
    """Read FILE (or standard input for -): a text, a PNG, JPEG, WebP or AVIF image, or another tool's JSON.

    Prints prompt, negative_prompt and parameters under A1111's key names, and what was assumed and dropped.
    """
    try:
        click.echo(printed(read(_bytes(file), strict=strict)))
    except InfotextError as refusal:
        raise InfotextError(f"{'standard input' if file == '-' else file}: {refusal}") from refusal


def printed(infotext: Infotext) -> bytes:
    """The infotext as JSON in UTF-8; half surrogates are written as JSON escapes."""
    body = {
        "prompt": infotext.prompt,
        "negative_prompt": infotext.negative_prompt,
        "parameters": dict(infotext.parameters),
        "assumed": list(infotext.assumed),
        "dropped": list(infotext.dropped),
    }
    return json.dumps(body, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _bytes(file: str) -> bytes:
    """What the file holds, one byte more than is read at most. Raises InfotextError."""
    if file == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    try:
        with Path(file).open("rb") as body:
            return body.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise InfotextError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
