"""What a probe found, as the result of a check: a table a person reads, figures that Dagster plots."""

import dagster as dg

from assets.figures import plain
from wetplate.delivery.probe.report import Report


def result(report: Report, *, configured: bool) -> dg.AssetCheckResult:
    """The check's result. Nobody there is a failure, a grave one where a public address is configured."""
    grave = report.reached or configured
    return dg.AssetCheckResult(
        passed=not report.findings,
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        description=_said(report),
        metadata=_figures(report),
    )


def _said(report: Report) -> str:
    if not report.reached:
        return f"NOT CHECKED: nobody answers at {report.url}. Start `make dev`, or set WETPLATE_PUBLIC_URL."
    wrong = len(report.findings)
    return (
        f"{len(report.visits)} requests to {report.url}: {wrong or 'no'} finding{'' if wrong == 1 else 's'}"
    )


def _figures(report: Report) -> dict[str, dg.MetadataValue]:
    """Findings, requests, hit ratio, milliseconds, bytes by format; what is unknown is left out."""
    numbers = {"hit_ratio": report.hit_ratio}
    for word, warm in (("hit", True), ("cold", False)):
        numbers |= {f"{word}_{name}_ms": taken for name, taken in report.milliseconds(warm=warm).items()}
    numbers |= {f"mean_bytes_{name}": size for name, size in report.bytes_by_format.items()}
    listed = "\n".join(f"- {plain(str(finding))}" for finding in report.findings[:50]) or "none"
    return {
        "findings": dg.MetadataValue.md(listed),
        "url": dg.MetadataValue.url(report.url),
        "requests": dg.MetadataValue.int(len(report.visits)),
        "answered_by": dg.MetadataValue.json(dict(report.tiers)),
        **{
            name: dg.MetadataValue.float(round(number, 3))
            for name, number in numbers.items()
            if number is not None
        },
    }
