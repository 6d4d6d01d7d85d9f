"""The tree is that of RFC 9162: its roots are those of the recursive definition, and of known vectors."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.audit.merkle import EMPTY, Range, restored

# The leaves and roots that every implementation of Certificate Transparency is tested with.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(leaves: list[bytes]) -> Range:
    tree = Range()
    for leaf in leaves:
        tree.push(leaf)
    return tree


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + defined(leaves[:split]) + defined(leaves[split:])).digest()


def test_known_roots() -> None:
    tree = Range()
    assert tree.root() == EMPTY
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.push(bytes.fromhex(leaf))
        assert tree.root() == root


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_range_grows_the_tree_of_the_definition(leaves: list[bytes]) -> None:
    assert grown(leaves).root() == defined(leaves).hex()


@given(st.lists(st.binary(max_size=4), max_size=40), st.lists(st.binary(max_size=4), max_size=40))
def test_a_restored_range_grows_on(old: list[bytes], new: list[bytes]) -> None:
    tree = grown(old)
    again = restored(tree.size, tree.told())
    for leaf in new:
        again.push(leaf)
    assert again.root() == grown(old + new).root()


@pytest.mark.parametrize(("size", "told"), [(1, []), (3, ["00"]), (0, ["00"])])
def test_a_range_that_cannot_be_is_refused(size: int, told: list[str]) -> None:
    with pytest.raises(ValueError, match="complete subtrees"):
        restored(size, told)
