"""The fake signer keeps the contract; nobody trusts it."""

import pytest

from tests.contracts.signer import CLAIM, RefusalContract, SignerContract, picture
from wetplate.provenance.fake_signer import FakeSigner


@pytest.fixture
def signer() -> FakeSigner:
    return FakeSigner()


class TestFakeSigner(SignerContract):
    pass


class TestRefusals(RefusalContract):
    def test_it_is_never_trusted(self, signer: FakeSigner) -> None:
        read = signer.read(signer.sign(picture("image/png"), "image/png", CLAIM).body, "image/png")
        assert read is not None
        assert not read.trusted

    @pytest.mark.parametrize(
        "note", [b"", b"wetplate-fake\n{}\n", b'wetplate-fake\n{"claim": {"actions": 1}}\n']
    )
    def test_a_note_that_is_none(self, signer: FakeSigner, note: bytes) -> None:
        read = signer.read(picture("image/png"), "image/png", note)
        assert read is not None
        assert (read.valid, read.claim) == (False, None)
