"""Windows: what is refused costs nothing, and others are not touched."""

import pytest

from wetplate.delivery.transforms.throttles import Throttles
from wetplate.errors import Busy


def test_each_client_and_each_image_has_a_window() -> None:
    throttles = Throttles(per_client=2, per_image=3)
    throttles.admit("a", "one")
    throttles.admit("a", "two")
    for _ in range(50):
        with pytest.raises(Busy) as said:
            throttles.admit("a", "three")
        assert said.value.reason == "rate_limit"
        assert 50 <= said.value.retry_after <= 60
    for client in ("b", "c"):
        throttles.admit(client, "one")
    with pytest.raises(Busy, match="of this picture"):
        throttles.admit("d", "one")
    for image in ("three", "four"):
        throttles.admit("d", image)


def test_no_limit_and_nobody() -> None:
    throttles = Throttles(per_client=0, per_image=0)
    for _ in range(1000):
        throttles.admit("a", "one")
    unnamed = Throttles(per_client=1, per_image=0)
    for _ in range(10):
        unnamed.admit("", "one")
