"""Addresses of every kind, for Hypothesis to choose from."""

from hypothesis import strategies as st

from tests.derivatives.transforms import shapes, transforms
from wetplate.delivery.urls import Auto, OnDemand, Published

IMAGE = "0123456789abcdef" * 4
IMAGES = st.sampled_from([IMAGE, "f" * 64, "0" * 64])
VERSIONS = st.integers(1, 999_999_999)
NAMES = st.builds(
    lambda digest, width, extension: f"{digest:016x}-{width}.{extension}",
    st.integers(0, 2**64 - 1),
    st.integers(1, 99_999),
    st.sampled_from(["avif", "webp", "jpg", "png"]),
)

published = st.builds(Published, IMAGES, NAMES, st.booleans())
on_demand = st.builds(OnDemand, IMAGES, VERSIONS, transforms())
auto = st.builds(Auto, IMAGES, VERSIONS, shapes())
public = st.one_of(published, on_demand, auto)
