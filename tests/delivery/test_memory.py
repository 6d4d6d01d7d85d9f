"""Answers in memory: never more bytes than allowed, and gone at once."""

from dataclasses import dataclass
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.memory import OVERHEAD, Memory


@dataclass(frozen=True)
class Kept:
    body: bytes
    until: float = inf


def kept(size: int, until: float = inf) -> Kept:
    return Kept(b"x" * size, until)


def test_what_is_put_is_found_until_it_is_too_old() -> None:
    memory: Memory[Kept] = Memory(1_000_000)
    assert memory.put(b"/a", kept(10, until=5.0), "image")
    assert memory.get(b"/a", 5.0) is not None
    assert memory.get(b"/a", 5.1) is None
    assert (len(memory), memory.held) == (0, 0)


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    memory: Memory[Kept] = Memory(10 * (OVERHEAD + 1_006))
    for number in range(10):
        memory.put(b"/%d" % number, kept(1_000), "image")
    assert memory.get(b"/0", 0) is not None
    memory.put(b"/n", kept(1_000), "image")
    assert memory.get(b"/0", 0) is not None
    assert memory.get(b"/1", 0) is None


def test_one_large_file_does_not_empty_the_memory() -> None:
    memory: Memory[Kept] = Memory(80_000)
    memory.put(b"/small", kept(100), "image")
    assert not memory.put(b"/large", kept(10_001), "image")
    assert memory.get(b"/small", 0) is not None


def test_everything_about_one_image_goes_at_once() -> None:
    memory: Memory[Kept] = Memory(1_000_000)
    memory.put(b"/a1", kept(10), "a")
    memory.put(b"/a2", kept(10), "a")
    memory.put(b"/b", kept(10), "b")
    assert memory.forget("a") == 2
    assert [memory.get(key, 0) is not None for key in (b"/a1", b"/a2", b"/b")] == [False, False, True]
    memory.clear()
    assert (len(memory), memory.held) == (0, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 20), st.integers(0, 5_000)),
        st.tuples(st.just("forget"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("get"), st.integers(0, 20), st.just(0)),
    ),
    max_size=80,
)


@given(STEPS)
def test_the_bytes_held_are_counted_right_and_never_too_many(steps: list[tuple[str, int, int]]) -> None:
    memory: Memory[Kept] = Memory(40_000)
    for step, number, size in steps:
        if step == "put":
            memory.put(b"/%d" % number, kept(size), str(number % 4))
        elif step == "forget":
            memory.forget(str(number))
        else:
            memory.get(b"/%d" % number, 0)
        assert memory.held <= memory.most
    for about in map(str, range(4)):
        memory.forget(about)
    assert (len(memory), memory.held) == (0, 0)
