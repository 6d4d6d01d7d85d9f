"""Which files one image gets under a profile. Pure.

Rules:
1. No file is wider than the image: a width above the image's own is replaced by that one, once.
2. A shaded opaque picture gets each of the profile's formats. Under transparency PNG takes JPEG's place, and
   AVIF and WebP carry the alpha. A flat picture gets lossless WebP and PNG: edges and colours stay. (AVIF
   of quality 80 in 4:4:4 would take 20 to 80 % fewer bytes on soft or scaled-down drawings, at SSIMULACRA2 87
   to 95, and more than lossless on crisp ones.)
3. Every width has one file that any browser reads (JPEG or PNG).
4. What a picture looks like is told by its pixels, which a row does not hold: `absent` therefore asks which
   plan the files that stand belong to.
"""

from collections.abc import Collection
from dataclasses import dataclass

from wetplate.derivatives.profiles import Profile
from wetplate.imaging.codec import PNG, Encoding
from wetplate.imaging.resize import height_at

LOSSLESS_WEBP = Encoding("webp", lossless=True)
Mark = tuple[int, str, bool]
LOOKS = ((False, False), (True, False), (False, True), (True, True))


@dataclass(frozen=True)
class Wanted:
    """One file to make; with a `target`, its quality is searched for, beginning at the encoding's own."""

    width: int
    height: int
    encoding: Encoding
    target: int | None = None

    @property
    def mark(self) -> Mark:
        """What tells a file from the others of its image and profile."""
        return (self.width, self.encoding.format, self.encoding.lossless)


def plan(profile: Profile, width: int, height: int, flat: bool, transparent: bool) -> list[Wanted]:
    """The files of an image of `width` × `height`, narrow to wide, best format first."""
    encodings = _encodings(profile, flat, transparent)
    return [
        Wanted(wide, height_at(wide, (width, height)), encoding, _target(profile, encoding))
        for wide in widths(profile, width)
        for encoding in encodings
    ]


def widths(profile: Profile, width: int) -> list[int]:
    """The profile's widths for an image this wide: none above its own, none twice."""
    return sorted({min(wide, width) for wide in profile.widths})


def absent(profile: Profile, width: int, height: int, marks: Collection[Mark]) -> list[Wanted]:
    """What files with these marks lack under the plan they come closest to; empty when complete."""
    lacks = (
        [wanted for wanted in plan(profile, width, height, *look) if wanted.mark not in marks]
        for look in LOOKS
    )
    return min(lacks, key=len)


def _target(profile: Profile, encoding: Encoding) -> int | None:
    return None if encoding.lossless else profile.targets.get(encoding.format)


def _encodings(profile: Profile, flat: bool, transparent: bool) -> list[Encoding]:
    if flat:
        return [LOSSLESS_WEBP, PNG]
    if transparent:
        return [PNG if encoding.format == "jpeg" else encoding for encoding in profile.formats.values()]
    return list(profile.formats.values())
