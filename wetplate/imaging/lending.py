"""Lending bytes to a worker without sending them: a file that has no name and leaves nothing behind."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lent(body: bytes) -> Iterator[str]:
    """A path under which a child process of the same user can read the bytes, until the block ends.

    On Linux an anonymous file in memory, gone with this process whatever kills it; elsewhere a temporary one.
    """
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("wetplate", os.MFD_CLOEXEC), "wb") as file:
            file.write(body)
            file.flush()
            yield f"/proc/{os.getpid()}/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="wetplate-") as named:
            named.write(body)
            named.flush()
            yield named.name
