"""The plate: one exposure of the shoe, before its lace and sole are given a colour.

Belongs here: laying parts over one another, their shadows, and the last step
from light to bytes. Does not belong here: where a part is (shoe, laces).

Rules: a plate is affine in the two colours, light = base + sole * s + lace * l,
so that one plate per lacing pattern serves all colours; what is not affine
(gloss that weakens on light soles, the tone curve) happens in `print`.
Coverage masks follow the same laying-over, so they are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from families.rumba.canvas import WORK, Light, Mask, blur, encode, linear, resize, shifted

Colour = tuple[int, int, int]
_SUN = (-0.45, -0.80)


class Plate:
    """Layers accumulate bottom to top; `lace` and `sole` name the two open colours."""

    def __init__(self, background: Light) -> None:
        self.base = background.astype(np.float32)
        self.gain = {part: np.zeros((WORK, WORK), np.float32) for part in ("lace", "sole")}
        self.cover = {part: np.zeros((WORK, WORK), np.float32) for part in ("lace", "sole")}
        self.gloss = np.zeros((WORK, WORK), np.float32)

    def lay(self, alpha: Mask, colour: Colour | str, shade: Mask, shine: Mask | None = None) -> None:
        """Cover by `alpha` with a fixed colour or an open one, lit by `shade`, plus `shine`."""
        self._fade(alpha)
        lit = alpha * shade
        if isinstance(colour, str):
            self.gain[colour] += lit
            self.cover[colour] += alpha
        else:
            self.base += lit[..., None] * linear(colour)
        if shine is not None:
            self.base += (alpha * shine)[..., None]

    def _fade(self, alpha: Mask) -> None:
        keep = 1 - alpha
        self.base *= keep[..., None]
        self.gloss *= keep
        for part in self.gain:
            self.gain[part] *= keep
            self.cover[part] *= keep

    def darken(self, amount: Mask) -> None:
        """Shadow: multiply everything so far by 1 - amount."""
        keep = 1 - np.clip(amount, 0, 1)
        self.base *= keep[..., None]
        self.gloss *= keep
        for gain in self.gain.values():
            gain *= keep

    def drop_shadow(self, alpha: Mask, dx: float, dy: float, radius: float, amount: float) -> None:
        """The shadow that `alpha` throws on what is already there."""
        self.darken(amount * blur(shifted(alpha, dx, dy), radius))

    def bounce(self, part: str, amount: Mask) -> None:
        """Light that the open colour `part` throws on its surroundings."""
        self.gain[part] += amount

    def shine_on(self, amount: Mask) -> None:
        """Gloss of the sole: strong on dark colours, weak on light ones."""
        self.gloss += amount

    def reduce(self, size: int) -> Exposure:
        """The plate at `size`; colours may come after, for reducing and light are both linear."""
        base = np.stack([resize(np.ascontiguousarray(self.base[..., i]), size) for i in range(3)], axis=-1)
        gain, cover = (
            {part: resize(plane[part], size) for part in plane} for plane in (self.gain, self.cover)
        )
        return Exposure(base, gain, cover, resize(self.gloss, size))


@dataclass(frozen=True)
class Exposure:
    """A plate at one size: `base` (n, n, 3); `gain` and `cover` per open colour and `gloss` (n, n)."""

    base: Light
    gain: dict[str, Mask]
    cover: dict[str, Mask]
    gloss: Mask

    def print(self, lace: Colour, sole: Colour) -> NDArray[np.uint8]:
        """The picture in two colours, (n, n, 3) sRGB bytes."""
        tint = linear(sole)
        light = self.base + self.gain["sole"][..., None] * tint
        light += self.gain["lace"][..., None] * linear(lace)
        light += (self.gloss * (1 - 0.6 * float(tint.mean())))[..., None]
        return encode(_tone(light))


def _tone(light: Light) -> Light:
    """A soft shoulder: highlights roll off instead of clipping."""
    knee = 0.72
    over = np.maximum(light - knee, 0)
    rolled: Light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    return rolled


def relief(mask: Mask, *radii: float) -> Mask:
    """Lambert-like shade, about 1 in the middle, of a shape that bulges by `radii`."""
    height = sum((blur(mask, r) for r in radii), np.zeros_like(mask)) / len(radii)
    dy, dx = np.gradient(height * WORK)
    slope = dx * _SUN[0] + dy * _SUN[1]
    scale = float(np.mean(radii)) * 1.6
    shade: Mask = np.clip(1 - scale * slope, 0.35, 1.6).astype(np.float32)
    return shade
