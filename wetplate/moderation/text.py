"""The text detector: personal data that can be read in a picture.

Here: asking a reader, joining rows, signals with the region of the row. Not here: the readers, the rules
(`pii`), thresholds.

Rules:
1. Nothing of what was read is kept: a signal tells the kind, the place and a score, never a sign of the text.
2. The score is the certainty of the rule, lowered by the reader's doubt. It is no probability.
3. A picture is read at its own size. One longer than LARGEST is read in tiles too, for readers shrink it.
4. A row is told whole, so that covering the region covers all of it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.pii import KINDS, findings
from wetplate.moderation.rapid_reader import LARGEST, RapidReader
from wetplate.moderation.reading import Line, Reader, rows
from wetplate.moderation.signals import Signal
from wetplate.moderation.tesseract_reader import TesseractReader
from wetplate.moderation.views import Region, boxes, placed

LABELS = tuple(f"TEXT_{kind.upper()}" for kind in KINDS)
ENGINES = ("rapidocr", "tesseract")
MOST = 100  # signals of one picture


class Text:
    """Labels TEXT_EMAIL, TEXT_PHONE and so on (LABELS); `names` are words that count as names."""

    sees = "e-mail addresses, phone, account and card numbers, dates of birth, number plates, listed names"
    blind = (
        "handwriting, most text lower than 12 pixels, scripts other than Latin digits and letters, names and "
        "addresses that no list holds, numbers broken over two lines"
    )

    def __init__(
        self, name: str = "text", *, reader: Reader | None = None, names: Sequence[str] = ()
    ) -> None:
        self._reader, self._names = reader or RapidReader(), tuple(names)
        self.name, self.revision = name, f"{self._reader.revision}, rules {RULES}"

    def __enter__(self) -> "Text":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        """A signal for each piece of personal data; label "" with score 0 where there is none."""
        return [self._classified(picture) for picture in pictures]

    def _classified(self, picture: NDArray[np.uint8]) -> list[Signal]:
        try:
            told = sorted(self._told(picture))[:MOST]
        except Exception as error:  # the port never raises: a failure is a signal
            said = (str(error).strip().splitlines() or [""])[0][:200]
            return [Signal(self.name, self.revision, "", None, f"{type(error).__name__}: {said}")]
        signals = [Signal(self.name, self.revision, label, score, region=at) for label, at, score in told]
        return signals or [Signal(self.name, self.revision, "", 0.0)]

    def _told(self, picture: NDArray[np.uint8]) -> set[tuple[str, Region, float]]:
        return {
            (f"TEXT_{kind.upper()}", region, score)
            for row in rows(list(self._lines(picture)))
            for kind, region, score in personal(row, self._names)
        }

    def _lines(self, picture: NDArray[np.uint8]) -> Iterator[Line]:
        height, width = picture.shape[:2]
        for box in boxes(width, height) if max(height, width) > LARGEST else [(0, 0, width, height)]:
            x, y, wide, tall = box
            for line in self._reader.lines(picture[y : y + tall, x : x + wide]):
                yield Line(line.text, line.confidence, placed(*line.region, box))


RULES = "1"  # raised when `pii` or the joining of rows finds something else


def opened(name: str, engine: str, names: Sequence[str], seconds: float) -> Text:
    """The detector that a policy names."""
    reader: Reader = TesseractReader(seconds) if engine == "tesseract" else RapidReader()
    return Text(name, reader=reader, names=names)


def personal(row: Sequence[Line], names: Sequence[str] = ()) -> Iterator[tuple[str, Region, float]]:
    """Kind, region and score of what one row, read as one text, gives away; only the pieces that carry it."""
    text, spans = "", list[tuple[int, int, Line]]()
    for line in row:
        text += " " if text else ""
        spans.append((len(text), len(text) + len(line.text), line))
        text += line.text
    for finding in findings(text, names):
        carry = [line for start, end, line in spans if start < finding.end and finding.start < end]
        doubt = min(line.confidence for line in carry)
        yield finding.kind, _around(carry), round(finding.certainty * max(0.0, min(1.0, doubt)), 4)


def _around(lines: Sequence[Line]) -> Region:
    left, top = (min(line.region[axis] for line in lines) for axis in (0, 1))
    right, bottom = (max(line.region[axis] + line.region[axis + 2] for line in lines) for axis in (0, 1))
    return left, top, right - left, bottom - top
