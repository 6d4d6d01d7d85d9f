"""Policies: the shipped one, and every way a file can be wrong."""

import hashlib
from pathlib import Path

import pytest

from wetplate.errors import ModerationError
from wetplate.moderation.policy import FOLDER, load

GOOD = """
version = 2
taxonomy = "1"
required = ["eye"]
[detectors.eye]
kind = "surface"
harmless = ["FINE"]
[detectors.eye.labels.BAD]
slug = "sexual/nudity"
approve = 0.5
reject = 0.9
[[prompt_rules]]
name = "one"
slug = "ip/logo"
action = "note"
terms = ["acme"]
"""
RECORD = f'[detectors.eye.calibration]\nrecord = "{"c" * 64}"\nrevision = "1"\nsigned_by = "someone"\n'


def write(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text)
    return folder


def test_the_shipped_policy_loads() -> None:
    policy = load("product")
    assert policy.sha256 == hashlib.sha256((FOLDER / "product.toml").read_bytes()).hexdigest()
    assert not policy.auto_reject
    assert set(policy.required) == {"surface", "nudenet", "faces", "text"}
    assert 0 < policy.audit_sample < 1000


def test_the_shipped_policy_maps_every_label_of_nudenet() -> None:
    source = pytest.importorskip("nudenet.nudenet", exc_type=ImportError)
    detector = load("product").detectors["nudenet"]
    assert set(source.__dict__["__labels"]) == set(detector.labels) | detector.harmless


def test_a_good_file_says_what_it_says(tmp_path: Path) -> None:
    policy = load("mine", write(tmp_path, GOOD))
    assert policy.detectors["eye"].labels["BAD"].reject == 0.9
    assert policy.prompt_rules[0].terms == ("acme",)
    assert (policy.auto_reject, policy.audit_sample) == (False, 20)


def test_a_changed_file_is_another_policy(tmp_path: Path) -> None:
    one = load("mine", write(tmp_path, GOOD)).sha256
    assert load("mine", write(tmp_path, GOOD + "# a word\n")).sha256 != one


@pytest.mark.parametrize("name", ["nothing", "../product", "Product", ""])
def test_an_unknown_policy_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ModerationError, match="known: product"):
        load(name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("version = 2", "version = 1"), "version"),
        (("version = 2", "version = 3"), "version"),
        (("version = 2", ""), "version"),
        (("version = 2", "version = true"), "version"),
        (('taxonomy = "1"', 'taxonomy = "9"'), "no taxonomy version"),
        (('taxonomy = "1"', 'taxonomy = "../v1"'), "no taxonomy version"),
        (('taxonomy = "1"', ""), "taxonomy"),
        (("version = 2", "version = 2\nsurprise = 1"), "surprise"),
        (("approve = 0.5", "approve = 0.95"), "approve <= reject"),
        (("approve = 0.5", "approve = -1"), "approve"),
        (("approve = 0.5", "approve = nan"), "approve"),
        (("reject = 0.9", "reject = 2"), "reject"),
        (('required = ["eye"]', 'required = ["ear"]'), "no detector"),
        (('required = ["eye"]', "required = [1]"), "list of words"),
        (('required = ["eye"]', 'required = "eye"'), "expected a list"),
        (('kind = "surface"', 'kind = "crystal"'), "kind"),
        (('kind = "surface"', 'kind = "transformers"'), "revision"),
        (('kind = "surface"', 'kind = "surface"\nmodel = "a/b"'), "model"),
        (('kind = "surface"', 'kind = "surface"\nseconds = 0'), "seconds"),
        (('kind = "surface"', 'kind = "faces"\nmodel = "yunet.onnx"'), "SHA-256 as revision"),
        (('kind = "surface"', f'kind = "faces"\nrevision = "{"a" * 64}"'), "YuNet ONNX file"),
        (('kind = "surface"', 'kind = "faces"\nmodel = "y"\nrevision = "main"'), "SHA-256 as revision"),
        (('kind = "surface"', 'kind = "text"\nmodel = "clairvoyance"'), "rapidocr or tesseract"),
        (('kind = "surface"', 'kind = "text"\nrevision = "1"'), "pins no revision"),
        (('kind = "surface"', 'kind = "surface"\nnames = ["Jane"]'), "only kind text reads"),
        (('terms = ["acme"]', ""), "or `personal`"),
        (('terms = ["acme"]', 'personal = ["shoe size"]'), "'shoe size' is unknown"),
        (('slug = "sexual/nudity"', 'slug = "sexual"'), "taxonomy"),
        (('slug = "ip/logo"', 'slug = "ip"'), "taxonomy"),
        (('harmless = ["FINE"]', 'harmless = ["BAD"]'), "thresholds too"),
        (('action = "note"', 'action = "burn"'), "action"),
        (('terms = ["acme"]', 'terms = [" "]'), "list of words"),
        (("version = 2", "version = 2\naudit_sample = 1001"), "audit_sample"),
        (("version = 2", "version = 2\nauto_reject = true"), "calibration"),
        (("version = 2", 'version = 2\nauto_reject = "no"'), "true or false"),
        (("[detectors.eye]", "[detectors"), "no TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_what_was_expected(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(ModerationError, match=says) as refusal:
        load("mine", write(tmp_path, GOOD.replace(*change)))
    assert "mine.toml" in str(refusal.value)


@pytest.mark.parametrize(
    "options",
    ["", f'model = "yunet.onnx"\nrevision = "{"a" * 64}"', "seconds = 60"],
    ids=["cascades", "yunet", "slow"],
)
def test_faces_are_looked_for_by_cascades_or_by_a_pinned_model(tmp_path: Path, options: str) -> None:
    file = write(tmp_path, GOOD.replace('kind = "surface"', f'kind = "faces"\n{options}'))
    assert load("mine", file).detectors["eye"].kind == "faces"


def test_text_is_read_by_a_named_engine_and_knows_names(tmp_path: Path) -> None:
    options = 'kind = "text"\nmodel = "tesseract"\nnames = ["Jane Public"]'
    detector = load("mine", write(tmp_path, GOOD.replace('kind = "surface"', options))).detectors["eye"]
    assert (detector.model, detector.names) == ("tesseract", ("Jane Public",))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("[[prompt_rules]]") :]
    with pytest.raises(ModerationError, match="two rules"):
        load("mine", write(tmp_path, GOOD + rule))


def test_auto_reject_with_a_record_is_allowed_except_for_nudenet(tmp_path: Path) -> None:
    text = GOOD.replace("version = 2", "version = 2\nauto_reject = true") + RECORD
    assert load("mine", write(tmp_path, text)).auto_reject
    with pytest.raises(ModerationError, match="never reject by themselves"):
        load("mine", write(tmp_path, text.replace('kind = "surface"', 'kind = "nudenet"')))
    with pytest.raises(ModerationError, match="SHA-256 of the calibration record"):
        load("mine", write(tmp_path, text.replace("c" * 64, "trust me")))
