"""The Merkle tree of RFC 9162 (the one Certificate Transparency grows), as a compact range. Pure.

Here: hashing leaves and nodes, growing a tree without its old leaves. Not here: what a leaf says (`leaves`).

Rules:
1. Leaves and nodes are hashed with different first bytes, so that no node can be passed off as a leaf.
2. The range holds the roots of the complete subtrees that the size's binary digits name, largest first: all
   that is needed to add leaves and to tell the root, 20 hashes for a million leaves.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass
class Range:
    """A tree of `size` leaves, reduced to the roots of its complete subtrees."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def push(self, leaf: bytes) -> None:
        """Add a leaf at the end."""
        node = hashlib.sha256(b"\0" + leaf).digest()
        left = self.size
        while left & 1:
            node = _node(self.roots.pop(), node)
            left >>= 1
        self.roots.append(node)
        self.size += 1

    def root(self) -> str:
        """The root over all leaves so far, as hex."""
        if not self.roots:
            return EMPTY
        *rest, node = self.roots
        for left in reversed(rest):
            node = _node(left, node)
        return node.hex()

    def told(self) -> list[str]:
        """The subtrees' roots as hex, to be stored."""
        return [root.hex() for root in self.roots]


def restored(size: int, told: Sequence[str]) -> Range:
    """The range that was stored. Raises ValueError when these cannot be the subtrees of such a tree."""
    if len(told) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(told)}")
    return Range(size, [bytes.fromhex(root) for root in told])


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
