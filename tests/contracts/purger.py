"""What every Purger promises.

Subclass it and give two fixtures: `purger`, and `cache`, which says what the purger's cache holds.
"""

from typing import Protocol

import pytest

from wetplate.delivery.purging.purger import Purger, Tier
from wetplate.errors import PurgeFailed


class Cache(Protocol):
    """The other side: what is kept under which tags, and a switch that makes it fail."""

    def keep(self, path: str, *tags: str) -> None: ...

    def holds(self, path: str) -> bool: ...

    def fail(self) -> None: ...


class PurgerContract:
    def test_it_says_who_it_is(self, purger: Purger) -> None:
        assert purger.kind
        assert purger.name.startswith(purger.kind) or purger.kind == "none"
        assert purger.tier in Tier

    def test_it_forgets_what_carries_a_tag_and_nothing_else(self, purger: Purger, cache: Cache) -> None:
        cache.keep("/images/a", "i-a", "f-boots")
        cache.keep("/images/b", "i-b", "f-boots")
        purger.purge(["i-a"])
        assert (cache.holds("/images/a"), cache.holds("/images/b")) == (False, True)
        purger.purge(["f-boots", "i-a"])
        assert not cache.holds("/images/b")

    def test_again_and_what_is_not_there(self, purger: Purger, cache: Cache) -> None:
        for _ in range(2):
            assert purger.purge(["i-nobody"]).count in (None, 0)
        assert purger.purge([]).count in (None, 0)

    def test_any_number_of_tags(self, purger: Purger, cache: Cache) -> None:
        paths = {f"/images/many-{number}": f"i-{number}" for number in range(0, 300, 11)}
        for path, tag in paths.items():
            cache.keep(path, tag)
        told = purger.purge([f"i-{number}" for number in range(300)] * 2)
        assert told.count in (None, len(paths))
        assert not [path for path in paths if cache.holds(path)]

    def test_what_goes_wrong_is_named(self, purger: Purger, cache: Cache) -> None:
        cache.fail()
        with pytest.raises(PurgeFailed) as refusal:
            purger.purge(["i-a"])
        assert "secret" not in str(refusal.value)
