"""The mark every public file carries: IPTC DigitalSourceType in an XMP packet.

Here: the vocabulary, which mark a file carries, and whether its bytes hold a text that must not be public.
Not here: encoding pictures (derivatives), signing (`signing`).

Rule: the packet holds the source type and nothing else; whatever is known beyond it stays in the private
record.
"""

import io
import re
from collections.abc import Iterator

from PIL import Image

from wetplate.errors import ImageError, ProvenanceError

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = "trainedAlgorithmicMedia"
SOURCE_TYPES = frozenset(
    {
        TRAINED,
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia",
        "compositeSynthetic",
        "digitalCapture",
        "humanEdits",
        "computationalCapture",
        "algorithmicallyEnhanced",
        "composite",
        "compositeCapture",
        "digitalCreation",
        "dataDrivenMedia",
        "virtualRecording",
        "screenCapture",
        "negativeFilm",
        "positiveFilm",
        "print",
    }
)
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    "<Iptc4xmpExt:DigitalSourceType>{uri}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
#: As we write it, and as others do: as an attribute, or as a resource.
_MARK = re.compile(
    rb"Iptc4xmpExt:DigitalSourceType(?:>|=[\"']|\s{1,9}rdf:resource=[\"'])\s{0,99}https?"
    + re.escape(VOCABULARY.removeprefix("http").encode())
    + rb"(\w{1,60})[<\"'\s]"
)


def source_type_uri(source_type: str) -> str:
    """The vocabulary's address of a source type. Raises ProvenanceError for a word it does not know."""
    if source_type not in SOURCE_TYPES:
        known = ", ".join(sorted(SOURCE_TYPES))
        raise ProvenanceError(f"{source_type!r} is no digital source type we use; choose one of {known}")
    return VOCABULARY + source_type


def xmp_packet(source_type: str = TRAINED) -> bytes:
    """The XMP packet that marks a file, UTF-8, about 400 bytes; give it to the encoder before signing."""
    return _PACKET.format(uri=source_type_uri(source_type)).encode()


def mark(body: bytes) -> str | None:
    """The source type a file is marked with; None when it is unmarked."""
    found = _MARK.search(body)
    return found.group(1).decode() if found else None


def carries(body: bytes, secret: str) -> bool:
    """Whether a file's bytes hold the text anywhere: raw, as UTF-16, or inside any metadata field.

    White space and case do not hide it. Texts under 8 characters are not looked for: chance would find them.
    """
    wanted = _plain(secret)
    if len(wanted) < 8:
        return False
    return any(wanted in _plain(text) for text in _texts(body))


def _texts(body: bytes) -> Iterator[str]:
    yield body.decode("latin-1")
    yield body.decode("utf-8", "ignore")
    yield body.replace(b"\0", b"").decode("utf-8", "ignore")
    for value in _info(body).values():
        yield value.replace(b"\0", b"").decode("utf-8", "ignore") if isinstance(value, bytes) else str(value)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _info(body: bytes) -> dict[str, object]:
    """Every metadata field Pillow finds, those behind the pixels included."""
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            return {str(name): value for name, value in image.info.items()}
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"these {len(body)} bytes cannot be read as a picture: {error}") from error
