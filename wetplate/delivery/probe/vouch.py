"""Whether what a stranger was sent is still signed: CMSs, resizers and CDNs are where credentials get lost.

Here: the rule over the pictures of a visit. Not here: the reader (`provenance.c2pa_signer`).

Rules:
1. A picture that names no side-car claims to carry its credentials: without any, or with some that do not
   hold for these very bytes, it was changed on the way.
2. A stranger's reader trusts nobody: valid is enough, whose certificate it is is for `wetplate verify`.
"""

from collections.abc import Callable, Iterable, Iterator

from wetplate.delivery.probe.exchange import Got, Kind
from wetplate.delivery.probe.report import Visit
from wetplate.provenance.signing import Credentials
from wetplate.publication.findings import Finding

Read = Callable[[bytes, str, bytes | None], Credentials | None]
NAME = "credentials"
REMEDY = (
    "look at what stands between here and the origin and rewrites pictures; `wetplate verify` asks the store"
)


def unvouched(visits: Iterable[Visit], read: Read) -> Iterator[Finding]:
    """What is wrong with the credentials of the derivatives that came, each looked at once."""
    seen: set[str] = set()
    for each in visits:
        whole = each.expected.kind is Kind.DERIVATIVE and each.got.status == 200
        if whole and each.expected.path not in seen and not beside(each.got):
            seen.add(each.expected.path)
            if message := _wrong(each.got, read):
                yield Finding(NAME, each.expected.path, message, REMEDY)


def beside(got: Got) -> bool:
    """Whether the answer says that its credentials stand elsewhere."""
    return 'rel="c2pa-manifest"' in got.header("link")


def _wrong(got: Got, read: Read) -> str:
    said = read(got.body, got.header("content-type").partition(";")[0], None)
    if said is None:
        return "carries no credentials and names none: they were stripped"
    if not said.valid:
        return (
            f"its credentials do not hold for these bytes: {', '.join(said.problems) or 'for no reason told'}"
        )
    return ""
