"""The blur by band matrices is the blur."""

import numpy as np
import pytest
from scipy import ndimage

from wetplate.imaging.gaussian import RADIUS, SIGMA, blurred

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("size", [(1, 1), (8, 9), (16, 16), (17, 31), (40, 100)])
def test_as_scipy(size: tuple[int, int]) -> None:
    height, width = size
    stacks = [RNG.random((2, height + 2 * RADIUS, width), np.float32) for _ in range(3)]
    for planes, made in zip(stacks, blurred(*stacks), strict=True):
        wide = np.pad(planes.astype(float), ((0, 0), (0, 0), (RADIUS, RADIUS)))
        true = ndimage.gaussian_filter(wide, SIGMA, radius=RADIUS, mode="constant", axes=(1, 2))
        assert made.shape == (2, height, width)
        assert np.abs(made - true[:, RADIUS:-RADIUS, RADIUS:-RADIUS]).max() < 1e-6
