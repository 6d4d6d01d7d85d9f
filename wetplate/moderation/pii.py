"""Personal data in a text: rules of our own, without any I/O.

Here: where in a text an e-mail address, a phone number, an account, a card, a date of birth, a number plate,
a long number or a listed name stands, and how sure its shape makes us. Not here: reading text off a picture
(`text`), what follows (`policy`). A finding carries places, never the words.

Rules:
1. What reading mistakes for a digit counts as one (O, l, S, B ...) where digits stand around it.
2. What carries a checksum (IBAN mod 97, cards Luhn) is sure if it holds. If it does not, reading may have
   erred: it is told with less certainty.
3. Article numbers (GTIN) are no personal data: a number with a right check digit of 8, 12, 13 or 14 is passed
   over.
4. Places do not overlap: of two kinds that claim the same signs, the surer one counts.
5. Certainties are ours, from the shape alone: an order, no probability.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EMAIL, PHONE, IBAN, CARD, BIRTH, PLATE, DIGITS, NAME = KINDS = (
    "email", "phone", "iban", "card", "birth", "plate", "digits", "name",
)  # fmt: skip
#: What a person is told instead of the words.
SAID = {
    EMAIL: "an e-mail address",
    PHONE: "a phone number",
    IBAN: "a bank account",
    CARD: "a card number",
    BIRTH: "a date of birth",
    PLATE: "a number plate",
    DIGITS: "a long number",
    NAME: "a listed name",
}

#: Letters and signs that reading takes for digits.
LIKE_DIGITS = str.maketrans("OoQDlI|iSsBZzgqG", "0000111155822996")
D = r"[0-9OoQDlI|iSsBZzgqG]"
MISREAD = 0.91  # an account whose checksum does not hold: surer than a phone number inside it
REAL = 0.6  # of a number's signs that must be digits as they stand

#: Length of an IBAN by country (ISO 13616 registry).
IBANS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
}

_MAIL = re.compile(
    r"(?<![\w.+-])[\w+-](?:[\w.+-]{0,62}[\w+-])?\s?(?:@|\(at\)|\[at\]|©)\s?"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\s?[.,]\s?[a-z0-9-]{1,62})*\s?[.,]\s?[a-z]{2,24}(?![\w@])",
    re.IGNORECASE,
)
_FILES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".svg", ".gif")
_TAIL = re.compile(r"[0-9]{2}[A-Z0-9]+")
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[A-Z0158]{2}(?:[ -]?[A-Za-z0-9|]){13,34}")
_CARD = re.compile(rf"(?<![\w.,+-]){D}(?:[ -]?{D}){{12,18}}(?![\w])")
_ABROAD = re.compile(rf"(?<![\w+])(?:\+|00)\s?(?:\(0\)|[ ()./-]{{0,2}}{D}){{7,15}}(?!\w)")
_AT_HOME = re.compile(rf"(?<![\w.,+-])\(?0{D}{{1,4}}\)?(?:[ ./-]{{1,2}}{D}{{2,8}}){{1,5}}(?!\w)")
_IN_ONE = re.compile(rf"(?<![\w.,+-])0{D}{{9,10}}(?![\w])")
_AMERICAN = re.compile(
    rf"(?<![\w+-])(?:1[ .-])?(?:\({D}{{3}}\)\s?|{D}{{3}}[ .-]){D}{{3}}[ .-]{D}{{4}}(?![\w-])"
)
_CALL = re.compile(
    r"(?:tel|phone|mobile?|mobil|call|fax|whatsapp|handy|telefon)\w{0,4}\W{0,3}\Z", re.IGNORECASE
)
_CALLED = re.compile(rf"(?<![\w.,+-]){D}(?:[ ./-]{{0,2}}{D}){{6,13}}(?!\w)")
_LONG = re.compile(rf"(?<![\w.,]){D}(?:[ -]?{D}){{8,30}}(?![\w])")
_DATE = re.compile(
    rf"(?<!\w)(?:{D}{{1,2}}\s?[./-]\s?{D}{{1,2}}\s?[./-]\s?[12]{D}{{3}}|[12]{D}{{3}}-{D}{{2}}-{D}{{2}})(?!\w)"
)
_BORN = re.compile(
    r"(?:born|birth|d\.?o\.?b\.?|geb\w*|n[eé]e?|naissance|nacid\w*|nat[oa])\W{0,3}(?:\w{1,3}\W){0,2}\Z",
    re.IGNORECASE,
)

#: Plates of several countries. The first have separators or an order that little else has.
_PLATES = tuple(
    re.compile(rf"(?<![\w-])(?:{shape})(?![\w-])")
    for shape in (
        r"[A-ZÄÖÜ]{1,3}[-·:][A-Z]{1,2} ?[0-9]{1,4}[EH]?",  # Germany
        r"[A-Z]{2}[0-9]{2} ?[A-Z]{3}",  # United Kingdom
        r"[A-Z]{2}[- ][0-9]{3}[- ][A-Z]{2}|[A-Z]{2}[0-9]{3}[A-Z]{2}",  # France, Italy
        r"[0-9]{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}",  # Spain
        r"[A-Z]{2}-[0-9]{3}-[A-Z]|[A-Z]-[0-9]{3}-[A-Z]{2}",  # Netherlands
        r"[0-9]{2}-[A-Z]{3}-[0-9]|[0-9]-[A-Z]{3}-[0-9]{2}",  # Netherlands, older
        r"[ABEKMHOPCTYX] ?[0-9]{3} ?[ABEKMHOPCTYX]{2} ?[0-9]{2,3}",  # Russia
    )
)
_LOOSE = (
    re.compile(r"(?<![\w-])(?:[A-Z]{3}[- ]?[0-9]{4}|[0-9][A-Z]{3}[0-9]{3}|[A-Z]{2,3} [0-9]{4,5})(?![\w-])"),
)


@dataclass(frozen=True)
class Finding:
    """A kind of personal data, where it starts and ends in the text, how sure its shape makes us (0 to 1)."""

    kind: str
    start: int
    end: int
    certainty: float


def findings(text: str, names: Sequence[str] = ()) -> list[Finding]:
    """What of a text looks like personal data, in order of place; `names` are words that count as names."""
    plain = folded(text)
    rules = (_emails, _accounts, _cards, _phones, _births, _long_numbers, _plates)
    found = [finding for rule in rules for finding in rule(plain)]
    return _apart([*found, *_names(plain, names)])


def folded(text: str) -> str:
    """The text with wide, small and styled signs as plain ones; as long as it was, so that places stay."""
    return "".join(_plain(sign) for sign in text)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812)."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(number // 10 + number % 10 for number in doubled)) % 10 == 0


def mod97(account: str) -> bool:
    """Whether the check digits of an IBAN (no spaces, upper case) are right (ISO 7064 mod 97-10)."""
    moved = account[4:] + account[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def gtin(digits: str) -> bool:
    """Whether this is an article number of 8, 12, 13 or 14 digits with a right check digit."""
    if len(digits) not in (8, 12, 13, 14):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def _plain(sign: str) -> str:
    known = {"–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "’": "'", "\t": " ", "\u00a0": " "}
    alike = known.get(sign) or unicodedata.normalize("NFKC", sign)
    return alike if len(alike) == 1 else sign


def _number(signs: str) -> str | None:
    """The digits of a match, look-alikes as digits; None where too few are digits as they stand."""
    kept = [sign for sign in signs if sign.isalnum() or sign == "|"]
    real = sum("0" <= sign <= "9" for sign in kept)
    number = "".join(kept).translate(LIKE_DIGITS)
    right = real >= REAL * len(kept) and all("0" <= digit <= "9" for digit in number)
    return number if right and len(set(number)) > 1 else None


def _numbers(rule: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in rule.finditer(text):
        if (number := _number(match.group())) is not None:
            yield match, number


def _found(kind: str, match: re.Match[str], certainty: float) -> Finding:
    return Finding(kind, match.start(), match.end(), certainty)


def _emails(text: str) -> Iterator[Finding]:
    matches = _MAIL.finditer(text)
    return (_found(EMAIL, match, 0.95) for match in matches if not match.group().lower().endswith(_FILES))


def _accounts(text: str) -> Iterator[Finding]:
    for match in _ACCOUNT.finditer(text):
        places = [at for at in range(match.start(), match.end()) if text[at] not in " -"]
        country = text[places[0]] + text[places[1]]
        length = IBANS.get(_letters(country), 99)
        if length > len(places):
            continue
        signs = "".join(text[at] for at in places[:length])
        if certainty := _account(signs):
            yield Finding(IBAN, match.start(), places[length - 1] + 1, certainty)


def _account(signs: str) -> float:
    """How sure these are an IBAN, read as they stand, as digits, or with a bank code of four letters."""
    head = _letters(signs[:2])
    rest = signs[2:].upper()
    numbers = signs[2:].translate(LIKE_DIGITS).upper()
    bank = numbers[:2] + _letters(rest[2:6]) + numbers[6:]
    tails = [tail for tail in (rest, numbers, bank) if _TAIL.fullmatch(tail)]
    if any(mod97(head + tail) for tail in tails):
        return 0.99
    real = sum("0" <= sign <= "9" for sign in signs[2:])
    return MISREAD if tails and real >= REAL * len(signs[2:]) else 0.0


def _letters(signs: str) -> str:
    return signs.upper().translate(str.maketrans("0158", "OISB"))


def _cards(text: str) -> Iterator[Finding]:
    for match, number in _numbers(_CARD, text):
        if number[0] in "23456" and luhn(number):
            yield _found(CARD, match, 0.4 if gtin(number) and len(number) < 15 else 0.9)


def _phones(text: str) -> Iterator[Finding]:
    for rule, least, most, certainty in (
        (_ABROAD, 8, 17, 0.9),
        (_AMERICAN, 10, 11, 0.7),
        (_AT_HOME, 9, 12, 0.7),
        (_IN_ONE, 10, 11, 0.55),
    ):
        for match, number in _numbers(rule, text):
            if least <= len(number) <= most and not _DATE.fullmatch(match.group()):
                yield _found(PHONE, match, certainty)
    for match, _ in _numbers(_CALLED, text):
        if _CALL.search(text, max(0, match.start() - 20), match.start()):
            yield _found(PHONE, match, 0.8)


def _births(text: str) -> Iterator[Finding]:
    for match, number in _numbers(_DATE, text):
        year = number[:4] if match.group()[4:5] == "-" else number[-4:]
        if 1900 <= int(year) <= 2099:
            told = _BORN.search(text, max(0, match.start() - 24), match.start())
            yield _found(BIRTH, match, 0.8 if told else 0.3)


def _long_numbers(text: str) -> Iterator[Finding]:
    return (_found(DIGITS, match, 0.5) for match, number in _numbers(_LONG, text) if not gtin(number))


def _plates(text: str) -> Iterator[Finding]:
    for rules, alone, within in ((_PLATES, 0.5, 0.35), (_LOOSE, 0.3, 0.2)):
        for match in (match for rule in rules for match in rule.finditer(text)):
            yield _found(PLATE, match, alone if match.group() == text.strip(" .|[]'") else within)


def _names(text: str, names: Sequence[str]) -> Iterator[Finding]:
    for name in names:
        words = r"[\s,.-]{1,3}".join(re.escape(word) for word in folded(name).split())
        if words:
            yield from (
                _found(NAME, m, 0.8) for m in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)
            )


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """Of findings that overlap the surest, then the longest; in order of place."""
    kept = list[Finding]()
    for each in sorted(found, key=lambda f: (-f.certainty, f.start - f.end, f.start, f.kind)):
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda f: f.start)
