"""The NudeNet worker: a process of its own, the only module that imports nudenet and cv2.

NudeNet's licence files say AGPL-3.0, and native code can hang or crash: hence a process that talks over
pipes. Frames, both ways: 4 bytes big-endian length, then that many bytes of JSON. After a question's frame
follow `height * width * 3` bytes of 8-bit BGR. Questions: {"height", "width"}. Answers: {"detections":
[{"label", "score", "box": [x, y, width, height]}]} or {"error"}; the first frame says {"ready"}. The end of
the input ends the worker.
"""

import json
import os
import sys
from typing import IO, Any

import numpy as np


def main() -> None:
    """Answer until the input ends. Stray prints of the libraries go to stderr, not into the frames."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import nudenet

    detector = nudenet.NudeDetector()
    send(answers, {"ready": True})
    while question := receive(sys.stdin.buffer):
        send(answers, answer(detector, question, sys.stdin.buffer))


def answer(detector: Any, question: dict[str, int], pixels: IO[bytes]) -> dict[str, Any]:
    """What the detector finds in one picture, or what went wrong."""
    shape = (question["height"], question["width"], 3)
    body = pixels.read(int(np.prod(shape)))
    try:
        found = detector.detect(np.frombuffer(body, np.uint8).reshape(shape))
        return {"detections": [told(part) for part in found]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def told(part: dict[str, Any]) -> dict[str, Any]:
    """One thing it found, as JSON can say it."""
    box = [float(side) for side in part["box"]]
    return {"label": part["class"], "score": float(part["score"]), "box": box}


def send(pipe: IO[bytes], message: dict[str, Any]) -> None:
    """Write one frame."""
    body = json.dumps(message).encode()
    pipe.write(len(body).to_bytes(4, "big") + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> dict[str, int] | None:
    """Read one frame; None at the end of the input."""
    length = pipe.read(4)
    return json.loads(pipe.read(int.from_bytes(length, "big"))) if len(length) == 4 else None


if __name__ == "__main__":
    main()
