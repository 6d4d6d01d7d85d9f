"""What to ask for: a sample of what a manifest offers, and what must be refused. Pure.

Here: from a manifest to expectations. Not here: asking (`visit`).

Rules:
1. Every format and width that is offered is asked for once before anything is asked for by chance.
2. What every visit also does: a transform nobody made ahead, each of the answers of /auto/, a forged
   signature, an image that never was, and images that were withdrawn if any are known.
3. Addresses are taken as paths: what the manifest puts before them (a public host) is not who we ask.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

from wetplate.delivery import urls
from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.delivery.urls import Auto, OnDemand, Published, Signed
from wetplate.derivatives import transform
from wetplate.derivatives.transform import WIDTHS, Shape, Transform
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.imaging.resize import height_at

Manifest = Mapping[str, Any]
FORMATS = {media_type: name for name, media_type in MEDIA_TYPES.items()}
PLAIN = ("jpeg", "png")  # what every browser reads; PNG where the picture has holes
ACCEPTS: Mapping[str, tuple[str, ...]] = {
    "image/avif,image/webp,image/*,*/*;q=0.8": ("avif",),
    "image/avif;q=0, image/webp": ("webp",),
    "image/webp,image/*;q=0.5": ("webp",),
    "*/*": PLAIN,
}
NEVER = "0" * 64
FORGED = "A" * 43
SMALL = 320


def manifest_of(family: str) -> Expected:
    """The family's manifest."""
    return Expected(f"/manifest/{family}.json", Kind.MANIFEST)


def sampled(manifest: Manifest, count: int, chance: Random) -> list[Expected]:
    """At most `count` of the derivatives offered: one of each format and width, then any."""
    offered = list(derivatives(manifest))
    chance.shuffle(offered)
    of_each_kind: dict[object, Expected] = {}
    for each in offered:
        of_each_kind.setdefault((each.formats, each.size and each.size[0]), each)
    first = list(of_each_kind.values())
    paths = {each.path for each in first}
    return (first + [each for each in offered if each.path not in paths])[:count]


def derivatives(manifest: Manifest) -> Iterator[Expected]:
    """Every derivative that the manifest offers."""
    for image in manifest["images"]:
        for source in image["sources"]:
            for path, width in _candidates(source["srcset"]):
                yield Expected(
                    path,
                    Kind.DERIVATIVE,
                    formats=(FORMATS[source["type"]],),
                    size=(width, height_at(width, (image["width"], image["height"]))),
                    digest=_digest(path),
                )


def transforms(manifest: Manifest, chance: Random) -> list[Expected]:
    """One transform that was not made ahead, and each answer of /auto/ for one image."""
    if not manifest["images"]:
        return []
    image = chance.choice(manifest["images"])
    picture = (image["width"], image["height"])
    ahead = {width for source in image["sources"] for _, width in _candidates(source["srcset"])}
    widths = [width for width in WIDTHS if width < image["width"] and width not in ahead] or [WIDTHS[0]]
    asked = Transform(chance.choice(widths), format="webp")
    auto = Shape(SMALL)
    target = urls.write(OnDemand(image["id"], image["version"], asked))
    negotiated = urls.write(Auto(image["id"], image["version"], auto))
    return [
        Expected(target, Kind.TRANSFORM, formats=("webp",), size=transform.size(asked, *picture)),
        *(
            Expected(
                negotiated,
                Kind.AUTO,
                formats=formats,
                size=transform.size(auto, *picture),
                asks={"accept": accept},
            )
            for accept, formats in ACCEPTS.items()
        ),
    ]


def refused(gone: Iterable[str], *, until: int) -> list[Expected]:
    """What must not be handed out: a forgery, an image that never was, and those withdrawn.

    `until` is when the forged signature would expire.
    """
    target = OnDemand(NEVER, 1, Transform(SMALL, format="webp"))
    return [
        Expected(urls.write(Signed(target, "probe", until, FORGED)), Kind.FORGED, (403,)),
        Expected(urls.write(Published(NEVER, f"{NEVER[:16]}-{SMALL}.webp")), Kind.UNKNOWN, (404,)),
        *(Expected(path, Kind.GONE, (410, 451)) for path in gone),
    ]


def again(visited: Sequence[tuple[Expected, Got]]) -> list[Expected]:
    """What a picture that came must also answer: a revalidation, a HEAD, a part."""
    whole = [(asked, got) for asked, got in visited if asked.kind is Kind.DERIVATIVE and got.status == 200]
    for asked, got in whole[:1]:
        tag, size = got.header("etag"), len(got.body)
        return [
            Expected(asked.path, Kind.REVALIDATED, (304,), asks={"if-none-match": tag}, etag=tag),
            Expected(asked.path, Kind.HEAD, method="HEAD", length=size),
            Expected(asked.path, Kind.PART, (206,), asks={"range": "bytes=0-99"}, length=min(100, size)),
        ]
    return []


def _candidates(srcset: str) -> Iterator[tuple[str, int]]:
    """Path and width of each candidate; no address of ours holds a comma or a space."""
    for candidate in srcset.split(","):
        url, _, width = candidate.strip().partition(" ")
        yield urlsplit(url).path, int(width.removesuffix("w"))


def _digest(path: str) -> str:
    return path.rpartition("/")[2].partition("-")[0]
