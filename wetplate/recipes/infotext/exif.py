"""Texts in the EXIF of JPEG, WebP and AVIF, read without decoding pixels.

Here: UserComment in all its encodings, and the tags ComfyUI uses. Not here: what the texts say.
"""

import io
import warnings

from PIL import Image

from wetplate.errors import InfotextError

EXIF_IFD = 0x8769
USER_COMMENT = 0x9286
LARGEST = 1 << 22


def texts(body: bytes) -> dict[str, str]:
    """`parameters` from the UserComment, `prompt` and `workflow` from ComfyUI's. Raises InfotextError."""
    exif = _exif(body)
    found: dict[str, str] = {}
    comment = exif.get_ifd(EXIF_IFD).get(USER_COMMENT)
    if comment:
        found["parameters"] = user_comment(comment.encode() if isinstance(comment, str) else bytes(comment))
    for value in exif.values():
        name, mark, text = value.partition(":") if isinstance(value, str) else ("", "", "")
        if mark and name in ("prompt", "workflow"):
            found[name] = text.rstrip("\0")
    return found


def user_comment(data: bytes) -> str:
    """The text of a UserComment: 8 bytes name its encoding; UTF-16 is met in both byte orders."""
    if len(data) > LARGEST:
        raise InfotextError(f"the EXIF comment is larger than {LARGEST} bytes")
    encoding, text = data[:8], data[8:]
    if encoding == b"UNICODE\0":
        return _utf16(text)
    if encoding in (b"ASCII\0\0\0", b"\0" * 8):
        return _utf8(text)
    return _utf8(data)


def _exif(body: bytes) -> Image.Exif:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(body)) as picture:
            exif = picture.getexif()
            exif.get_ifd(EXIF_IFD)
            return exif
    except Exception as error:  # Pillow's readers raise whatever they run into; all of it means the same
        raise InfotextError(f"the image cannot be read: {str(error).splitlines()[0][:200]}") from error


def _utf16(text: bytes) -> str:
    """The byte order of a mark, or else the one that gives more Latin letters, digits and spaces."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").rstrip("\0")
    order = "utf-16-be" if text[0::2].count(0) >= text[1::2].count(0) else "utf-16-le"
    return text[: len(text) // 2 * 2].decode(order, "replace").rstrip("\0")


def _utf8(text: bytes) -> str:
    return text.decode("utf-8", "replace").rstrip("\0 ")
