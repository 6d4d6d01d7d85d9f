"""The guard around every detector: whatever one does, there are signals for every picture, in time.

A detector should never raise. Should it raise, hang, or answer for fewer pictures than it was asked about,
each picture gets a signal with an error, which means review. A score that is no number is an error too: it
could not be told from itself when the same is recorded twice. A detector that hung is not asked again.
"""

import math
import queue
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.signals import Classifier, Signal

GRACE = 2.0  # so that a detector with a limit of its own can say itself that it was too slow

Pictures = Sequence[NDArray[np.uint8]]
Answer = Sequence[Sequence[Signal]]


def guarded(classifier: Classifier, pictures: Pictures, seconds: float) -> list[list[Signal]]:
    """Signals for each picture, in order; `seconds` are allowed per picture.

    Never raises, never waits longer.
    """
    answers = list[list[Signal]]()
    hung = False
    for picture in pictures:
        answer = (
            "not asked: it did not answer for an earlier picture"
            if hung
            else _asked(classifier, picture, seconds)
        )
        hung = hung or answer is None
        answers.append(_signals(classifier, answer, seconds))
    return answers


def _asked(classifier: Classifier, picture: NDArray[np.uint8], seconds: float) -> Answer | str | None:
    """The answer, what went wrong, or None if there was none in time."""
    box: queue.SimpleQueue[Answer | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            box.put(classifier.classify([picture]))
        except Exception as error:  # a detector must not take the others down with it
            box.put(f"{type(error).__name__}: {error}")

    threading.Thread(target=ask, name=f"detector {classifier.name}", daemon=True).start()
    try:
        return box.get(timeout=seconds + GRACE)
    except queue.Empty:
        return None


def _signals(classifier: Classifier, answer: Answer | str | None, seconds: float) -> list[Signal]:
    if answer is None:
        answer = f"no answer within {seconds:g} s"
    elif not isinstance(answer, str) and not (len(answer) == 1 and answer[0]):
        answer = "it gave no signal"
    if isinstance(answer, str):
        return [Signal(classifier.name, classifier.revision, "", None, answer)]
    return [_finite(signal) for signal in answer[0]]


def _finite(signal: Signal) -> Signal:
    if signal.score is None or math.isfinite(signal.score):
        return signal
    return replace(signal, score=None, error=signal.error or f"{signal.label}: its score was {signal.score}")
