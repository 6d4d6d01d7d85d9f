"""The four formats we read and write, told apart by their first bytes only.

Here: names, media types, extensions, magic. Not here: decoding (`codec`), what a file may contain (`chunks`).
"""

from wetplate.errors import ImageUnsupported

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif"}


def sniff(body: bytes) -> str:
    """`png`, `jpeg`, `webp` or `avif`, from the magic bytes; file names are never asked.

    Raises ImageUnsupported.
    """
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if body.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp" and b"avif" in _brands(body):
        return "avif"
    raise ImageUnsupported(
        f"these {len(body)} bytes are no PNG, JPEG, WebP or AVIF (they begin with {body[:12]!r}); "
        "convert the picture to one of these formats"
    )


def _brands(body: bytes) -> list[bytes]:
    """Major and compatible brands of an ISO-BMFF file type box."""
    end = min(int.from_bytes(body[:4], "big"), len(body), 256)
    return [body[8:12], *(body[at : at + 4] for at in range(16, end - 3, 4))]
