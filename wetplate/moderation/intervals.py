"""Intervals: how much a count of few says, without any I/O.

Here: Wilson's interval of a share, and how many misses-free samples a bound needs. Source: Wilson, JASA 22
(1927) 209-212; for no misses in n, the exact one-sided bound 1 - 0.05^(1/n), about 3/n.
"""

import math

Z = 1.959963984540054  # 95 %, two-sided
DOUBT = 0.05  # 95 %, one-sided


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of the share of which `found` of `of` is a sample; (0, 1) of none."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = found / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if found == 0 else low), (1.0 if found == of else high)


def needed(bound: float) -> int:
    """How many truly bad samples must all be caught before at most `bound` (0 to 1) are missed, at 95 %."""
    return math.ceil(math.log(DOUBT) / math.log1p(-bound))


def bounded(caught: int) -> float:
    """The share that may be missed, at 95 %, when all of so many truly bad samples were caught."""
    return 1 - DOUBT ** (1 / caught) if caught else 1.0
