"""What a probe asks for, given a manifest."""

from random import Random
from typing import Any

from wetplate.delivery import urls
from wetplate.delivery.probe import plan
from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.delivery.urls import Auto, OnDemand, Published, Signed

WIDTHS = (128, 320, 640)
TYPES = {"image/avif": "avif", "image/webp": "webp", "image/jpeg": "jpg"}


def image(number: int) -> dict[str, Any]:
    id = f"{number:064x}"
    sources = [
        {
            "type": media_type,
            "srcset": ", ".join(f"https://cdn.example/images/{id}/{w:016x}-{w}.{ext} {w}w" for w in WIDTHS),
        }
        for media_type, ext in TYPES.items()
    ]
    return {"id": id, "version": 3, "width": 1024, "height": 768, "sources": sources}


MANIFEST = {"images": [image(number) for number in range(1, 6)]}


def test_every_format_and_width_comes_before_chance() -> None:
    for seed in range(20):
        chosen = plan.sampled(MANIFEST, 9, Random(seed))
        assert {(each.formats, each.size[0]) for each in chosen if each.size} == {
            ((name,), width) for name in ("avif", "webp", "jpeg") for width in WIDTHS
        }


def test_a_sample_is_of_different_addresses_and_no_larger_than_asked() -> None:
    assert len({each.path for each in plan.sampled(MANIFEST, 30, Random(1))}) == 30
    assert len(plan.sampled(MANIFEST, 4, Random(1))) == 4
    assert len(plan.sampled(MANIFEST, 1000, Random(1))) == 45
    assert not plan.sampled({"images": []}, 10, Random(1))


def test_a_derivative_is_expected_as_the_manifest_promises() -> None:
    first = next(plan.derivatives(MANIFEST))
    assert first == Expected(
        f"/images/{1:064x}/{128:016x}-128.avif", Kind.DERIVATIVE, formats=("avif",), size=(128, 96),
        digest=f"{128:016x}",
    )  # fmt: skip
    assert isinstance(urls.parse(first.path), Published)


def test_a_transform_that_was_not_made_ahead_and_every_answer_of_auto() -> None:
    for seed in range(20):
        made, *negotiated = plan.transforms(MANIFEST, Random(seed))
        address = urls.parse(made.path)
        assert isinstance(address, OnDemand)
        assert address.version == 3
        assert address.transform.width not in WIDTHS
        assert made.size == (address.transform.width, round(address.transform.width * 0.75))
        assert {each.formats for each in negotiated} == {("avif",), ("webp",), ("jpeg", "png")}
        assert all(isinstance(urls.parse(each.path), Auto) and each.size == (320, 240) for each in negotiated)
    assert not plan.transforms({"images": []}, Random(1))


def test_what_must_be_refused_is_well_formed() -> None:
    """The refusal must be for what it is, not for how it is spelled."""
    forged, unknown, gone = plan.refused(["/images/x/y"], until=2_000_000_000)
    assert isinstance(urls.parse(forged.path), Signed)
    assert isinstance(urls.parse(unknown.path), Published)
    assert (forged.statuses, unknown.statuses, gone.statuses) == ((403,), (404,), (410, 451))


def test_asking_again_about_a_picture_that_came() -> None:
    asked = next(plan.derivatives(MANIFEST))
    got = Got(200, {"etag": '"abc"'}, b"0123456789", 0.1)
    same, head, part = plan.again([(asked, got)])
    assert (same.asks, same.etag, same.statuses) == ({"if-none-match": '"abc"'}, '"abc"', (304,))
    assert (head.method, head.length, part.length) == ("HEAD", 10, 10)
    assert not plan.again([(asked, Got(500, {}, b"", 0.1))])
