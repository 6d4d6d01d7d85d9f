"""What a file tells by itself: digest, pixels, look, credentials, marks. No catalog, no network.

Here: the value and how it is read from untrusted bytes. Not here: what the catalog knows of it (`answer`).
It is small and can be pickled: the origin has it made in a worker process that may die of the file.
"""

from collections.abc import Callable
from dataclasses import dataclass

from wetplate.errors import ImageError, InfotextError
from wetplate.imaging.decode import decode
from wetplate.imaging.fingerprint import pixel_sha256
from wetplate.imaging.formats import MEDIA_TYPES, sniff
from wetplate.imaging.limits import LIMITS, Limits
from wetplate.provenance.metadata import mark
from wetplate.provenance.signing import Credentials
from wetplate.recipes.infotext.carriers import read as read_infotext
from wetplate.similarity.look import Look, look
from wetplate.storage.objects import sha256

ReadCredentials = Callable[[bytes, str], Credentials | None]


@dataclass(frozen=True)
class Inspection:
    """Digest of the file; of the picture in it size, pixel digest and look (None if only a digest is known).

    `credentials` is what its manifest says, `mark` the IPTC source type in its XMP, `generator` whether
    generation parameters of A1111, ComfyUI or InvokeAI are in it.
    """

    sha256: str
    width: int = 0
    height: int = 0
    pixel_sha256: str = ""
    look: Look | None = None
    credentials: Credentials | None = None
    mark: str | None = None
    generator: bool = False


def inspected(body: bytes, credentials: ReadCredentials, limits: Limits = LIMITS) -> Inspection:
    """What these bytes tell. Raises ImageError, ImageUnsupported, ImageTooLarge."""
    pixels = decode(body, limits)
    media_type = MEDIA_TYPES[sniff(body)]
    return Inspection(
        sha256=sha256(body),
        width=pixels.shape[1],
        height=pixels.shape[0],
        pixel_sha256=pixel_sha256(pixels),
        look=look(pixels),
        credentials=credentials(body, media_type),
        mark=mark(body),
        generator=_generated(body),
    )


def _generated(body: bytes) -> bool:
    try:
        read_infotext(body)
    except (InfotextError, ImageError):
        return False
    return True
