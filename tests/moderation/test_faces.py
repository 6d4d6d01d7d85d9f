"""Faces: found where they are, once; scores that keep their order; every failure a signal."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wetplate.generation.fake import waves
from wetplate.moderation import faces
from wetplate.moderation.faces import ABSENT, CASCADES, LARGEST, SCALES, Faces, Found, distinct, scaled
from wetplate.moderation.policy import load

data = pytest.importorskip("skimage.data")


def portrait() -> NDArray[np.uint8]:
    """A photograph of an astronaut; her face is at (72, 62) to (172, 162)."""
    photograph: NDArray[np.uint8] = data.astronaut()[4:260, 104:360]
    return photograph


def test_a_face_is_found_where_it_is() -> None:
    (signal,) = Faces().classify([portrait()])[0]
    assert (signal.label, signal.error) == ("FACE", None)
    x, y, wide, tall = signal.region or (0, 0, 0, 0)
    assert 60 < x < 90
    assert 50 < y < 80
    assert 80 < wide == tall < 115
    assert load("product").detectors["faces"].labels["FACE"].approve < (signal.score or 0) <= 1


def test_nothing_is_found_where_there_is_none_and_answers_do_not_change() -> None:
    pictures = [waves("3" * 64, 160, 120), np.full((8, 8, 3), 200, np.uint8), portrait()]
    first, again = Faces().classify(pictures), Faces().classify(pictures)
    assert [signal.label for answer in first for signal in answer] == ["", "", "FACE"]
    assert first == again


def test_a_large_picture_is_searched_in_tiles_and_places_are_those_of_the_whole() -> None:
    wide = np.full((520, LARGEST + 200, 3), 128, np.uint8)
    wide[250:506, LARGEST - 60 : LARGEST + 196] = portrait()
    (signal,) = Faces().classify([wide])[0]
    x, y, side, _ = signal.region or (0, 0, 0, 0)
    assert abs(x - (LARGEST - 60 + 72)) < 20
    assert abs(y - (250 + 62)) < 20
    assert 80 < side < 120


def test_most_faces_of_a_crowd_are_found_and_no_face_where_none_is() -> None:
    small = (data.lfw_subset() * 255).astype(np.uint8)
    found = [Faces().classify([_sheet(part)])[0] for part in (small[:20], small[100:120])]
    assert len(found[0]) >= 18
    assert [signal.label for signal in found[1]] == [""]


def _sheet(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Twenty small grey pictures, twice as large, side by side with room between them."""
    sheet = np.full((4 * 72, 5 * 72), 120, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = 72 * (number // 5) + 11, 72 * (number % 5) + 11
        sheet[y : y + 50, x : x + 50] = np.kron(picture, np.ones((2, 2), np.uint8))
    return np.dstack([sheet] * 3)


def test_of_boxes_of_one_thing_the_first_label_and_the_highest_score_stay() -> None:
    front, side = Found("FACE", 0.4, (10, 10, 50, 50)), Found("FACE_PROFILE", 0.9, (14, 12, 50, 50))
    tile, other = Found("FACE", 0.6, (12, 12, 48, 48)), Found("FACE", 0.3, (200, 10, 50, 50))
    plate = Found("PLATE", 0.5, (10, 10, 50, 50))
    assert distinct([front, side, other, tile, plate]) == [tile, other, plate]


@given(st.sampled_from(sorted(SCALES)), st.floats(-100, 100), st.floats(-100, 100))
def test_scores_stay_in_bounds_and_in_order(label: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 < scaled(label, low) <= scaled(label, high) <= 1


def test_the_shipped_policy_knows_every_label() -> None:
    assert set(load("product").detectors["faces"].labels) == {cascade.label for cascade in CASCADES}


def test_revision_names_version_and_cascades_and_their_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Faces().revision.startswith("opencv 4.")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (signal,) = Faces().classify([waves("3" * 64, 32, 32)])[0]
    assert (Faces().revision, signal.score) == (ABSENT, None)
    assert "opencv-python-headless<5" in str(signal.error)


def test_what_opencv_refuses_is_a_signal_with_an_error() -> None:
    (signal,) = Faces().classify([np.zeros((32, 32, 2), np.uint8)])[0]
    assert signal.score is None
    assert str(signal.error).startswith("error: OpenCV")


def test_a_model_that_is_missing_or_another_than_pinned_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "ROOT", tmp_path)
    (signal,) = Faces(model="yunet.onnx", revision="0" * 64).classify([portrait()])[0]
    assert str(signal.error).startswith("FileNotFoundError")
    (tmp_path / "yunet.onnx").write_bytes(b"no model")
    (signal,) = Faces(model="yunet.onnx", revision="1" * 64).classify([portrait()])[0]
    assert "the policy pins 1111" in str(signal.error)
    digest = hashlib.sha256(b"no model").hexdigest()
    (signal,) = Faces(model="yunet.onnx", revision=digest).classify([portrait()])[0]
    assert (signal.score, signal.revision) == (None, f"yunet+{digest[:12]}")
