"""A process whose clock is wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from wetplate.storage import database


@contextmanager
def ahead(minutes: float) -> Iterator[None]:
    """The clock of this process is so many minutes ahead of the database's, in every module of ours."""
    right = database.now

    def wrong() -> datetime:
        return right() + timedelta(minutes=minutes)

    with pytest.MonkeyPatch.context() as patch:
        for module in [
            each for name, each in sys.modules.items() if name.startswith(("wetplate", "pipelines"))
        ]:
            for name in [name for name, value in vars(module).items() if value is right]:
                patch.setattr(module, name, wrong)
        yield
