"""`wetplate url`: one address of one image, ready to be fetched."""

import re
import time
from functools import partial

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.catalog import find
from wetplate.canonical.gate import rejected_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery import handout, keys, signing, standing, urls
from wetplate.delivery.handout import Wish
from wetplate.derivatives import catalog
from wetplate.derivatives.transform import FORMATS, QUALITIES
from wetplate.errors import NotServed
from wetplate.publication.tables import PublicationRow
from wetplate.settings import serving, settings
from wetplate.storage.database import catalog_url, engine, transaction

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[int]):
    """`90`, `30s`, `5m`, `24h`, as seconds."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([0-9]{1,6})([smh]?)", str(value), re.ASCII)
        if not found:
            self.fail(f"{value!r} is no time; write 30s, 5m or 24h", param, ctx)
        return int(found[1]) * SECONDS[found[2]]


class Base(click.ParamType[str]):
    """What stands before the path: scheme and host, no path of its own."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+/?", value):
            self.fail(f"{value!r} is no base; write https://images.example.com", param, ctx)
        return value.rstrip("/")


@click.command("url")
@click.argument("image")
@click.option("--width", type=click.IntRange(1), help="In pixels; if not given, the widest there is.")
@click.option("--crop", metavar="AxB", help="Cut to these proportions, as 4x5.")
@click.option(
    "--focus", metavar="XxY", help="What a crop keeps in view: percent from left and top, as 35x50."
)
@click.option("--pad", metavar="AxB", help="Fill up to these proportions, as 1x1.")
@click.option("--quality", type=click.Choice(QUALITIES), help="standard, if not given.")
@click.option("--format", type=click.Choice(FORMATS), help="avif, if not given.")
@click.option("--auto", is_flag=True, help="Let each browser choose the format.")
@click.option(
    "--sign", type=Duration(), help="Let who has the address in for so long (30s, 5m; a day at most)."
)
@click.option("--base", type=Base(), help="WETPLATE_PUBLIC_URL if set, else the origin, if not given.")
def command(
    image: str,
    width: int | None,
    crop: str | None,
    focus: str | None,
    pad: str | None,
    quality: str | None,
    format: str | None,
    auto: bool,
    sign: int | None,
    base: str | None,
) -> None:
    """Print one address of IMAGE (the beginning of its id).

    That of the file made ahead where one of this width and format stands; else that of the transform.
    """
    if auto and (format or sign):
        raise click.UsageError("--auto goes without --format and --sign: a signed address names its format")
    wish = Wish(width, format or "avif", _how(crop, pad, focus, quality), auto)
    with transaction(engine(catalog_url(settings()))) as session:
        address = _address(session, image, wish, _signer(sign) if sign is not None else None)
    click.echo(f"{base or serving().public_url or serving().origin_url}{urls.write(address)}")


def _how(crop: str | None, pad: str | None, focus: str | None, quality: str | None) -> str:
    """The options as a transform spells them; what stands for its default is left out."""
    said = {"crop": crop, "pad": pad, "fp": focus, "q": quality if quality != "standard" else None}
    return "_".join(f"{prefix}{value}" for prefix, value in said.items() if value)


def _signer(seconds: int) -> handout.Sign:
    ring = keys.configured(serving().url_keys, settings().var)
    return partial(signing.sign, ring, expires=signing.expiry(time.time(), seconds))


def _address(session: Session, prefix: str, wish: Wish, sign: handout.Sign | None) -> urls.Address:
    image = find(session, prefix)
    if sign and session.scalar(select(rejected_image()).where(CanonicalRow.id == image.id)):
        raise NotServed(f"image {image.id[:12]} is rejected: no signature opens it; have it reviewed again")
    publication = session.get(PublicationRow, image.id)
    files = catalog.standing(session, image.id, publication.profile) if publication else []
    stands = standing.read(session, [image.id])[image.id]
    return handout.address(wish, stands, image.width, files, sign)
