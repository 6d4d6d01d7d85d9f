"""From an error to an answer: status, headers and an RFC 9457 body. Pure.

Here: one table. Not here: logging what went wrong inside.

Rules:
1. What we refuse on purpose says why and what to do, in the error's own words. What went wrong inside says
   only that it did: no path, key, query or trace leaves.
2. The status says whose turn it is: 4xx the client's, 429 and 503 with Retry-After the clock's, 5xx ours.
3. Each answer has the cache headers of its kind; an error on a private address is never stored.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from wetplate import errors
from wetplate.delivery.caching import Kind
from wetplate.delivery.caching import headers as cache_headers

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:wetplate:problem:"
LONGEST: Final = 400
RETRY: Final = 5


@dataclass(frozen=True)
class Problem:
    """What to answer: `type` is a word that programs may rely on, `detail` is for people."""

    status: int
    type: str
    title: str
    detail: str = ""
    kind: Kind = Kind.REFUSED
    extra: Mapping[str, str] = field(default_factory=dict)
    own_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The problem as JSON."""
        told = {"type": TYPE + self.type, "title": self.title, "status": self.status, "detail": self.detail}
        return json.dumps(told | dict(self.extra), ensure_ascii=False).encode("utf-8", "replace")

    def headers(self, *, private: bool = False, tags: Iterable[str] = ()) -> dict[str, str]:
        """Everything but Content-Length; `private`: the address was a signed one; `tags` as in `caching`."""
        kind = Kind.PRIVATE if private else self.kind
        return {"Content-Type": MEDIA_TYPE, **cache_headers(kind, tags=tags), **self.own_headers}


_TABLE: Final[Mapping[type[BaseException], Problem]] = {
    errors.AddressMoved: Problem(308, "moved", "This address has another spelling"),
    errors.TransformRefused: Problem(400, "transform-refused", "This transform is not offered"),
    errors.AddressRefused: Problem(400, "address-refused", "This is no address of ours"),
    errors.SignatureRefused: Problem(403, "signature-refused", "The signature does not allow this"),
    errors.MethodRefused: Problem(405, "method-refused", "This method does not apply here"),
    errors.NotServed: Problem(404, "not-served", "Nothing public stands here"),
    errors.ImageGone: Problem(410, "gone", "This image was taken down", kind=Kind.GONE),
    errors.Busy: Problem(429, "busy", "Too much at once", kind=Kind.BUSY),
    errors.StoreUnfaithful: Problem(502, "store", "The store does not hold this picture", kind=Kind.BUSY),
    errors.NewsStale: Problem(
        503, "unsure", "Not sure that this may still be shown", kind=Kind.BUSY,
        own_headers={"Retry-After": str(RETRY)},
    ),
}  # fmt: skip
_FAILED: Final = {
    "unsupported": Problem(415, "transform-unsupported", "This picture's format is not supported"),
    "corrupt": Problem(422, "transform-corrupt", "This picture cannot be read"),
    "too_large": Problem(413, "transform-too-large", "This picture is too large to transform"),
    "oom": Problem(413, "transform-oom", "This picture needs more memory than a transform may take"),
    "timeout": Problem(504, "transform-timeout", "Transforming this picture took too long"),
}
_UPLOAD: Final = {
    "too_large": Problem(413, "upload-too-large", "What was sent is too large"),
    "unsupported": Problem(415, "upload-unsupported", "This is no kind of content that is read here"),
    "elsewhere": Problem(403, "upload-elsewhere", "This form was sent by a page of another site"),
}
_UPLOAD_UNREADABLE: Final = Problem(400, "upload-unreadable", "What was sent cannot be read")
_ELSEWHERE: Final = Problem(
    404, "not-served", "Nothing public stands here", "nothing stands under this address"
)
_UNAVAILABLE: Final = Problem(
    503, "unavailable", "Not available just now", "the store or the catalog does not answer; try again",
    kind=Kind.BUSY, own_headers={"Retry-After": str(RETRY)},
)  # fmt: skip
_INTERNAL: Final = Problem(
    500, "internal", "Something went wrong here", "it is our fault; try again", kind=Kind.BUSY
)


def problem(error: BaseException) -> Problem:
    """What an error is answered with; whatever is not a refusal of delivery tells nothing about itself."""
    match error:
        case errors.DeliveryError():
            return _told(error)
        case errors.ImageUnknown() | errors.UnknownFamily() | errors.ObjectMissing():
            return _ELSEWHERE
        case errors.StorageError():
            return _UNAVAILABLE
        case _:
            return _INTERNAL


def _told(error: errors.DeliveryError) -> Problem:
    found = next((_TABLE[cls] for cls in type(error).__mro__ if cls in _TABLE), _INTERNAL)
    if found is not _INTERNAL:
        found = replace(found, detail=_detail(error))
    match error:
        case errors.AddressMoved(location=location):
            return replace(found, own_headers={"Location": location})
        case errors.MethodRefused(allow=allow):
            return replace(found, own_headers={"Allow": allow})
        case errors.SignatureRefused(reason=reason):
            return replace(found, extra={"reason": reason})
        case errors.ImageGone(legal=True):
            return replace(found, status=451, type="gone-by-law")
        case errors.Busy(reason=reason, retry_after=seconds):
            return replace(found, extra={"reason": reason}, own_headers={"Retry-After": str(seconds)})
        case errors.UploadRefused(reason=reason):
            return replace(_UPLOAD.get(reason, _UPLOAD_UNREADABLE), detail=_detail(error))
        case errors.TransformFailed(reason=reason) if reason in _FAILED:
            return replace(_FAILED[reason], detail=_detail(error), kind=Kind.FAILED)
        case errors.TransformFailed():
            return replace(_INTERNAL, type="transform-internal", kind=Kind.FAILED)
    return found


def _detail(error: BaseException) -> str:
    return str(error)[:LONGEST]
