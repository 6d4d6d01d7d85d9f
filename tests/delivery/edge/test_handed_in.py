"""What is handed in goes through, once; receipts are kept by nobody."""

import pytest

from tests.delivery.edge.scripted import PUBLIC, Answer, Client, Origin

RECEIPT = "/notices/0123456789abcdef/" + "ab" * 16


@pytest.mark.parametrize("path", ["/notices/", "/verify"])
def test_each_goes_to_the_origin(edge: Client, origin: Origin, path: str) -> None:
    origin.answers[path] = Answer(201, dict(PUBLIC))
    before = len(origin.of(path))
    for _ in range(2):
        said = edge.ask(path, "POST", Content_Type="application/json", Accept="text/html")
        assert (said.status, said.headers["cache-control"]) == (201, "private, no-store")
    asked = origin.of(path)[before:]
    assert [(each.method, each.headers["content-type"], each.headers["accept"]) for each in asked] == [
        ("POST", "application/json", "text/html")
    ] * 2


def test_a_failure_hands_nothing_in_twice(edge: Client, origin: Origin) -> None:
    origin.answers["/notices/"] = Answer(500, {"Content-Type": "application/problem+json"})
    before = len(origin.of("/notices/"))
    assert edge.ask("/notices/", "POST").status == 500
    assert len(origin.of("/notices/")) == before + 1


@pytest.mark.parametrize("path", ["/notices/x", "/notices", "/verify/", RECEIPT])
def test_nowhere_else(edge: Client, path: str) -> None:
    assert edge.ask(path, "POST").status == 405


def test_a_receipt_is_kept_by_nobody(edge: Client, origin: Origin) -> None:
    origin.answers[RECEIPT] = Answer(200, dict(PUBLIC))
    for number in range(2):
        said = edge.ask(RECEIPT, Accept="text/html", Cookie="a=b")
        assert said.headers["cache-control"] == "private, no-store"
        asked = origin.of(RECEIPT)
        assert len(asked) == number + 1
        assert (asked[-1].headers["accept"], "cookie" in asked[-1].headers) == ("text/html", False)


def test_the_form_is_a_page_like_others(edge: Client, origin: Origin) -> None:
    origin.answers["/notices/"] = Answer(200, {**PUBLIC, "Content-Type": "text/html"})
    before = len(origin.of("/notices/"))
    assert edge.ask("/notices/").status == edge.ask("/notices/").status == 200
    assert len(origin.of("/notices/")) == before + 1
