"""Write the goldens of how samples look: `python -m tests.golden.bless [NAME …]`, from the repository's root.

Run it when a difference is wanted, and read the text's difference before committing it.
"""

import sys

from tests.golden.looks import DEVICES, FOLDER, PROFILE, SAMPLES, look, picked, written
from wetplate.derivatives.plan import widths
from wetplate.derivatives.profiles import load
from wetplate.imaging.resize import downscale


def blessed(name: str) -> str:
    """The golden of a sample, as it looks now."""
    pixels, profile = SAMPLES[name](), load(PROFILE)
    offered = widths(profile, pixels.shape[1])
    picks = {device: picked(offered, profile.sizes, device) for device in DEVICES}
    return written(
        name, [look(downscale(pixels, wide)) for wide in sorted({*picks.values(), offered[0]})], picks
    )


def main(names: list[str]) -> None:
    for name in names or list(SAMPLES):
        (FOLDER / f"{name}.txt").write_text(blessed(name), encoding="utf-8")
        print(FOLDER / f"{name}.txt")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
