"""The snippet a page is given."""

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from wetplate.derivatives.markup import picture, srcset
from wetplate.errors import DerivativeError


@dataclass
class File:
    name: str
    width: int
    height: int
    format: str


FILES = [
    File(f"{format}{width}.{format}", width, width // 2, format)
    for width in (320, 128)
    for format in ("jpeg", "avif", "webp")
]


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def made(**options: object) -> Tags:
    given = {
        "base_url": "https://cdn.test/i",
        "alt": "A boot",
        "sizes": "100vw",
        "dominant": "#a1b2c3",
        **options,
    }
    return Tags(picture(FILES, **given))


def test_formats_best_first_and_a_fallback_for_everyone() -> None:
    tags = made().tags
    assert [(tag, attributes.get("type")) for tag, attributes in tags] == [
        ("picture", None),
        ("source", "image/avif"),
        ("source", "image/webp"),
        ("img", None),
    ]
    assert (
        tags[1][1]["srcset"] == "https://cdn.test/i/avif128.avif 128w, https://cdn.test/i/avif320.avif 320w"
    )
    assert tags[3][1] == {
        "src": "https://cdn.test/i/jpeg320.jpeg",
        "srcset": "https://cdn.test/i/jpeg128.jpeg 128w, https://cdn.test/i/jpeg320.jpeg 320w",
        "sizes": "100vw",
        "width": "320",
        "height": "160",
        "alt": "A boot",
        "loading": "lazy",
        "decoding": "async",
        "style": "background-color:#a1b2c3",
    }


def test_what_comes_from_outside_is_escaped() -> None:
    nasty = "\"><script>alert(1)</script>&amp;'"
    tags = made(alt=nasty, sizes=nasty).tags
    assert [tag for tag, _ in tags] == ["picture", "source", "source", "img"]
    assert tags[3][1]["alt"] == nasty


@pytest.mark.parametrize("base", ["", "/", "/i", "https://cdn.test", "http://localhost:8000/i/"])
def test_base_urls(base: str) -> None:
    assert srcset(FILES[:1], base) == f"{base.rstrip('/')}/jpeg320.jpeg 320w"


@pytest.mark.parametrize(
    "base", ["javascript:alert(1)", "data:text/html,x", "/a b", "ftp://x/y", "https://a b/c"]
)
def test_other_base_urls_are_refused(base: str) -> None:
    with pytest.raises(DerivativeError, match="base URL"):
        made(base_url=base)


def test_no_style_without_a_colour_and_no_lie_in_it() -> None:
    assert "style" not in made(dominant="").tags[3][1]
    assert made(lazy=False).tags[3][1]["loading"] == "eager"
    with pytest.raises(DerivativeError, match="no colour"):
        made(dominant="red;background:url(x)")


def test_png_stands_in_and_without_either_there_is_no_picture() -> None:
    png = [File("p.png", 9, 9, "png")]
    assert Tags(picture(png, base_url="/", alt="", sizes="1px")).tags[1][1]["src"] == "/p.png"
    with pytest.raises(DerivativeError, match="no JPEG or PNG"):
        picture([f for f in FILES if f.format == "avif"], base_url="/", alt="", sizes="1px")
