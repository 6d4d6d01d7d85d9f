"""What comes back from a transform. Here: the value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Tier = Literal["fast", "production"]


@dataclass(frozen=True)
class Rendered:
    """A finished file and how it came about; `seconds` per stage, for Server-Timing and metrics."""

    body: bytes
    media_type: str
    sha256: str
    tier: Tier
    width: int
    height: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    cache: Literal["hit", "miss", "coalesced"] = "hit"
