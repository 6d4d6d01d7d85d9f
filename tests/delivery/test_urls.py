"""Exactly one spelling per address; everything else is refused or moved to it."""

import time
from contextlib import suppress
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.addresses import IMAGE, on_demand, public, published
from wetplate.delivery.urls import LONGEST, Address, Auto, OnDemand, Published, Signed, parse, write
from wetplate.derivatives.transform import Shape, Transform
from wetplate.errors import AddressMoved, AddressRefused, NotServed, SignatureRefused, TransformRefused

NAME = "00ff00ff00ff00ff-640.avif"
HERE = f"/images/{IMAGE}"
MAC = "A" * 43
TOKEN = f"k1.1700000000.{MAC}"
SIGNS = printable + "é٣\x00\x7f\\"


def settled(path: str) -> str | None:
    """Where a request for this path ends: its one spelling, or nowhere."""
    try:
        assert write(parse(path)) == path
    except AddressMoved as moved:
        return moved.location
    except (AddressRefused, NotServed, SignatureRefused):
        return None
    return path


@given(public)
def test_parsing_undoes_writing(address: Address) -> None:
    assert parse(write(address)) == address


@given(on_demand, st.integers(1, 10**15 - 1), st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True))
def test_parsing_undoes_writing_signed(target: OnDemand, expires: int, key: str) -> None:
    signed = Signed(target, key, expires, MAC)
    assert parse(write(signed)) == signed


@given(public, st.integers(0, 200), st.sampled_from(SIGNS))
def test_any_edit_is_refused_moved_to_the_one_spelling_or_another_address(
    address: Address, at: int, sign: str
) -> None:
    path = write(address)
    for other in (
        path[:at] + sign + path[at:],
        path[:at] + sign + path[at + 1 :],
        path[:at] + path[at + 1 :],
    ):
        one = settled(other)
        assert one is None or settled(one) == one


@given(st.text(SIGNS, max_size=120).map("/".__add__))
def test_any_text_is_an_address_or_refused(path: str) -> None:
    with suppress(AddressRefused, NotServed, SignatureRefused):
        assert write(parse(path)) == path


def test_spellings() -> None:
    assert parse(f"{HERE}/{NAME}") == Published(IMAGE, NAME)
    assert parse(f"{HERE}/{NAME}.c2pa") == Published(IMAGE, NAME, manifest=True)
    assert parse(f"{HERE}/v3/w640.jpg") == OnDemand(IMAGE, 3, Transform(640, "jpeg"))
    assert parse(f"/auto/{IMAGE}/v3/w640_qlow") == Auto(IMAGE, 3, Shape(640, quality="low"))
    target = OnDemand(IMAGE, 3, Transform(640, "avif"))
    assert parse(f"/signed/{TOKEN}/{IMAGE}/v3/w640.avif") == Signed(target, "k1", 1700000000, MAC)


def test_auto_becomes_on_demand() -> None:
    auto = Auto(IMAGE, 1, Shape(640, quality="low"))
    assert write(auto.of("webp")) == f"{HERE}/v1/w640_qlow.webp"
    assert write(auto.of("png")) == f"{HERE}/v1/w640.png"


@pytest.mark.parametrize(
    ("other", "one"),
    [
        (f"{HERE}/v1/crop4x5_w640.avif", f"{HERE}/v1/w640_crop4x5.avif"),
        (f"{HERE}/v1/qhigh_fp10x15_crop4x5_w640.jpeg", f"{HERE}/v1/w640_crop4x5_fp10x15_qhigh.jpg"),
        (f"{HERE}/v1/w640_qstandard.avif", f"{HERE}/v1/w640.avif"),
        (f"{HERE}/v1/w640_qlow.png", f"{HERE}/v1/w640.png"),
        (f"{HERE}/00ff00ff00ff00ff-640.jpeg", f"{HERE}/00ff00ff00ff00ff-640.jpg"),
        (f"{HERE}/00ff00ff00ff00ff-640.jpeg.c2pa", f"{HERE}/00ff00ff00ff00ff-640.jpg.c2pa"),
        (f"/auto/{IMAGE}/v1/qlow_w640", f"/auto/{IMAGE}/v1/w640_qlow"),
    ],
)
def test_what_was_meant_beyond_doubt_is_moved(other: str, one: str) -> None:
    with pytest.raises(AddressMoved) as moved:
        parse(other)
    assert moved.value.location == one
    assert write(parse(one)) == one


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "//", "images", f"images/{IMAGE}/{NAME}", f"/{HERE}/{NAME}", f"{HERE}//{NAME}",
        f"{HERE}/{NAME}/", f"{HERE}/./{NAME}", f"{HERE}/../{IMAGE}/{NAME}", "//etc/passwd",
        f"{HERE}/%2e%2e/{NAME}", f"{HERE}/..%2f{NAME}", f"{HERE}/..%5c{NAME}", f"{HERE}/%c0%ae/{NAME}",
        f"{HERE}/{NAME}%00", f"{HERE}/{NAME}\0", f"{HERE}\\{NAME}", f"C:{HERE}/{NAME}", "/C:/x",
        f"{HERE}/v1/%77640.avif", f"{HERE}/v1/%2577640.avif", f"{HERE}/v1/w640.avif;.jpg",
        f"{HERE}/{NAME};.jpg", f"{HERE}/{NAME}.", f"{HERE}/.{NAME}", f"{HERE}/v1/w640.avif.",
        f"{HERE}/v1/w640.avif/..%2fpublic.css", f"{HERE}/{NAME}?w=1", f"{HERE}/{NAME}#x", f"{HERE}/{NAME} ",
        f" {HERE}/{NAME}", f"{HERE}/{NAME}\n", f"{HERE}/{NAME}\u0661", f"{HERE}/{NAME},x",
        f"{HERE}/{NAME}@2x", f"{HERE}/{NAME}:80", f"{HERE}/~x", f"{HERE}/+{NAME}", f"{HERE}/{NAME}=",
        f"/images/{IMAGE.upper()}/{NAME}", "/images", f"/images/{IMAGE}", f"{HERE}/{NAME.upper()}",
        f"{HERE}/00ff-640.avif", f"{HERE}/00ff00ff00ff00ff-0640.avif", f"{HERE}/00ff00ff00ff00ff-0.avif",
        f"{HERE}/00ff00ff00ff00ff-100000.avif", f"{HERE}/x{NAME}", f"{HERE}/00ff00ff00ff00ff-640.gif",
        f"{HERE}/00ff00ff00ff00ff-640.c2pa", f"{HERE}/{NAME}.c2pa.c2pa", f"{HERE}/00ff00ff00ff00ff.avif",
        f"{HERE}/canonical.png", f"{HERE}/v1", f"/images/v1/{IMAGE}/w640.avif", f"{HERE}/1/w640.avif",
        f"{HERE}/v0/w640.avif", f"{HERE}/v01/w640.avif", f"{HERE}/v-1/w640.avif", f"{HERE}/V1/w640.avif",
        f"{HERE}/v1.0/w640.avif", f"{HERE}/v1e3/w640.avif", f"{HERE}/v9999999999/w640.avif",
        f"{HERE}/v1/w640.avif/w640.avif", f"{HERE}/v1/w641.avif", f"{HERE}/v1/w640",
        f"{HERE}/v1/w640.avif.c2pa", f"{HERE}/v1/w640_cb1.avif", f"{HERE}/v1/w320_w9999.avif",
        f"{HERE}/v1/w320_w640.avif", f"/auto/{IMAGE}/v1/w640.avif", f"/auto/{IMAGE}/w640", "/auto",
        f"/auto/{IMAGE}/{NAME}",
        pytest.param("/images/" + "a" * 65_536, id="64 KB"),
        pytest.param("/images" + "/x" * 200, id="deep"),
        pytest.param(HERE + "/v1/" + "blur5_" * 200 + "w640.avif", id="200 filters"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_ours(path: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        parse(path)
    assert not isinstance(refusal.value, AddressMoved)
    assert len(str(refusal.value)) < 250


def test_length_is_judged_first() -> None:
    for path in ("%" * (LONGEST + 1), "/signed/" + "/" * LONGEST):
        with pytest.raises(AddressRefused, match=f"no address has more than {LONGEST}"):
            parse(path, "x=1")
    with pytest.raises(AddressRefused, match="'%'"):
        parse("%" * LONGEST)


@pytest.mark.parametrize("image", ["x", "..x", "0" * 63, "0" * 65, "g" * 64, IMAGE + "-evil", "store-evil"])
def test_what_is_no_image_is_not_there(image: str) -> None:
    for path in (f"/images/{image}/{NAME}", f"/images/{image}/v1/w640.avif", f"/auto/{image}/v1/w640"):
        with pytest.raises((NotServed, AddressRefused)) as refusal:
            parse(path)
        assert isinstance(refusal.value, NotServed) != image.startswith(".")


@pytest.mark.parametrize("path", ["/data/store-evil", "/etc/passwd", "/metrics", "/image/x", "/Images/x"])
def test_other_places_have_no_images(path: str) -> None:
    with pytest.raises(NotServed):
        parse(path)


@pytest.mark.parametrize("query", ["cb=random", "w=320&w=9999", "w=320", "=", "%"])
def test_a_query_is_refused_not_ignored(query: str) -> None:
    for path in (f"{HERE}/{NAME}", f"{HERE}/v1/w640.avif", f"/auto/{IMAGE}/v1/w640"):
        with pytest.raises(AddressRefused, match="query"):
            parse(path, query)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/signed", "missing"),
        (f"/signed/{IMAGE}/v1/w640.avif", "missing"),
        (f"/signed/{TOKEN}", "bad"),
        (f"/signed/{TOKEN}/signed/{TOKEN}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/{TOKEN}/{TOKEN}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.1700000000.{MAC[:-1]}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.1700000000.{MAC}=/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.1700000000.{MAC[:-1]}+/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.1700000000.{MAC[:-1]}//{IMAGE}/v1/w640.avif", None),
        (f"/signed/k1.-5.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.0.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.01700000000.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.1e9.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/k1.{10**20}.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/K1.1700000000.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/{'k' * 17}.1700000000.{MAC}/{IMAGE}/v1/w640.avif", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/v1/w641.avif", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/v1/w640.jpeg", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/v1/qlow_w640.avif", "bad"),
        (f"/signed/{TOKEN}/{IMAGE.upper()}/v1/w640.avif", "bad"),
        (f"/signed/{TOKEN}/nothing/v1/w640.avif", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/v01/w640.avif", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/{NAME}", "bad"),
        (f"/signed/{TOKEN}/{IMAGE}/v1/w%3640.avif", None),
    ],
)
def test_under_signed_nothing_is_moved_or_explained(path: str, reason: str | None) -> None:
    with pytest.raises((SignatureRefused, AddressRefused)) as refusal:
        parse(path)
    assert getattr(refusal.value, "reason", None) == reason
    assert not isinstance(refusal.value, AddressMoved | TransformRefused)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Published("../x", NAME),
        lambda: Published(IMAGE, "../x"),
        lambda: OnDemand("../x", 1, Transform(640, "avif")),
        lambda: OnDemand(IMAGE, 0, Transform(640, "avif")),
        lambda: OnDemand(IMAGE, 10**9, Transform(640, "avif")),
        lambda: Auto(IMAGE, -1, Shape(640)),
        lambda: Signed(OnDemand(IMAGE, 1, Transform(640, "avif")), "k/1", 1, MAC),
        lambda: Signed(OnDemand(IMAGE, 1, Transform(640, "avif")), "k1", -1, MAC),
    ],
)
def test_no_address_can_be_built_that_has_no_spelling(build: "type[Address]") -> None:
    with pytest.raises((AddressRefused, NotServed, SignatureRefused)):
        build()  # type: ignore[call-arg]


@given(published)
def test_addresses_are_short(address: Published) -> None:
    assert len(write(address)) < LONGEST / 2


@pytest.mark.parametrize("prefix", ["", f"{HERE}/", f"{HERE}/v1/", "/auto/", "/signed/", f"/signed/{TOKEN}/"])
def test_no_text_takes_long(prefix: str) -> None:
    for part in ("a", "/", ".", "_", "w640_", "9", "(a+)+$", "%2e", "/.", "./", "=", "\0"):
        for path in (prefix + part * 65_536, (prefix + part * 300)[:LONGEST]):
            assert min(taken(path) for _ in range(3)) < 0.010, part


def taken(path: str) -> float:
    """CPU seconds until the path is refused."""
    started = time.thread_time()
    with pytest.raises((AddressRefused, NotServed, SignatureRefused)):
        parse(path)
    return time.thread_time() - started
