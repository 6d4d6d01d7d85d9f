"""Asking, from outside, as anybody could: httpx, no credentials, one request after the other.

Here: requests. Not here: what to ask for (`plan`), what is wrong with the answers (`judge`).

Rules:
1. Each sampled derivative is asked for twice: the first answer may be cold, the second should not be.
2. Nobody there, or something that speaks no HTTP, is a finding and no error.
3. A visit is gentle: one request at a time, a few dozen, and no redirect is followed.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import httpx

from wetplate.delivery.probe import plan
from wetplate.delivery.probe.exchange import Expected, Got
from wetplate.delivery.probe.judge import REMEDIES, judge
from wetplate.delivery.probe.report import Report, Visit
from wetplate.delivery.probe.vouch import Read, unvouched
from wetplate.publication.findings import Finding
from wetplate.settings import Serving

PATIENCE = 15.0
GLANCE = 1.0
PLACES = 20
A_DAY = 86_400


def visit(
    url: str,
    family: str,
    *,
    count: int = PLACES,
    gone: Iterable[str] = (),
    chance: Random | None = None,
    read: Read | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Report:
    """Visit a family at this address: `count` derivatives, transforms, refusals. `gone` was withdrawn.

    `read` judges the credentials that pictures carry; without it nobody looks at them.
    """
    headers = {"user-agent": "wetplate-probe", "accept-encoding": "identity", "accept": "*/*"}
    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, transport=transport) as client:
        try:
            first = _one(client, plan.manifest_of(family))
        except httpx.HTTPError as error:
            return Report(url, family, (), (_unreached(url, error),))
        report = _family(client, Report(url, family, (first,)), count, gone, chance or Random())
    return report if read is None else _vouched(report, read)


def _family(client: httpx.Client, report: Report, count: int, gone: Iterable[str], chance: Random) -> Report:
    """What the manifest offers, and what must be refused."""
    offered, nothing = _read(report)
    sample = plan.sampled(offered, count, chance)
    asked = [*sample, *sample, *plan.transforms(offered, chance)]
    visits, broken = _all(client, asked)
    came = [(each.expected, each.got) for each in visits]
    more, cut = _all(client, [*plan.again(came), *plan.refused(gone, until=int(time.time()) + A_DAY)])
    return Report(report.url, report.family, [*report.visits, *visits, *more], [*nothing, *broken, *cut])


def _vouched(report: Report, read: Read) -> Report:
    return replace(report, elsewhere=[*report.elsewhere, *unvouched(report.visits, read)])


def _read(report: Report) -> tuple[plan.Manifest, Sequence[Finding]]:
    """The manifest, and what is wrong if it offers nothing."""
    path = report.visits[0].expected.path
    try:
        manifest = json.loads(report.visits[0].got.body)
        if manifest["images"]:
            return manifest, ()
        said = "the manifest lists no image"
    except (ValueError, KeyError, TypeError) as error:
        said = f"the manifest cannot be read ({type(error).__name__})"
    return {"images": []}, (Finding("offered", path, said, REMEDIES["offered"]),)


def _all(client: httpx.Client, asked: Sequence[Expected]) -> tuple[list[Visit], list[Finding]]:
    """The visits, and a finding for each request that was cut off."""
    visits, cut = [], []
    for expected in asked:
        try:
            visits.append(_one(client, expected))
        except httpx.HTTPError as error:
            cut.append(_unreached(expected.path, error))
    return visits, cut


def _one(client: httpx.Client, expected: Expected) -> Visit:
    began = time.perf_counter()
    answer = client.request(expected.method, expected.path, headers=dict(expected.asks))
    got = Got(answer.status_code, answer.headers, answer.content, time.perf_counter() - began)
    return Visit(expected, got, judge(got, expected))


def _unreached(subject: str, error: httpx.HTTPError) -> Finding:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Finding("reachable", subject, f"no answer ({said})", REMEDIES["reachable"])


def where(serving: Serving) -> str:
    """Whom to ask: the public address if one is configured; else edge or origin, whichever answers."""
    known = (serving.public_url,) if serving.public_url else (serving.edge_url, serving.origin_url)
    return next((url for url in known if answers(url)), known[0])


def answers(url: str) -> bool:
    """Whether something of ours answers `/livez` there."""
    try:
        return httpx.get(f"{url}/livez", timeout=GLANCE).status_code == 200
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
