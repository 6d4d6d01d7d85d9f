"""What the detectors of faces and text cost, find and imagine: `python -m bench.privacy`.

Pictures: rendered originals of the sample family (no face, no text), photographs and the LFW subset that come
with scikit-image, text drawn on those photographs. Milliseconds are CPU, one thread, the least of three
rounds; memory is the peak of a process of its own. Named parts (`costs`, `faces`, `text`) run alone.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage import data as skimage_data

from families.rumba.studio import LACES, SOLES, render
from wetplate.moderation.faces import Faces
from wetplate.moderation.policy import load
from wetplate.moderation.signals import Classifier, Signal
from wetplate.moderation.text import opened

Picture = NDArray[np.uint8]
data: Any = skimage_data  # its functions carry no types
SIDES = (256, 512, 1024)
#: Nobody is in these; on the coins there are heads in profile, which are counted apart.
EMPTY = (
    "chelsea", "coffee", "rocket", "brick", "grass", "gravel", "hubble_deep_field", "retina", "moon", "page",
    "text", "clock", "immunohistochemistry",
)  # fmt: skip
WRITTEN = ("jane.doe@example.com", "+49 170 5551234", "DE89 3704 0044 0532 0130 00")
HEIGHTS = (8, 10, 12, 16, 24)
DETECTORS = ("faces", "text", "text-tesseract")


def sized(picture: Picture, side: int) -> Picture:
    """The picture as RGB, that many pixels wide and high."""
    image = Image.fromarray(picture if picture.ndim == 2 else picture[..., :3]).convert("RGB")
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))


def shoes(side: int) -> Iterator[Picture]:
    """Every lace colour on some sole."""
    for lace, sole in zip(LACES, SOLES, strict=False):
        yield sized(render(lace, sole, "crisscross", 512), side)


def photographs() -> dict[str, Picture]:
    return {name: getattr(data, name)() for name in EMPTY} | {"motorcycle": data.stereo_motorcycle()[0]}


def detector(name: str) -> Classifier:
    return Faces() if name == "faces" else opened("text", name.partition("-")[2], (), 60)


def cost(name: str) -> None:
    """Print milliseconds by side and kind of picture, and the peak of memory, as JSON."""
    base, ours, told = _megabytes(), detector(name), dict[str, float]()
    for side in SIDES:
        scenes = [sized(photographs()[each], side) for each in ("coffee", "motorcycle", "page")]
        for kind, pictures in (("shoes", list(shoes(side))), ("photographs", scenes)):
            ours.classify(pictures[:1])
            told[f"{kind} {side}"] = round(min(_took(ours, pictures) for _ in range(3)) / len(pictures), 1)
    print(json.dumps({"ms": told, "base": base, "peak": _megabytes()}))


def costs() -> None:
    for name in DETECTORS:
        asked = (sys.executable, "-m", "bench.privacy", "cost", name)
        said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
        print(f"{name:15} {said['ms']}  peak {said['peak']} MB, {said['base']} MB before it is loaded")


def faces() -> None:
    """LFW's 100 faces and 100 other crops, alone on a ground, at several sizes; and boxes where nobody is."""
    ours, small = Faces(), (data.lfw_subset() * 255).astype(np.uint8)
    for size in (30, 40, 60, 100):
        for turn in (0, 20, 30) if size == 60 else (0,):
            pictures = [_alone(each, size, number, turn) for number, each in enumerate(small)]
            found = [_labels(answer) & {"FACE", "FACE_PROFILE"} for answer in ours.classify(pictures)]
            front = sum("FACE" in each for each in found[:100])
            both = sum(map(bool, found[:100]))
            false = sum(map(bool, found[100:]))
            print(f"faces {size} px, turned {turn}: {both} of 100 ({front} frontal); {false} false")
    for side in SIDES:
        seen = {name: _told(ours, sized(picture, side), "faces") for name, picture in photographs().items()}
        heads = len(_told(ours, sized(data.coins(), side), "faces"))
        boxes = sum(map(len, seen.values()))
        print(f"boxes where nobody is, {side} px: {boxes} {_only(seen)}; coins: {heads}")
    print("shoes with a face:", sum(bool(_told(ours, shoe, "faces")) for shoe in shoes(512)))


def text() -> None:
    """Drawn addresses and numbers: how many the product policy would hear of, by size."""
    for name, sides in (("text", SIDES), ("text-tesseract", (512,))):
        ours = detector(name)
        for side in sides:
            clean = {each: sized(picture, side) for each, picture in photographs().items()}
            for height in HEIGHTS:
                drawn = [_written(picture, height, number) for number, picture in enumerate(clean.values())]
                heard = sum(bool(_told(ours, picture, "text")) for picture in drawn if picture is not None)
                print(
                    f"{name} {side} px, letters {height} px: {heard} of {sum(p is not None for p in drawn)}"
                )
            false = {each: _told(ours, picture, "text") for each, picture in clean.items()}
            print(f"{name} {side} px, nothing drawn: {sum(map(len, false.values()))} {_only(false)}")
    print("shoes with text:", sum(bool(_told(detector("text"), shoe, "text")) for shoe in shoes(512)))


def _alone(crop: Picture, size: int, seed: int, turn: int) -> Picture:
    rng = np.random.default_rng(seed)
    ground = Image.new("L", (256, 256), int(np.median(crop)))
    large = Image.fromarray(crop).resize((size, size), Image.Resampling.BICUBIC)
    x, y = rng.integers(0, 256 - size + 1, 2)
    ground.paste(
        large.rotate(turn, Image.Resampling.BICUBIC, fillcolor=int(np.median(crop))), (int(x), int(y))
    )
    return np.asarray(ground.convert("RGB"))


def _written(picture: Picture, height: int, number: int) -> Picture | None:
    """Something personal on the picture, dark on light or light on dark; None where it does not fit."""
    words, font = WRITTEN[number % len(WRITTEN)], ImageFont.load_default(height)
    side, image = picture.shape[0], Image.fromarray(picture)
    width = round(font.getlength(words))
    if width > 0.95 * side:
        return None
    rng = np.random.default_rng(number)
    x, y = int(rng.integers(2, side - width)), int(rng.integers(2, side - 2 * height))
    dark = picture[y : y + height, x : x + width].mean() > 128
    ImageDraw.Draw(image).text((x, y), words, fill=(20, 20, 20) if dark else (235, 235, 235), font=font)
    return np.asarray(image)


def _told(ours: Classifier, picture: Picture, name: str) -> list[Signal]:
    """What the product policy would tell a person."""
    labels = load("product").detectors[name].labels
    signals = ours.classify([picture])[0]
    return [
        each for each in signals if each.label in labels and (each.score or 0) >= labels[each.label].approve
    ]


def _labels(answer: Sequence[Signal]) -> set[str]:
    return {signal.label for signal in answer}


def _only(found: Mapping[str, list[Signal]]) -> dict[str, list[str]]:
    return {
        name: [f"{each.label} {each.score}" for each in signals] for name, signals in found.items() if signals
    }


def _took(ours: Classifier, pictures: list[Picture]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.process_time()
    ours.classify(pictures)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    children = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * (time.process_time() - began + children)


def _megabytes() -> int:
    own, children = (
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (own + children) // 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["cost"]:
        cost(sys.argv[2])
    else:
        parts = {"costs": costs, "faces": faces, "text": text}
        for part in sys.argv[1:] or parts:
            parts[part]()
