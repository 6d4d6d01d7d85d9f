"""From each error to an answer that helps and gives nothing away."""

import json
from collections.abc import Iterator

import pytest

from wetplate import errors
from wetplate.delivery.problems import LONGEST, MEDIA_TYPE, problem

INSIDE = errors.EdgeError | errors.PurgeFailed
SECRET = "postgresql://app:hunter2@db/catalog"


def every(kind: type[BaseException] = errors.WetplateError) -> Iterator[type[BaseException]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


def made(kind: type[BaseException]) -> BaseException:
    """An error of this class that says something secret."""
    error = kind.__new__(kind, SECRET)
    error.args = (SECRET,)
    for name in ("location", "reason", "allow"):
        setattr(error, name, "x")
    error.legal, error.retry_after = False, 3  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "status", "type"),
    [
        (errors.AddressRefused("why"), 400, "address-refused"),
        (errors.TransformRefused("why"), 400, "transform-refused"),
        (errors.AddressMoved("/images/x"), 308, "moved"),
        (errors.SignatureRefused("expired", "why"), 403, "signature-refused"),
        (errors.NotServed("why"), 404, "not-served"),
        (errors.MethodRefused(), 405, "method-refused"),
        (errors.ImageGone("why"), 410, "gone"),
        (errors.ImageGone("why", legal=True), 451, "gone-by-law"),
        (errors.Busy("queue_full", "why", retry_after=3), 429, "busy"),
        (errors.NewsStale("why"), 503, "unsure"),
        (errors.TransformFailed("unsupported", "why"), 415, "transform-unsupported"),
        (errors.TransformFailed("corrupt", "why"), 422, "transform-corrupt"),
        (errors.TransformFailed("too_large", "why"), 413, "transform-too-large"),
        (errors.TransformFailed("oom", "why"), 413, "transform-oom"),
        (errors.TransformFailed("timeout", "why"), 504, "transform-timeout"),
        (errors.TransformFailed("internal", "why"), 500, "transform-internal"),
        (errors.TransformFailed("new", "why"), 500, "transform-internal"),
        (errors.PurgeFailed("why"), 500, "internal"),
        (errors.ObjectMissing("why"), 404, "not-served"),
        (errors.ImageUnknown("why"), 404, "not-served"),
        (errors.UnknownFamily("f", "k", "e"), 404, "not-served"),
        (errors.DatabaseUnavailable("why"), 503, "unavailable"),
        (errors.SettingError("why"), 500, "internal"),
        (ZeroDivisionError("why"), 500, "internal"),
        (MemoryError(), 500, "internal"),
    ],
)
def test_statuses(error: Exception, status: int, type: str) -> None:
    found = problem(error)
    told = json.loads(found.body)
    assert (found.status, told["status"], told["type"]) == (status, status, f"urn:wetplate:problem:{type}")
    assert told["title"]
    assert told["detail"]


@pytest.mark.parametrize(
    "kind", [*every(), Exception, KeyError, RecursionError], ids=lambda kind: kind.__name__
)
def test_nothing_from_inside_leaves(kind: type[BaseException]) -> None:
    found = problem(made(kind))
    assert 300 <= found.status < 600
    if not issubclass(kind, errors.DeliveryError) or issubclass(kind, errors.EdgeError | errors.PurgeFailed):
        assert SECRET not in found.body.decode()
        assert SECRET not in str(found.headers())


def test_no_error_is_kept_for_longer_than_seconds_and_a_private_one_not_at_all() -> None:
    for kind in every():
        found = problem(made(kind))
        told = found.headers(tags=["i-1"])
        assert told["Content-Type"] == MEDIA_TYPE
        assert told["Cache-Control"] in ("no-store", "public, max-age=5")
        assert ("Cache-Tag" in told) == (told["Cache-Control"] != "no-store")
        private = found.headers(private=True, tags=["i-1"])
        assert private["Cache-Control"] == "private, no-store"
        assert "Cache-Tag" not in private


def test_what_clients_need_to_go_on() -> None:
    assert problem(errors.AddressMoved("/images/x")).headers()["Location"] == "/images/x"
    assert problem(errors.MethodRefused()).headers()["Allow"] == "GET, HEAD"
    assert problem(errors.Busy("rate_limit", "why", retry_after=7)).headers()["Retry-After"] == "7"
    for error in (errors.NewsStale("why"), errors.DatabaseUnavailable("why")):
        assert int(problem(error).headers()["Retry-After"]) >= 1


@pytest.mark.parametrize("reason", ["missing", "bad", "expired", "unknown_key"])
def test_the_reason_of_a_refused_signature_is_told(reason: str) -> None:
    assert json.loads(problem(errors.SignatureRefused(reason, "why")).body)["reason"] == reason


def test_an_error_speaks_for_itself_but_not_for_ever() -> None:
    told = json.loads(problem(errors.AddressRefused("take w640" + "x" * 9_999)).body)
    assert told["detail"].startswith("take w640")
    assert len(told["detail"]) == LONGEST
    assert json.loads(problem(errors.NotServed("\ud800 ü \x00")).body)["detail"].endswith("ü \x00")
