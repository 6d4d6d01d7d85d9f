"""Opening what a policy names."""

from dataclasses import replace

import pytest

from tests.moderation.conftest import a_policy
from wetplate.generation.fake import waves
from wetplate.moderation.detectors import abilities, abilities_of, open_classifiers, revisions
from wetplate.moderation.faces import Faces
from wetplate.moderation.nudenet_process import NudeNet
from wetplate.moderation.policy import load
from wetplate.moderation.surface import Surface
from wetplate.moderation.text import Text

EYE = a_policy().detectors["eye"]


def test_the_shipped_policy_opens_its_detectors() -> None:
    with open_classifiers(load("product")) as opened:
        assert [type(each) for each in opened] == [Surface, NudeNet, Faces, Text]
        assert [each.name for each in opened] == ["surface", "nudenet", "faces", "text"]


def test_a_transformers_detector_that_cannot_be_loaded_answers_with_an_error() -> None:
    far = replace(EYE, kind="transformers", model="nowhere", revision="sha256:" + "0" * 64)
    with open_classifiers(a_policy(detectors={"eye": far})) as (opened,):
        ((signal,),) = opened.classify([waves("0" * 64, 32, 32)])
    assert "no such model folder" in str(signal.error)


def test_no_detector_is_no_error() -> None:
    with open_classifiers(a_policy(detectors={})) as opened:
        assert list(opened) == []


def test_people_are_told_what_each_sees_and_is_blind_to() -> None:
    said = abilities([Surface()])
    assert "| surface | 2 | empty frames and noise | everything a picture shows |" in said
    assert abilities_of("nudenet") == (NudeNet.sees, NudeNet.blind)
    assert abilities_of("another")[1] == "all else"


def test_the_revision_of_each_detector_is_told_without_opening_a_model() -> None:
    eye = a_policy().detectors["eye"]
    pinned = replace(eye, name="vit", kind="transformers", model="some/model", revision="a" * 40)
    now = revisions(a_policy(detectors={"eye": eye, "vit": pinned}))
    assert now == {"eye": Surface("eye").revision, "vit": f"some/model@{'a' * 40}"}


def test_what_is_not_installed_has_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    nudenet = replace(a_policy().detectors["eye"], name="nudenet", kind="nudenet")
    assert revisions(a_policy(detectors={"nudenet": nudenet})) == {}
