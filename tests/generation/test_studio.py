"""Opening painters, and splitting work."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import FakePainterRefused, PaintingError
from wetplate.generation.fake import FakePainter
from wetplate.generation.studio import batches, open_painter
from wetplate.settings import settings


@given(st.lists(st.integers()), st.integers(1, 9))
def test_batches_lose_nothing_and_keep_the_order(things: list[int], size: int) -> None:
    split = batches(things, size)
    assert [thing for batch in split for thing in batch] == things
    assert all(len(batch) == size for batch in split[:-1])
    assert all(1 <= len(batch) <= size for batch in split)


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_of_nothing_is_refused(size: int) -> None:
    with pytest.raises(PaintingError, match="WETPLATE_BATCH"):
        batches([1], size)


def test_fake_only_in_a_dry_run() -> None:
    fake = replace(settings(), painter="fake")
    with pytest.raises(FakePainterRefused):
        open_painter(fake)
    assert isinstance(open_painter(replace(fake, dry_run=True)), FakePainter)


def test_unknown_painter_is_refused() -> None:
    with pytest.raises(PaintingError, match="'oils'"):
        open_painter(replace(settings(), painter="oils"))


def test_opening_imports_no_torch() -> None:
    code = (
        "import sys; from wetplate.settings import settings;"
        "from wetplate.generation.studio import open_painter;"
        "open_painter(settings()).paint([]); print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"
