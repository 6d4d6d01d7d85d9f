"""Which image an address speaks of, however it was copied."""

import pytest

from wetplate.publication.notices.addresses import Named, named, shown

IMAGE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "address",
    [
        f"https://shop.example/images/{IMAGE}/0123456789abcdef-640.avif",
        f"/images/{IMAGE}/v3/w640.avif",
        f"https://shop.example/signed/new.1700000000.{'A' * 43}/{IMAGE}/v1/w128.avif",
        f"HTTPS://SHOP.EXAMPLE/GALLERY/SHOES/{IMAGE.upper()}",
        f"<https://shop.example/gallery/shoes/{IMAGE}>.",
        f"https://shop.example/gallery/shoes/{IMAGE}?utm_source=mail#top",
        f"https://shop.example/r?to=%2Fgallery%2Fshoes%2F{IMAGE}",
        IMAGE,
    ],
)
def test_an_address_names_its_image(address: str) -> None:
    assert named(address).images == (IMAGE,)


def test_a_file_a_public_record_a_family() -> None:
    assert named("https://cdn.example/x/0123456789abcdef-640.webp").names == ("0123456789abcdef-640.webp",)
    assert named(f"/provenance/{IMAGE[:32]}").records == (IMAGE[:32],)
    assert named("/manifest/running-shoes/0.json") == Named(family="running-shoes")
    assert not named("/manifest/running-shoes.json").anything


@pytest.mark.parametrize("address", ["", "x", "http://[", IMAGE + "0", "https://shop.example/" + "a" * 5_000])
def test_what_names_nothing(address: str) -> None:
    assert not named(address).anything
    assert "?" not in shown(address + "?who=me")


def test_what_is_recorded_names_no_person() -> None:
    assert shown("https://me:secret@shop.example:8443/a/b?mail=a@b#me") == "https://shop.example:8443/a/b"
