"""`wetplate probe`: fetch what is public as a stranger, and say what is wrong. Exit status 1 on findings."""

import json
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from wetplate.delivery.probe import visit
from wetplate.delivery.probe.report import QUANTILES, Report
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import NOBODY
from wetplate.recipes.family import slugs
from wetplate.settings import serving, settings

FIGURES = (
    *("requests", "findings", "hit ratio", "answered by"),
    *(f"{what}, ms ({' / '.join(QUANTILES)})" for what in ("hits", "cold")),
    "mean kB by format",
)


@click.command("probe")
@click.option("--url", help="Where to ask; the public URL, the edge or the origin if not given.")
@click.option("--family", "families", multiple=True, help="Only this family; may be repeated.")
@click.option("--count", type=click.IntRange(1, 1000), default=visit.PLACES, show_default=True,
              help="Derivatives of a family, each asked for twice.")  # fmt: skip
@click.option("--gone", multiple=True, help="A path that must be refused as taken down; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    url: str | None, families: tuple[str, ...], count: int, gone: tuple[str, ...], as_json: bool
) -> None:
    """Fetch manifests, files, transforms and what must be refused; check status, bytes and cache headers."""
    where = url or visit.where(serving())
    asked = families or tuple(slugs(settings().families))
    if not asked:
        raise click.UsageError(f"there is no family in {settings().families}; name one with --family")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        told = progress.track(asked, description=f"asking {where}")
        read = C2paSigner(NOBODY).read
        reports = [visit.visit(where, family, count=count, gone=gone, read=read) for family in told]
    if as_json:
        click.echo(json.dumps([report.told() for report in reports], indent=2))
    else:
        show(Console(), reports)
    if any(report.findings for report in reports):
        raise SystemExit(1)


def show(console: Console, reports: Sequence[Report]) -> None:
    """A column per family, then every finding in full."""
    drawn = Table("", *(report.family for report in reports))
    for name, values in zip(FIGURES, zip(*map(figures, reports), strict=True), strict=True):
        drawn.add_row(name, *values)
    console.print(drawn)
    findings = [finding for report in reports for finding in report.findings]
    for finding in findings:
        console.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(findings)} findings", highlight=False)


def figures(report: Report) -> list[str]:
    """One family's column."""
    ratio = "–" if report.hit_ratio is None else f"{report.hit_ratio:.0%}"
    times = (report.milliseconds(warm=warm).values() for warm in (True, False))
    sizes = (f"{name} {size / 1000:.1f}" for name, size in report.bytes_by_format.items())
    counts = (str(len(report.visits)), str(len(report.findings)))
    return [*counts, ratio, _tiers(report), *(_listed(each) for each in times), ", ".join(sizes) or "–"]


def _tiers(report: Report) -> str:
    return ", ".join(f"{name} {number}" for name, number in report.tiers.items()) or "–"


def _listed(times: Iterable[float | None]) -> str:
    return " / ".join("–" if each is None else f"{each:.1f}" for each in times)
