"""What is said in public, and what never is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import ProvenanceError
from wetplate.provenance.claim import ACTIONS, ASSERTION, Claim, commitment, manifest

CLAIM = Claim("ab" * 16, "cd" * 32)
HEX = st.text("0123456789abcdef", min_size=1, max_size=64)


def test_the_manifest_of_a_resized_and_transcoded_file() -> None:
    said = manifest(CLAIM.after(resized=True, transcoded=True))
    actions, ours = said["assertions"]
    assert actions["label"] == "c2pa.actions.v2"
    assert [action["action"] for action in actions["data"]["actions"]] == [
        "c2pa.created", "c2pa.resized", "c2pa.transcoded",
    ]  # fmt: skip
    created = actions["data"]["actions"][0]
    assert created["digitalSourceType"].endswith("/digitalsourcetype/trainedAlgorithmicMedia")
    assert created["softwareAgent"]["name"] == "Wetplate"
    assert "digitalSourceType" not in actions["data"]["actions"][1]
    assert ours == {"label": ASSERTION, "data": {"public_id": "ab" * 16, "commitment": "cd" * 32}}


@pytest.mark.parametrize(
    ("resized", "transcoded"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_only_what_was_done_is_claimed(resized: bool, transcoded: bool) -> None:
    claim = CLAIM.after(resized=resized, transcoded=transcoded)
    assert claim.actions == ("created", *(["resized"] * resized), *(["transcoded"] * transcoded))
    assert claim.after() == claim


@given(HEX, HEX, st.sets(st.sampled_from(ACTIONS[1:])))
def test_a_manifest_holds_our_words_and_two_tokens_only(public_id: str, token: str, done: set[str]) -> None:
    claim = Claim(public_id, token).after(resized="resized" in done, transcoded="transcoded" in done)
    body = json.dumps(manifest(claim))
    same = json.dumps(manifest(Claim("0", "0", claim.source_type, claim.actions)))
    assert len(body) - len(public_id) - len(token) == len(same) - 2


@pytest.mark.parametrize("text", ["", "a red shoe", "AB", "12-34", "/home/me/shoe.png"])
def test_nothing_readable_passes_as_a_token(text: str) -> None:
    for claim in (Claim(text, "cd"), Claim("ab", text)):
        with pytest.raises(ProvenanceError, match="hex"):
            manifest(claim)


@pytest.mark.parametrize("actions", [(), ("resized",), ("created", "published"), ("resized", "created")])
def test_a_claim_begins_with_creation_and_knows_its_actions(actions: tuple[str, ...]) -> None:
    with pytest.raises(ProvenanceError, match="created"):
        manifest(Claim("ab", "cd", actions=actions))


def test_an_unknown_source_type_is_refused() -> None:
    with pytest.raises(ProvenanceError, match="trainedAlgorithmicMedia"):
        manifest(Claim("ab", "cd", source_type="photo"))


def test_a_commitment_is_bound_to_record_and_salt() -> None:
    record = {"prompt": "a shoe", "seed": 7}
    made = commitment(record, "aa" * 32)
    assert len(made) == 64
    assert made == commitment({"seed": 7, "prompt": "a shoe"}, "aa" * 32)
    assert made != commitment(record | {"seed": 8}, "aa" * 32)
    assert made != commitment(record, "ab" * 32)
