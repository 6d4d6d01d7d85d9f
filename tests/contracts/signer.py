"""The contract of the Signer port. A signer's test module subclasses this and gives the `signer` fixture."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from wetplate.errors import ProvenanceError
from wetplate.imaging.chunks import foreign
from wetplate.provenance.claim import Claim
from wetplate.provenance.metadata import TRAINED, mark, xmp_packet
from wetplate.provenance.signing import MEDIA_TYPES, Signer

CLAIM = Claim("ab" * 16, "cd" * 32).after(resized=True, transcoded=True)


def picture(media_type: str) -> bytes:
    """A small noisy picture with the mark, as the pipeline encodes it."""
    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    target, packet = io.BytesIO(), xmp_packet()
    options: dict[str, object] = {"xmp": packet}
    if media_type == "image/png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": info}
    Image.fromarray(pixels).save(target, media_type.removeprefix("image/").upper(), **options)  # type: ignore[arg-type]
    return target.getvalue()


def pixels(body: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(body)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
class SignerContract:
    """What every signer does."""

    def test_the_claim_comes_back(self, signer: Signer, media_type: str) -> None:
        signed = signer.sign(picture(media_type), media_type, CLAIM)
        read = signer.read(signed.body, media_type)
        assert read is not None
        assert (read.valid, read.claim) == (True, CLAIM)

    def test_pixels_and_mark_stay_and_nothing_foreign_comes_in(self, signer: Signer, media_type: str) -> None:
        body = picture(media_type)
        signed = signer.sign(body, media_type, CLAIM).body
        assert (pixels(signed) == pixels(body)).all()
        assert mark(signed) == TRAINED
        assert foreign(signed) == []

    def test_a_flipped_byte_of_the_picture_is_found(self, signer: Signer, media_type: str) -> None:
        body = picture(media_type)
        signed = signer.sign(body, media_type, CLAIM).body
        data = body[len(body) // 2 : len(body) // 2 + 32]
        changed = signed.replace(data, data[:-1] + bytes([data[-1] ^ 1]))
        assert changed != signed
        read = signer.read(changed, media_type)
        assert read is not None
        assert not read.valid
        assert read.problems

    def test_the_sidecar_leaves_the_body_alone(self, signer: Signer, media_type: str) -> None:
        body = picture(media_type)
        signed = signer.sidecar(body, media_type, CLAIM)
        assert signed.body == body
        read = signer.read(body, media_type, signed.manifest)
        assert read is not None
        assert (read.valid, read.claim) == (True, CLAIM)

    def test_a_sidecar_vouches_for_its_own_body_only(self, signer: Signer, media_type: str) -> None:
        body = picture(media_type)
        signed = signer.sidecar(body, media_type, CLAIM)
        read = signer.read(body[:-40] + bytes(40), media_type, signed.manifest)
        assert read is not None
        assert not read.valid

    def test_what_was_never_signed_has_no_credentials(self, signer: Signer, media_type: str) -> None:
        assert signer.read(picture(media_type), media_type) is None

    def test_no_thumbnail_travels(self, signer: Signer, media_type: str) -> None:
        body = picture(media_type)
        assert len(signer.sign(body, media_type, CLAIM).body) - len(body) < 6_000

    def test_a_broken_claim_is_refused(self, signer: Signer, media_type: str) -> None:
        with pytest.raises(ProvenanceError, match="hex"):
            signer.sign(picture(media_type), media_type, Claim("a red shoe", "cd" * 32))


class RefusalContract:
    """What every signer refuses."""

    def test_other_formats(self, signer: Signer) -> None:
        with pytest.raises(ProvenanceError, match="image/avif"):
            signer.sign(b"<svg/>", "image/svg+xml", CLAIM)
