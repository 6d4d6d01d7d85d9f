"""What a stranger gets: read from one visit of the probe, and from a few requests more.

Here: one function per piece of evidence. Not here: what the catalog says (`rows`), the visit (`probe.visit`).
"""

import json
from collections.abc import Callable, Collection, Sequence

from wetplate.delivery.checklist.answers import Evidence, found
from wetplate.delivery.probe.exchange import Kind
from wetplate.delivery.probe.report import Report, Visit
from wetplate.metrics import NAMESPACE

#: Status, headers and body of a GET; None: nobody answered.
Get = Callable[[str], tuple[int, str] | None]
CLOSED = (401, 403, 404, 410, 451)
SHOWN = 3
MEASURED = {
    "cache hits": f"{NAMESPACE}_cache_requests_total",
    "transform latency": f"{NAMESPACE}_transform_duration_seconds_count",
    "moderation throughput": f"{NAMESPACE}_moderation_verdicts_total",
}


def derivatives(report: Report) -> Evidence:
    """Files made ahead arrive."""
    return _answered(report, (Kind.DERIVATIVE,), "files made ahead")


def transforms(report: Report) -> Evidence:
    """Sizes nobody made ahead arrive, too."""
    return _answered(report, (Kind.TRANSFORM, Kind.AUTO), "transforms on the way")


def addresses(report: Report) -> Evidence:
    """Each picture's address names its image, and says to caches that they may keep it."""
    visits = report.pictures
    right = [visit for visit in visits if _named(visit) and _kept(visit)]
    paths = {visit.expected.path for visit in visits}
    came = f"{len(right)} of {len(visits)} answers name their image and may be kept; {len(paths)} addresses"
    return found(_listed(report, visits), came, _every(right, visits))


def variants(report: Report) -> Evidence:
    """Asked for again, a variant comes from a cache."""
    ratio, asked = report.hit_ratio, f"Cache-Status of {len(report.pictures)} pictures at {report.url}"
    if ratio is None:
        return found(asked, "nothing can be told of caches", None)
    return found(asked, f"{ratio:.0%} from a cache: {dict(report.tiers)}", ratio > 0)


def forged(report: Report) -> Evidence:
    """A signature that is not ours opens nothing."""
    return _answered(report, (Kind.FORGED,), "forged signatures refused")


def closed(url: str, paths: Sequence[str], get: Get) -> Evidence | None:
    """What is not public is not handed out; None when there is no such file to try."""
    answers = [get(path) for path in paths]
    if not paths:
        return None
    told = ", ".join("no answer" if each is None else str(each[0]) for each in answers)
    reached = all(answers)
    shut = all(each is not None and each[0] in CLOSED for each in answers)
    return found(f"GET {url} {' '.join(paths)}", f"answered {told}", shut if reached else None)


def listed(report: Report, public: Collection[str]) -> Evidence:
    """The manifest, from which others mirror, lists nothing that is not public."""
    visit = next((visit for visit in report.visits if visit.expected.kind is Kind.MANIFEST), None)
    if visit is None or visit.got.status != 200:
        return found(f"GET {report.url}/manifest/{report.family}.json", "no manifest came", None)
    ids = {image["id"] for image in json.loads(visit.got.body)["images"]}
    came = f"{len(ids)} images, {len(ids - set(public))} of them not public"
    return found(f"GET {report.url}{visit.expected.path}", came, ids <= set(public))


def gone(report: Report) -> Evidence | None:
    """What was taken down stays away; None when nothing was."""
    visits = [visit for visit in report.visits if visit.expected.kind is Kind.GONE]
    return _answered(report, (Kind.GONE,), "withdrawn images refused") if visits else None


def purgers(names: Sequence[str], report: Report) -> Evidence:
    """Whatever cache stands in front can be told to forget."""
    edge = any(visit.got.through_edge for visit in report.visits)
    came = f"{', '.join(names) or 'none'}; {'an edge' if edge else 'no edge'} stands in front"
    return found("the caches of WETPLATE_PURGERS", came, bool(names) or (False if edge else None))


def measured(url: str, answer: tuple[int, str] | None) -> list[Evidence]:
    """Each of the three is among the numbers the origin tells, and has counted something."""
    asked = f"GET {url}/metrics"
    if answer is None or answer[0] != 200:
        came = "not reachable" if answer is None else f"answered {answer[0]}"
        return [found(f"{asked}: {what}", came, None) for what in MEASURED]
    lines = [line for line in answer[1].splitlines() if not line.startswith("#")]
    return [_told(f"{asked}: {what}", name, lines) for what, name in MEASURED.items()]


def _told(asked: str, name: str, lines: Sequence[str]) -> Evidence:
    series = [line for line in lines if line.startswith((f"{name}{{", f"{name} "))]
    counted = [line for line in series if float(line.rsplit(" ", 1)[1]) > 0]
    told = f"{name}: {len(series)} series, {len(counted)} have a sample, like {next(iter(counted), 'none')}"
    return found(asked, told, True if counted else None if series else False)


def _answered(report: Report, kinds: Sequence[Kind], what: str) -> Evidence:
    visits = [visit for visit in report.visits if visit.expected.kind in kinds]
    right = [visit for visit in visits if visit.got.status in visit.expected.statuses]
    if not visits:
        return found(
            _listed(report, visits), "nothing to ask for" if report.reached else "not reachable", None
        )
    return found(_listed(report, visits), f"{len(right)} of {len(visits)} {what}", _every(right, visits))


def _listed(report: Report, visits: Sequence[Visit]) -> str:
    paths = list(dict.fromkeys(visit.expected.path for visit in visits))
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return f"GET {report.url} " + (" ".join(paths[:SHOWN]) + more if paths else "(nothing)")


def _named(visit: Visit) -> bool:
    """An image's id is 64 hex digits: a part of the path of its own."""
    return any(len(part) == 64 for part in visit.expected.path.split("/"))


def _kept(visit: Visit) -> bool:
    said = visit.got.header("cache-control")
    return "public" in said and "no-store" not in said and "max-age=0" not in said


def _every(right: Sequence[Visit], visits: Sequence[Visit]) -> bool | None:
    return len(right) == len(visits) if visits else None
