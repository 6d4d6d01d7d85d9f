"""The C2PA signer keeps the contract, with a chain made for the test."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.signer import CLAIM, RefusalContract, SignerContract, picture
from wetplate.errors import ProvenanceError
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import Chain, made_chain
from wetplate.provenance.signing import MEDIA_TYPES


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return made_chain(Path(tmp_path_factory.mktemp("certs")) / "chain")[0]


@pytest.fixture
def signer(chain: Chain) -> C2paSigner:
    return C2paSigner(chain)


class TestC2paSigner(SignerContract):
    pass


class TestRefusals(RefusalContract):
    def test_what_is_no_picture(self, signer: C2paSigner) -> None:
        with pytest.raises(ProvenanceError, match="signing a image/png of 5 bytes failed"):
            signer.sign(b"hello", "image/png", CLAIM)

    def test_a_chain_that_cannot_sign(self, chain: Chain) -> None:
        with pytest.raises(ProvenanceError, match="failed"):
            C2paSigner(replace(chain, key=b"no key")).sign(picture("image/png"), "image/png", CLAIM)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_our_own_anchor_makes_it_trusted_and_without_it_it_is_only_valid(
    chain: Chain, media_type: str
) -> None:
    signed = C2paSigner(chain).sign(picture(media_type), media_type, CLAIM).body
    ours = C2paSigner(chain).read(signed, media_type)
    theirs = C2paSigner(replace(chain, authority=None)).read(signed, media_type)
    assert ours is not None
    assert theirs is not None
    assert (ours.valid, ours.trusted, ours.issuer) == (True, True, "Wetplate test signer")
    assert (theirs.valid, theirs.trusted, theirs.problems) == (True, False, ("signingCredential.untrusted",))


def test_eight_threads_share_one_signer(signer: C2paSigner) -> None:
    body = picture("image/webp")

    def sign(_: int) -> bool:
        read = signer.read(signer.sign(body, "image/webp", CLAIM).body, "image/webp")
        return read is not None and read.trusted

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(sign, range(64)))
