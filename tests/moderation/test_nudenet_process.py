"""NudeNet at arm's length: every way its process can fail is a signal; the real one where installed."""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wetplate.generation.fake import waves
from wetplate.moderation.nudenet_process import ABSENT, NudeNet, installed
from wetplate.moderation.signals import Signal

PICTURE = waves("3" * 64, 96, 64)
LARGE = waves("3" * 64, 640, 512)
HEAD = """
import sys
sys.path.insert(0, {root!r})
from wetplate.moderation.nudenet_worker import receive, send
out = sys.stdout.buffer
send(out, {{"ready": True}})
"""
present = pytest.mark.skipif(
    importlib.util.find_spec("nudenet") is None, reason="extra nudenet not installed"
)


def worker(code: str, head: str = HEAD) -> list[str]:
    root = str(Path(__file__).parents[2])
    return [sys.executable, "-c", head.format(root=root) + code]


LISTENING = """
while question := receive(sys.stdin.buffer):
    body = sys.stdin.buffer.read(question["height"] * question["width"] * 3)
"""


def one(code: str, *, head: str = HEAD, seconds: float = 10) -> list[Signal]:
    with NudeNet(worker=worker(code, head), seconds=seconds) as detector:
        return list(detector.classify([PICTURE])[0])


def test_finding_nothing_is_one_signal_of_zero() -> None:
    (signal,) = one(LISTENING + "    send(out, {'detections': []})")
    assert (signal.label, signal.score, signal.error) == ("", 0.0, None)


def test_the_highest_of_a_labels_scores_counts() -> None:
    said = "    send(out, {'detections': [{'label': 'A', 'score': s} for s in (0.2, 0.7, 0.3)]})"
    assert [(s.label, s.score) for s in one(LISTENING + said)] == [("A", 0.7)]


def test_a_box_in_a_tile_is_told_in_pixels_of_the_whole() -> None:
    said = (
        "    n = globals().get('n', 0) + 1\n"
        "    found = {'label': 'A', 'score': n / 10, 'box': [-3, 4.5, 20, 10]}\n"
        "    send(out, {'detections': [found]})"
    )
    with NudeNet(worker=worker(LISTENING + said), seconds=10) as detector:
        (signal,) = detector.classify([LARGE])[0]
    width, height = LARGE.shape[1], LARGE.shape[0]
    assert signal.score == 0.5, "the last tile's is the highest"
    assert signal.region == (width - round(width * 0.6), height - round(height * 0.6) + 4, 17, 11)


def test_pixels_arrive_whole_as_bgr() -> None:
    blue, red = int(PICTURE[0, 0, 2]), int(PICTURE[0, 0, 0])
    said = (
        f"    right = (body[0], body[2], len(body)) == ({blue}, {red}, {PICTURE.size})\n"
        "    send(out, {'detections': [{'label': str(right), 'score': 0.5}]})"
    )
    assert one(LISTENING + said)[0].label == "True"


def test_a_large_picture_is_asked_about_five_times_in_one_process() -> None:
    said = (
        "    n = globals().get('n', 0) + 1\n"
        "    send(out, {'detections': [{'label': f'view {n}', 'score': 0.5}]})"
    )
    with NudeNet(worker=worker(LISTENING + said), seconds=10) as detector:
        labels = [signal.label for signal in detector.classify([LARGE])[0]]
        assert labels == [f"view {n}" for n in range(1, 6)]
        assert detector.classify([PICTURE])[0][0].label == "view 6"


@pytest.mark.parametrize(
    ("code", "head", "says"),
    [
        ("sys.exit(3)", HEAD, "EOFError"),
        ("", "import sys; sys.exit(1)", "failed"),
        (LISTENING + "    out.write(b'\\0\\0\\0\\4oops'); out.flush()", HEAD, "JSONDecodeError"),
        (LISTENING + "    out.write(b'\\xff' * 8); out.flush()", HEAD, "ValueError"),
        (LISTENING + "    send(out, {'nothing': 1})", HEAD, "KeyError"),
        (LISTENING + "    send(out, {'error': 'bad weights'})", HEAD, "bad weights"),
        (LISTENING + "    send(out, {'detections': [{'label': 'A', 'score': None}]})", HEAD, "TypeError"),
        ("", "import sys; print('hello'); sys.stdout.flush(); sys.stdin.read()", "ValueError"),
    ],
)
def test_whatever_goes_wrong_is_a_signal_with_an_error(code: str, head: str, says: str) -> None:
    (signal,) = one(code, head=head)
    assert signal.score is None
    assert says in str(signal.error)


def test_a_hanging_worker_is_killed_in_time() -> None:
    started = time.monotonic()
    (signal,) = one("import time; time.sleep(60)", seconds=1.0)
    assert time.monotonic() - started < 10
    assert "no answer within 1 s" in str(signal.error)


def test_after_a_death_the_next_picture_gets_a_new_worker(tmp_path: Path) -> None:
    dies_once = (
        f"import pathlib; mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
        "first = not mark.exists(); mark.touch()\n"
        + LISTENING
        + "    first and sys.exit(1)\n    send(out, {'detections': []})"
    )
    with NudeNet(worker=worker(dies_once), seconds=10) as detector:
        broken, fine = detector.classify([PICTURE, PICTURE])
    assert broken[0].error
    assert fine[0].score == 0.0


def test_not_installed_is_an_error_signal_and_so_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert installed() == ABSENT
    (signal,) = NudeNet().classify([PICTURE])[0]
    assert (signal.revision, signal.score) == (ABSENT, None)
    assert "not installed" in str(signal.error)


@present
def test_the_real_detector_runs_and_its_revision_names_its_weights() -> None:
    with NudeNet(seconds=60) as detector:
        answers = detector.classify([PICTURE, LARGE])
    assert detector.revision.startswith("3.4.2+")
    assert all(signal.error is None and signal.score is not None for answer in answers for signal in answer)


@present
def test_the_real_detector_finds_a_face() -> None:
    data = pytest.importorskip("skimage.data")
    with NudeNet(seconds=60) as detector:
        found = {signal.label: signal for signal in detector.classify([data.astronaut()])[0]}
    face = found["FACE_FEMALE"]
    assert face.score is not None
    assert face.score > 0.5
    assert face.region is not None
    x, y, width, height = face.region
    assert x < 224 < x + width, "the face's middle is at about 224, 120"
    assert y < 120 < y + height


def test_asking_imports_no_nudenet_here() -> None:
    heavy = "{'nudenet', 'cv2', 'torch'}"
    code = f"import sys, wetplate.moderation.detectors; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
