"""The text detector: rows, regions, scores, engines that fail; and the real readers on drawn text."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wetplate.errors import ModelError
from wetplate.generation.fake import waves
from wetplate.moderation import rapid_reader
from wetplate.moderation.policy import load
from wetplate.moderation.rapid_reader import LARGEST
from wetplate.moderation.reading import Line, rows
from wetplate.moderation.signals import Signal
from wetplate.moderation.tesseract_reader import TesseractReader, parsed
from wetplate.moderation.text import LABELS, Text, opened, personal

PICTURE = waves("3" * 64, 96, 64)
MAIL = "jane.doe@example.com"


@dataclass
class Scripted:
    """A reader that reads what it is told."""

    says: Sequence[Line] | Exception = ()
    revision: str = "scripted"
    shown: list[tuple[int, ...]] = field(default_factory=list)
    closed: bool = False

    def lines(self, picture: NDArray[np.uint8]) -> Sequence[Line]:
        self.shown.append(picture.shape)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def close(self) -> None:
        self.closed = True


def drawn(text: str, height: int = 20, size: tuple[int, int] = (256, 64)) -> NDArray[np.uint8]:
    """The text on a light ground."""
    image = Image.new("RGB", size, (230, 226, 220))
    ImageDraw.Draw(image).text((8, 16), text, fill=(30, 30, 40), font=ImageFont.load_default(height))
    return np.asarray(image)


def told(*lines: Line, names: tuple[str, ...] = ()) -> list[Signal]:
    return list(Text(reader=Scripted(lines), names=names).classify([PICTURE])[0])


def test_a_signal_tells_kind_place_and_score_and_never_the_words() -> None:
    (signal,) = told(Line(f"mail {MAIL}", 0.5, (3, 4, 60, 10)))
    assert (signal.label, signal.score, signal.region) == ("TEXT_EMAIL", 0.475, (3, 4, 60, 10))
    assert "jane" not in repr(signal)


def test_finding_nothing_is_one_signal_of_zero() -> None:
    assert (
        told()
        == told(Line("plain words", 1.0, (0, 0, 9, 9)))
        == [Signal("text", "scripted, rules 1", "", 0.0)]
    )


def test_pieces_of_one_row_are_read_together_and_told_where_they_stand() -> None:
    pieces = Line("0044 0532 0130 00", 0.9, (60, 11, 30, 10)), Line("DE89 3704", 0.8, (10, 10, 40, 10))
    (signal,) = told(*pieces, Line("made in Spain", 1.0, (10, 40, 40, 10)))
    assert (signal.label, signal.region) == ("TEXT_IBAN", (10, 10, 80, 11))
    assert signal.score == round(0.99 * 0.8, 4)


def test_only_the_pieces_that_carry_it_are_told() -> None:
    pieces = [Line("a very long introduction", 0.9, (0, 0, 50, 10)), Line(MAIL, 0.9, (55, 0, 40, 10))]
    assert [region for _, region, _ in personal(pieces)] == [(55, 0, 40, 10)]


def test_what_stands_far_apart_or_on_another_level_is_another_row() -> None:
    far, below = Line("b", 1, (80, 0, 9, 10)), Line("c", 1, (12, 12, 9, 10))
    assert [len(row) for row in rows([Line("a", 1, (0, 0, 9, 10)), far, below])] == [1, 1, 1]


@given(st.lists(st.tuples(*[st.integers(0, 90)] * 2, *[st.integers(1, 30)] * 2), max_size=8))
def test_no_line_is_lost_or_doubled(regions: list[tuple[int, int, int, int]]) -> None:
    lines = [Line(str(number), 1.0, region) for number, region in enumerate(regions)]
    assert sorted(line.text for row in rows(lines) for line in row) == sorted(line.text for line in lines)


def test_listed_names_count() -> None:
    (signal,) = told(Line("worn by Jane Public", 1.0, (0, 0, 9, 9)), names=("Jane Public",))
    assert signal.label == "TEXT_NAME"


def test_a_large_picture_is_read_in_tiles_too_and_places_are_those_of_the_whole() -> None:
    reader = Scripted([Line(MAIL, 1.0, (5, 6, 20, 10))])
    size = LARGEST + 200
    signals = Text(reader=reader).classify([np.zeros((size, size, 3), np.uint8)])[0]
    tile = round(size * 0.6)
    assert reader.shown == [(size, size, 3), *[(tile, tile, 3)] * 4]
    corners = {(0, 0), (size - tile, 0), (0, size - tile), (size - tile, size - tile)}
    assert {signal.region for signal in signals} == {(x + 5, y + 6, 20, 10) for x, y in corners}


def test_a_reader_that_fails_is_a_signal_with_an_error_and_is_closed() -> None:
    reader = Scripted(ModelError("no such model\nand more"))
    with Text(reader=reader) as detector:
        (signal,) = detector.classify([PICTURE])[0]
    assert (signal.score, signal.error) == (None, "ModelError: no such model")
    assert reader.closed


def test_the_shipped_policy_knows_every_label() -> None:
    assert set(load("product").detectors["text"].labels) == set(LABELS)


def test_an_engine_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapid_reader, "installed", lambda: rapid_reader.ABSENT)
    (signal,) = opened("text", "", (), 5).classify([PICTURE])[0]
    assert "pip install rapidocr" in str(signal.error)


@pytest.mark.xdist_group("ocr")
def test_the_real_reader_reads_small_pictures_and_passes_over_what_is_no_line() -> None:
    with opened("text", "rapidocr", (), 20) as detector:
        mail, number, nothing, turned = detector.classify(
            [drawn(MAIL), drawn("4111 1111 1111 1111"), PICTURE, np.rot90(drawn(MAIL))]
        )
    assert [signal.label for signal in (*mail, *number, *nothing)] == ["TEXT_EMAIL", "TEXT_CARD", ""]
    assert turned[0].label == "TEXT_EMAIL"
    assert detector.revision.startswith("rapidocr 3.")
    x, y, wide, tall = mail[0].region or (0, 0, 0, 0)
    assert x < 20
    assert 8 < y < 24
    assert 150 < wide < 240
    assert 15 < tall < 40


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_tesseract_reads_too() -> None:
    with opened("text", "tesseract", (), 20) as detector:
        (signal,) = detector.classify([drawn(MAIL, 24, (400, 80))])[0]
    assert signal.label == "TEXT_EMAIL"
    assert detector.revision.startswith("tesseract ")


def test_tesseracts_table_becomes_lines() -> None:
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
    words = "5\t1\t1\t1\t1\t1\t10\t20\t30\t8\t91\tcall\n5\t1\t1\t1\t1\t2\t45\t19\t50\t10\t80.5\t5551234\n"
    assert list(parsed(head + "4\t1\t1\t1\t1\t0\t10\t20\t85\t9\t-1\t\n" + words)) == [
        Line("call 5551234", 0.805, (10, 19, 85, 10))
    ]


def test_tesseract_that_is_missing_or_fails_says_so() -> None:
    reader = TesseractReader(5)
    reader.revision = "not installed"
    with pytest.raises(ModelError, match="apt-get install tesseract"):
        reader.lines(PICTURE)
