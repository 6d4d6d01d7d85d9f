"""Contact sheets for people at work: drawn from the catalog on each request, so that a tombstone empties
its tile.

Here: a small loopback service, the functions that draw a sheet and the plot of what files weigh and how they
look. Not here: delivery to the public.
Paintings that nobody has judged yet are shown here, hence loopback only.
"""

from dataclasses import dataclass

from sqlalchemy import Engine, Row, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from wetplate.derivatives.measured import points
from wetplate.errors import ObjectMissing, UnknownFamily
from wetplate.imaging.codec import decode
from wetplate.imaging.contact_sheet import Tile, contact_sheet
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.scatter import scatter
from wetplate.publication.progress import registered
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

STAGES = {
    "paintings": "true",
    "verdicts": "v.verdict IS NOT NULL",
    "canonical": "c.id IS NOT NULL AND u.state IS DISTINCT FROM 'withdrawn'",
    "published": "u.state = 'published'",
}
SCORED = ("avif", "webp", "jpeg")
MOST = 256

TILES = """
SELECT p.key, r.variant, coalesce(v.verdict, 'not judged') AS verdict, coalesce(u.state, '') AS state
FROM recipes r JOIN paintings p ON p.recipe_id = r.id
LEFT JOIN LATERAL (
    SELECT verdict FROM verdicts WHERE stream = r.id AND object_sha256 = p.sha256
    ORDER BY position DESC LIMIT 1
) v ON true
LEFT JOIN canonical_images c ON c.object_sha256 = p.sha256
LEFT JOIN publications u ON u.canonical_id = c.id
WHERE r.family = :family AND r.current AND ({condition})
ORDER BY r.position LIMIT :most
"""


@dataclass(frozen=True)
class Shown:
    """One tile: the painting's key and what to write below it."""

    key: str
    caption: str
    withdrawn: bool


def tiles(database: Engine, family: str, stage: str) -> list[Shown]:
    """What a sheet of this stage shows. Raises UnknownFamily."""
    with transaction(database) as session:
        _known(session, family)
        query = text(TILES.format(condition=STAGES[stage]))
        rows = session.execute(query, {"family": family, "most": MOST}).all()
    return [Shown(row.key, _caption(row), row.state == "withdrawn") for row in rows]


def sheet(database: Engine, objects: Objects, family: str, stage: str, *, columns: int = 16) -> bytes:
    """The contact sheet as WebP bytes; a withdrawn image's tile is empty."""
    shown = tiles(database, family, stage)
    drawn = [Tile(None if tile.withdrawn else _pixels(objects, tile.key), tile.caption) for tile in shown]
    return contact_sheet(drawn, columns=columns)


def scores(database: Engine, family: str) -> bytes:
    """Bytes and scores of the family's files, by format, as a PNG. Raises UnknownFamily."""
    with transaction(database) as session:
        _known(session, family)
        found = points(session, family, family_of(session, family).publication.profile)
    kinds = {name: [(p.bytes, p.score) for p in found if p.format == name] for name in SCORED}
    return scatter(kinds, across="bytes", up="SSIMULACRA2")


def app(database: Engine, objects: Objects) -> Starlette:
    """GET / lists families; GET /families/{slug}/{stage}.webp draws a sheet, …/scores.png the plot."""

    async def index(request: Request) -> Response:
        with transaction(database) as session:
            slugs = registered(session)
        links = "".join(f"<li>{s}: {_links(s)}</li>" for s in slugs)
        return HTMLResponse(
            f"<!doctype html><title>Contact sheets</title><h1>Contact sheets</h1><ul>{links}</ul>"
        )

    async def draw(request: Request) -> Response:
        family, stage = request.path_params["family"], request.path_params["stage"]
        if stage not in STAGES:
            return PlainTextResponse(f"no stage {stage!r}: one of {', '.join(STAGES)}", status_code=404)
        try:
            body = await run_in_threadpool(sheet, database, objects, family, stage)
        except UnknownFamily as refusal:
            return PlainTextResponse(str(refusal), status_code=404)
        return Response(body, media_type="image/webp", headers={"Cache-Control": "no-store"})

    async def plot(request: Request) -> Response:
        try:
            body = await run_in_threadpool(scores, database, request.path_params["family"])
        except UnknownFamily as refusal:
            return PlainTextResponse(str(refusal), status_code=404)
        return Response(body, media_type="image/png", headers={"Cache-Control": "no-store"})

    sheets = Route("/families/{family}/{stage}.webp", draw)
    return Starlette(routes=[Route("/", index), sheets, Route("/families/{family}/scores.png", plot)])


def _known(session: Session, family: str) -> None:
    if family not in registered(session):
        raise UnknownFamily(family, "family", f"none of {registered(session)}")


def _links(slug: str) -> str:
    files = {stage: f"{stage}.webp" for stage in STAGES} | {"scores": "scores.png"}
    return " ".join(f'<a href="/families/{slug}/{file}">{name}</a>' for name, file in files.items())


def _caption(row: Row[tuple[object, ...]]) -> str:
    return f"{' '.join(row.variant.values())}\n{row.verdict}{', ' + row.state if row.state else ''}"


def _pixels(objects: Objects, key: str) -> Pixels | None:
    try:
        return decode(objects.get(key))
    except ObjectMissing:
        return None
