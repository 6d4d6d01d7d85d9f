"""Our own origin over a house of the benchmark, started as anybody starts it: `wetplate serve`."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from bench.delivery.house import DRAFT, House
from bench.delivery.installing import folder
from bench.delivery.peers.peer import PICTURE, Peer, Signed, Spelling
from bench.delivery.processes import free_port, serving
from wetplate.delivery import signing, urls
from wetplate.delivery.signing import KeyRing
from wetplate.derivatives import transform

SPELLING = Spelling(
    plain="/images/{picture}/w{width}.{format}",
    negotiated="/auto/{picture}/w{width}",
    unknown="/images/{picture}/w{width}.{format}?cb=1",
    twice="/images/{picture}/w{width}_w320.{format}",
    orders=("/images/{picture}/w{width}_qhigh.{format}", "/images/{picture}/qhigh_w{width}.{format}"),
    encoded="/images/{picture}/%77{width}.{format}",
    quality="/images/{picture}/w{width}_q{quality}.{format}",
)
#: Enough for a run: what throttles a stranger would throttle the measurement.
UNTHROTTLED = {"WETPLATE_TRANSFORMS_PER_CLIENT": "0", "WETPLATE_TRANSFORMS_PER_IMAGE": "0"}
RING = KeyRing({"now": secrets.token_bytes(32), "before": secrets.token_bytes(32)}, "now")
STRANGE = KeyRing({"old": secrets.token_bytes(32)}, "old")


@contextmanager
def running(
    house: House,
    *,
    name: str = "wetplate",
    throttled: bool = False,
    environment: dict[str, str] | None = None,
) -> Iterator[Peer]:
    """One worker, everything else as it starts by default, per-client throttling aside unless asked for."""
    port, here = free_port(), folder() / "servers"
    here.mkdir(exist_ok=True)
    keys = ",".join(f"{id}:{secret.hex()}" for id, secret in RING.secrets.items())
    told = {
        **house.environment,
        "WETPLATE_URL_KEYS": keys,
        **({} if throttled else UNTHROTTLED),
        **(environment or {}),
    }
    command = [sys.executable, "-m", "wetplate", "serve", "--port", str(port)]
    with serving(name, command, port, folder=here, environment=told) as server:
        yield Peer(
            name,
            server,
            SPELLING,
            pictures=house.words,
            signed=_signed(house) if DRAFT in house.ids else None,
            variants=variants(house, 150),
        )


def variants(house: House, count: int, picture: str = PICTURE) -> tuple[str, ...]:
    """Paths of so many distinct small crops of one picture."""
    ratios = [f"{across}x{down}" for across, down in transform.RATIOS]
    crops = product(ratios, transform.FOCI, transform.FOCI, ("webp", "jpg"))
    word = house.words[picture]
    paths = (
        f"/images/{word}/w64_crop{r}_fp{x}x{y}.{e}" for r, x, y, e in crops if (x, y) != transform.MIDDLE
    )
    return tuple(path for path, _ in zip(paths, range(count), strict=False))


def _signed(house: House) -> Signed:
    def address(picture: str, width: int) -> str:
        return _path(house, RING, int(time.time()) + 300, picture, width)

    return Signed(
        address,
        lambda path: path.split("/")[2].rsplit(".", 1)[1],
        SPELLING.plain.replace("{picture}", f"{house.ids['draft.png']}/v1")
        if "draft.png" in house.ids
        else "",
        lambda moment: _until(house, moment),
        lambda kept: _path(
            house, KeyRing(RING.secrets, "before") if kept else STRANGE, int(time.time()) + 300
        ),
    )


def _until(house: House, moment: str) -> str:
    """Signed until then; what no address of ours could say is written over the expiry of a good one."""
    if moment.isdigit() and len(moment) < 15:
        return _path(house, RING, int(moment))
    good = int(time.time()) + 300
    return _path(house, RING, good).replace(str(good), moment)


def _path(house: House, ring: KeyRing, expires: int, picture: str = PICTURE, width: int = 640) -> str:
    private = DRAFT if picture == PICTURE else picture
    target = urls.OnDemand(house.ids[private], 1, transform.Transform(width, "avif"))
    signed = signing.sign(ring, target, expires=expires)
    head = f"/signed/{signed.key_id}.{expires}.{signed.mac}"
    return urls.write(target).replace("/images", head, 1)
