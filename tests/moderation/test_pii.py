"""Personal data in a text: every shape, every disguise, every checksum, and what only looks like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.moderation.pii import (
    BIRTH,
    CARD,
    DIGITS,
    EMAIL,
    IBAN,
    IBANS,
    KINDS,
    LIKE_DIGITS,
    NAME,
    PHONE,
    PLATE,
    SAID,
    findings,
    folded,
    gtin,
    luhn,
    mod97,
)

TOLD = 0.4  # what the product policy tells a person


def kinds(text: str, names: tuple[str, ...] = ()) -> list[str]:
    return [found.kind for found in findings(text, names) if found.certainty >= TOLD]


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def checked(digits: str) -> str:
    """The digits with the check digit that makes Luhn hold."""
    return next(digits + last for last in "0123456789" if luhn(digits + last))


def account(country: str, digits: str) -> str:
    """An IBAN of the country with right check digits."""
    for check in range(2, 99):
        made = f"{country}{check:02}{digits}"
        if mod97(made):
            return made
    raise AssertionError


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("write to jane.doe@example.com today", EMAIL, "jane.doe@example.com"),
        ("j_d+shop@mail.example.co.uk", EMAIL, "j_d+shop@mail.example.co.uk"),
        ("jane @ example . com", EMAIL, "jane @ example . com"),
        ("jane@example,com", EMAIL, "jane@example,com"),
        ("jane(at)example.com", EMAIL, "jane(at)example.com"),
        ("jane\uff20example.com", EMAIL, "jane\uff20example.com"),
        ("call +49 170 5551234 now", PHONE, "+49 170 5551234"),
        ("+1 (555) 123-4567", PHONE, "+1 (555) 123-4567"),
        ("0049 (0)170 555 12 34", PHONE, "0049 (0)170 555 12 34"),
        ("+49 17O 555l234", PHONE, "+49 17O 555l234"),
        ("(555) 123-4567", PHONE, "(555) 123-4567"),
        ("555.123.4567", PHONE, "555.123.4567"),
        ("030/1234567", PHONE, "030/1234567"),
        ("01 23 45 67 89", PHONE, "01 23 45 67 89"),
        ("020 7946 0958", PHONE, "020 7946 0958"),
        ("01712345678", PHONE, "01712345678"),
        ("tel. 555 1234", PHONE, "555 1234"),
        ("DE89 3704 0044 0532 0130 00", IBAN, "DE89 3704 0044 0532 0130 00"),
        ("DE89370400440532013000", IBAN, "DE89370400440532013000"),
        ("DE89 37O4 0O44 O532 O13O OO", IBAN, "DE89 37O4 0O44 O532 O13O OO"),
        ("pay GB29 NWBK 6016 1331 9268 19 please", IBAN, "GB29 NWBK 6016 1331 9268 19"),
        ("FR14 2004 1010 0505 0001 3M02 606", IBAN, "FR14 2004 1010 0505 0001 3M02 606"),
        ("DE88 3704 0044 0532 0130 00", IBAN, "DE88 3704 0044 0532 0130 00"),
        ("4111 1111 1111 1111", CARD, "4111 1111 1111 1111"),
        ("4111-1111-1111-1111", CARD, "4111-1111-1111-1111"),
        ("4l11 1111 1111 111I", CARD, "4l11 1111 1111 111I"),
        ("3782 822463 10005", CARD, "3782 822463 10005"),
        ("4111 1111 1111 1112", DIGITS, "4111 1111 1111 1112"),
        ("passport 123456789", DIGITS, "123456789"),
        ("born 12.05.1984", BIRTH, "12.05.1984"),
        ("DOB: 1984-05-12", BIRTH, "1984-05-12"),
        ("geb. am 12.5.1984", BIRTH, "12.5.1984"),
        ("B-AB 1234", PLATE, "B-AB 1234"),
        ("AB12 CDE", PLATE, "AB12 CDE"),
        ("AB-123-CD", PLATE, "AB-123-CD"),
        ("1234 BCD", PLATE, "1234 BCD"),
        ("AB-123-C", PLATE, "AB-123-C"),
        ("A123BC 77", PLATE, "A123BC 77"),
    ],
)
def test_what_is_found_and_where(text: str, kind: str, words: str) -> None:
    (found,) = findings(text)
    assert (found.kind, text[found.start : found.end]) == (kind, words)
    assert found.certainty >= TOLD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "red running shoe, crisscross laces, white sole",
        "1girl, 4k, 8k, 1920x1080, (red:1.2), f/1.8, 35mm, ISO 100",
        "size 42, 43, 44, 45, 46, 47",
        "AIR MAX 90",
        "NB 574",
        "0.123 0.456 0.789",
        "photo@2x.png",
        "@handle and shoe at example.com",
        "4006381333931",  # an article number
        "0000 0000 0000 0000",
        "12.05.2024",
        "SOS BOB ILL",
        "10% off until 31.12.",
        "Shoe © 2024 Example.com Ltd",
        "v1.2.3-4567",
    ],
)
def test_what_only_looks_like_it_is_passed_over(text: str) -> None:
    assert kinds(text) == []


def test_names_only_by_list() -> None:
    text = "worn by Jane  Q. Public, and Janet"
    assert findings(text) == []
    (found,) = findings(text, ("jane q. public", "Jan"))
    assert (found.kind, text[found.start : found.end]) == (NAME, "Jane  Q. Public")


def test_every_kind_has_words_that_give_nothing_away() -> None:
    assert set(SAID) == set(KINDS)


def test_of_two_kinds_that_claim_the_same_signs_the_surer_counts() -> None:
    assert [found.kind for found in findings("tel DE89 3704 0044 0532 0130 00 or jane@example.com")] == [
        IBAN,
        EMAIL,
    ]


@given(numbers(12, 17), st.sampled_from("23456"), st.sampled_from([" ", "-", ""]))
def test_luhn_makes_a_card_and_a_changed_digit_unmakes_it(rest: str, first: str, between: str) -> None:
    number = checked(first + rest)
    assert luhn(number)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not luhn(wrong)
    grouped = between.join(number[at : at + 4] for at in range(0, len(number), 4))
    if not gtin(number) and len(set(number)) > 1:
        assert CARD in kinds(grouped)
    assert CARD not in kinds(between.join(wrong[at : at + 4] for at in range(0, len(wrong), 4)))


@given(st.sampled_from(sorted(IBANS)), st.data())
def test_an_iban_of_every_country_is_found_spaced_or_not(country: str, data: st.DataObject) -> None:
    digits = data.draw(numbers(IBANS[country] - 4, IBANS[country] - 4))
    made = account(country, digits)
    for text in (made, " ".join(made[at : at + 4] for at in range(0, len(made), 4))):
        (found,) = findings(f"to {text}.")
        assert (found.kind, found.certainty, f"to {text}."[found.start : found.end]) == (IBAN, 0.99, text)


@given(st.data())
def test_a_misread_digit_of_an_iban_still_reads_as_one(data: st.DataObject) -> None:
    made = account("DE", data.draw(numbers(18, 18)))
    at = data.draw(st.integers(4, 21))
    lookalikes = [chr(sign) for sign, digit in LIKE_DIGITS.items() if digit == ord(made[at])]
    for sign in lookalikes:
        assert IBAN in kinds(made[:at] + sign + made[at + 1 :])


@given(numbers(7, 7), numbers(11, 12))
def test_article_numbers_are_no_personal_data(short: str, long: str) -> None:
    for digits in (short, long):
        made = next(digits + last for last in "0123456789" if gtin(digits + last))
        assert DIGITS not in kinds(made)


@given(st.text())
def test_any_text_is_read_and_places_are_inside_it_and_apart(text: str) -> None:
    found = findings(text, ("a b",))
    assert len(folded(text)) == len(text)
    ends = [0] + [each.end for each in found]
    assert all(
        before <= each.start < each.end <= len(text) for before, each in zip(ends, found, strict=False)
    )
    assert all(0 < each.certainty <= 1 for each in found)


@given(
    st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{2,10}\.(com|de|org|co\.uk)", fullmatch=True), st.text()
)
def test_an_address_is_found_whatever_surrounds_it(address: str, around: str) -> None:
    assert EMAIL in kinds(f"{around} {address} {around}")


@pytest.mark.parametrize(
    "text", ["a" * 20_000, "1" * 20_000, "1 " * 10_000, "a.@" * 7_000, "+(0)" * 5_000, "AB 12-" * 4000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    findings(text)
    assert time.process_time() - began < 2
