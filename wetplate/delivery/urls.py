"""Addresses of image bytes: four kinds, each with exactly one spelling. Pure.

    /images/{image}/{16 hex}-{width}.{ext}[.c2pa]          Published   made ahead, name from its bytes
    /images/{image}/v{version}/{transform}.{ext}           OnDemand    made when somebody asks
    /auto/{image}/v{version}/{transform}                   Auto        format chosen by Accept
    /signed/{key}.{expires}.{mac}/{image}/v{version}/...   Signed      not public; let in by a signature

Here: the grammar, both ways. Not here: whether anything stands there, whether a signature holds (`signing`).

Rules:
1. `parse` reads, writes what it read, and compares: whatever differs from the one spelling is AddressMoved.
   So no two paths can name the same bytes by the same means.
2. The path is judged as it came, before percent-decoding. Anything but ASCII letters, digits, `-`, `_`, `.`
   and `/`, an empty segment, and a dot at a segment's beginning or end are refused, whatever they might mean.
3. Image routes take no query string: ignored, it would be an unlimited supply of cache keys.
4. Under /signed/ nothing is moved or explained: what was not signed exactly so is refused as bad.
5. Length is judged before anything else, and every pattern is bounded.
"""

import re
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Final

from wetplate.derivatives.transform import Shape, Transform, meant, meant_shape
from wetplate.errors import AddressMoved, AddressRefused, NotServed, SignatureRefused
from wetplate.imaging.formats import EXTENSIONS

LONGEST: Final = 300
PLAIN: Final = re.compile(r"(?:/(?!\.)[A-Za-z0-9_.-]+(?<!\.))+", re.ASCII)
IMAGE: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
NAME: Final = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,4}\.(?:avif|webp|jpg|png)", re.ASCII)
VERSION: Final = re.compile(r"v([1-9][0-9]{0,8})", re.ASCII)
TOKEN: Final = re.compile(r"([a-z0-9]{1,16})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{43})", re.ASCII)
SIDECAR: Final = ".c2pa"
_PLAIN: Final = frozenset(ascii_letters + digits + "-_./")
_SIGNATURE: Final = _PLAIN | set("+=")  # in another alphabet of base64, which is a bad signature


@dataclass(frozen=True, slots=True)
class Published:
    """A derivative by its content-hashed name; `manifest`: the C2PA manifest beside it."""

    image: str
    name: str
    manifest: bool = False

    def __post_init__(self) -> None:
        _check_image(self.image)
        if not NAME.fullmatch(self.name):
            raise AddressRefused(
                f"{self.name[:60]!r} is no file name; one reads <16 hex digits>-<width>.{_EXTENSIONS}"
            )


@dataclass(frozen=True, slots=True)
class OnDemand:
    """What a transform makes of an image at one security version."""

    image: str
    version: int
    transform: Transform

    def __post_init__(self) -> None:
        _check_image(self.image)
        _check_version(self.version)


@dataclass(frozen=True, slots=True)
class Auto:
    """The same without a format; `of` gives it the one that was chosen."""

    image: str
    version: int
    shape: Shape

    def __post_init__(self) -> None:
        _check_image(self.image)
        _check_version(self.version)

    def of(self, format: str) -> OnDemand:
        """The on-demand address of the same shape in that format. Raises TransformRefused."""
        return OnDemand(self.image, self.version, self.shape.to(format))


@dataclass(frozen=True, slots=True)
class Signed:
    """An on-demand address with who signed it, until when, and the signature (not verified)."""

    target: OnDemand
    key_id: str
    expires: int
    mac: str

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            raise SignatureRefused("bad", "this is no signature of ours; have the address signed anew")

    @property
    def token(self) -> str:
        """The signature as a path segment."""
        return f"{self.key_id}.{self.expires}.{self.mac}"


Address = Published | OnDemand | Auto | Signed


def parse(path: str, query: str = "") -> Address:
    """The address that a raw request path spells.

    Raises AddressRefused, AddressMoved (with the one spelling), NotServed (no such image can be),
    SignatureRefused (under /signed/).
    """
    _gate(path, query)
    segments = path.split("/")[1:]
    if segments[0] == "signed":
        return _signed(path, segments[1:])
    address = _public(segments)
    if (spelled := write(address)) != path:
        raise AddressMoved(spelled)
    return address


def write(address: Address) -> str:
    """The path of an address."""
    match address:
        case Published(image, name, manifest):
            return f"/images/{image}/{name}{SIDECAR if manifest else ''}"
        case OnDemand():
            return f"/images/{_tail(address)}"
        case Auto(image, version, shape):
            return f"/auto/{image}/v{version}/{shape.stem}"
        case Signed(target):
            return f"/signed/{address.token}/{_tail(target)}"


def _tail(address: OnDemand) -> str:
    return f"{address.image}/v{address.version}/{address.transform.text}"


def _gate(path: str, query: str) -> None:
    """Refuse what no address of ours contains, before looking at what it says."""
    if len(path) > LONGEST:
        raise AddressRefused(f"the path has {len(path)} characters; no address has more than {LONGEST}")
    if query:
        raise AddressRefused("addresses of images take no query string; leave out everything from the ? on")
    if not PLAIN.fullmatch(path):
        _explain(path)


def _explain(path: str) -> None:
    """Say what is not plain about a path; only another alphabet's base64 under /signed/ passes, as bad."""
    allowed = _SIGNATURE if path.startswith("/signed/") else _PLAIN
    if wrong := sorted(set(path) - allowed):
        raise AddressRefused(
            f"{wrong[0]!r} is in no address of ours; they are written in plain letters, digits, - _ . and /"
        )
    first, *segments = path.split("/")
    if first or not segments or not all(segments):
        raise AddressRefused("an address begins with one / and has something between each two, and after")
    if any(segment[0] == "." or segment[-1] == "." for segment in segments):
        raise AddressRefused("no part of an address begins or ends with a dot")


def _public(segments: list[str]) -> Published | OnDemand | Auto:
    match segments:
        case ["images", image, name]:
            return _published(image, name)
        case ["images", image, version, text]:
            return OnDemand(_image(image), _version(version), meant(text))
        case ["auto", image, version, stem]:
            return Auto(_image(image), _version(version), meant_shape(stem))
        case ["images" | "auto", *_]:
            raise AddressRefused(
                "an image's address has an image id and a file name, or an id, a version and a transform"
            )
    raise NotServed("no images are served from here; their addresses begin with /images/, /auto/ or /signed/")


def _published(image: str, name: str) -> Published:
    file = name.removesuffix(SIDECAR)
    if file.endswith(".jpeg"):
        file = file.removesuffix("jpeg") + EXTENSIONS["jpeg"]
    return Published(_image(image), file, manifest=name.endswith(SIDECAR))


def _signed(path: str, segments: list[str]) -> Signed:
    """What was written by us, to the letter."""
    if not segments or IMAGE.fullmatch(segments[0]):
        raise SignatureRefused("missing", "no signature; a private image has a signed address only")
    try:
        token, image, version, text = segments
        parts = TOKEN.fullmatch(token)
        target = OnDemand(image, _version(version), meant(text))
    except (ValueError, AddressRefused, NotServed):
        parts = None
    if parts:
        address = Signed(target, parts[1], int(parts[2]), parts[3])
        if write(address) == path:
            return address
    raise SignatureRefused("bad", "this address was never signed; have the right one signed")


def _image(text: str) -> str:
    if text != text.lower() and IMAGE.fullmatch(text.lower()):
        raise AddressRefused("an image id is spelled in lower case")
    return text


def _version(text: str) -> int:
    found = VERSION.fullmatch(text)
    if not found:
        raise AddressRefused(f"{text[:60]!r} is no version; one reads v1")
    return int(found[1])


def _check_image(image: str) -> None:
    if not IMAGE.fullmatch(image):
        raise NotServed(f"no image is called {image[:70]!r}; an image id has 64 hex digits")


def _check_version(version: int) -> None:
    if not 1 <= version < 10**9:
        raise AddressRefused(f"{version} is no version; they count from 1")


_EXTENSIONS: Final = "|".join(EXTENSIONS.values())
