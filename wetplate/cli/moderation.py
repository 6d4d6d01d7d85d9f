"""`wetplate moderation`: can verdicts be answered for? Replay, calibration, audit samples, taxonomy."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from wetplate.moderation import calibration, sampling
from wetplate.moderation import taxonomy as taxonomies
from wetplate.moderation.calibration import Measured
from wetplate.moderation.curves import BOUNDS, PRECISE, Curve
from wetplate.moderation.intervals import needed
from wetplate.moderation.policy import load
from wetplate.moderation.replay import Replayed, replay
from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine, transaction

SHOWN = 1_000
Share = tuple[float, float, float] | None


@click.group("moderation")
def command() -> None:
    """Derive verdicts again; measure detectors against people."""


@command.command("replay")
@click.option("--family", help="Only this family.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replayed(family: str | None, as_json: bool) -> None:
    """Derive every verdict of the machine again.

    Exit status 1 when one comes out different.
    """
    with transaction(engine(catalog_url(settings()))) as session:
        told = _told(replay(session, family))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _show_replay(told)
    if told["differing"]:
        raise SystemExit(1)


def _told(verdicts: Iterable[Replayed]) -> dict[str, Any]:
    """Counts, and the first SHOWN that differ: memory does not grow with the verdicts."""
    counts, why_not, differing = Counter[str](), Counter[str](), list[dict[str, Any]]()
    for each in verdicts:
        counts["verdicts"] += 1
        if each.why_not:
            why_not[each.why_not] += 1
        elif each.differences:
            counts["differing"] += 1
            differing += [asdict(each)] if len(differing) < SHOWN else []
        else:
            counts["same"] += 1
    return {
        **{name: counts[name] for name in ("verdicts", "same", "differing")},
        "not_replayable": dict(why_not),
        "differences": differing,
    }


def _show_replay(told: dict[str, Any]) -> None:
    click.echo(f"{told['verdicts']:,} verdicts of the machine, {told['same']:,} come out the same")
    for why, count in told["not_replayable"].items():
        click.echo(f"{count:,} cannot be derived: {why}")
    click.echo(f"{told['differing']:,} come out different")
    for each in told["differences"]:
        click.echo(f"{each['recipe_id'][:12]} verdict {each['position']}: {'; '.join(each['differences'])}")


@command.command("calibrate")
@click.option("--detector", required=True, help="A detector of the policy.")
@click.option("--label", help="Only this label of it.")
@click.option("--revision", help="Its revision; else the one that looked last.")
@click.option("--policy", "name", default="product", show_default=True, help="Whose labels and slugs.")
@click.option("--sign", "signed_by", metavar="NAME", help="Keep the record, under this pseudonym.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def calibrated(
    detector: str, label: str | None, revision: str | None, name: str, signed_by: str | None, as_json: bool
) -> None:
    """Measure a detector's scores against what people decided."""
    policy = load(name)
    with transaction(engine(catalog_url(settings()))) as session:
        measured = calibration.measure(session, policy, detector, revision=revision, label=label)
        record = calibration.sign(session, measured, signed_by) if signed_by else None
    if as_json:
        click.echo(json.dumps({"record": record, **_measured(measured)}, indent=2))
    else:
        _show_measured(Console(soft_wrap=True), measured, record, policy.detectors[detector].kind)


def _measured(measured: Measured) -> dict[str, Any]:
    curves = [{**asdict(each), "points": [*_points(each)], **_bounds(each)} for each in measured.curves]
    return {**asdict(measured), "curves": curves}


def _points(curve: Curve) -> Iterator[dict[str, Any]]:
    for point in curve.points:
        yield {**asdict(point), "precision": point.precision, "recall": point.recall}


def _bounds(curve: Curve) -> dict[str, Any]:
    return {
        "may_miss": curve.may_miss,
        "approve_below": {f"{bound:g}": curve.approve_below(bound) for bound in BOUNDS},
    }


def _show_measured(console: Console, measured: Measured, record: str | None, kind: str) -> None:
    console.print(
        f"{measured.detector} {measured.revision}: {measured.pictures} pictures that people decided on"
    )
    console.print(f"data {measured.data}")
    for curve in measured.curves:
        _show_curve(console, curve)
    console.print(
        "Pictures below the approve threshold reach a person by the audit sample only, so few bad ones among "
        "them are seen: trust the bound no further than the samples go."
    )
    if kind == "nudenet":
        console.print("NudeNet's scores never reject by themselves: no policy may cite a record of it.")
    if record:
        console.print(f"record {record}: cite it as [detectors.{measured.detector}.calibration]")


def _show_curve(console: Console, curve: Curve) -> None:
    console.print(f"\n{curve.label} ({curve.slug}): {curve.bad} bad, {curve.good} good", highlight=False)
    if curve.bad + curve.good == 0:
        console.print("nobody decided on anything that would tell")
        return
    drawn = Table("from", "caught", "false alarms", "missed", "precision", "recall")
    for point in curve.points:
        counts = (str(point.caught), str(point.alarms), str(point.missed))
        drawn.add_row(f"{point.threshold:.2f}", *counts, _share(point.precision), _share(point.recall))
    console.print(drawn)
    console.print(_rejecting(curve))
    for bound in BOUNDS:
        console.print(_approving(curve, bound), highlight=False)


def _rejecting(curve: Curve) -> str:
    if curve.reject_from is None:
        return f"rejecting by itself: too few samples for {PRECISE:.0%} precision at the interval's lower end"
    said = f"{PRECISE:.0%} precise at the interval's lower end"
    return f"rejecting by itself: from {curve.reject_from:.2f}, {said}"


def _approving(curve: Curve, bound: float) -> str:
    threshold = curve.approve_below(bound)
    said = f"to miss at most {bound:.1%} of the bad ones: "
    if threshold is None:
        return f"{said}too few; needs {needed(bound):,} bad samples, all caught, has {curve.bad:,}"
    return f"{said}approve below {threshold:.2f} (none of {curve.bad:,} scored lower)"


def _share(share: Share) -> str:
    return "" if share is None else f"{share[0]:.0%} ({share[1]:.0%} to {share[2]:.0%})"


@command.command("audit")
@click.option("--family", help="Only this family.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audited(family: str | None, as_json: bool) -> None:
    """Estimate what slips through. From audit samples that people decided on, with the interval."""
    with transaction(engine(catalog_url(settings()))) as session:
        found = sampling.audit(session, family)
    if as_json:
        said = {"false_approve_rate": found.share, "interval": found.interval}
        click.echo(json.dumps({**asdict(found), **said}, indent=2))
    else:
        click.echo(str(found))


@command.command("taxonomy")
@click.option("--version", "version", default=taxonomies.LATEST, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(version: str, as_json: bool) -> None:
    """List the slugs: what can be wrong with a picture."""
    taxonomy = taxonomies.load(version)
    if as_json:
        click.echo(json.dumps([asdict(slug) for slug in taxonomy.slugs.values()], indent=2))
        return
    drawn = Table("slug", "means", "shown", "statement of reasons")
    for slug in taxonomy.slugs.values():
        shown = "quarantine" if slug.zero_tolerance else "blurred" if slug.sensitive else ""
        drawn.add_row(slug.slug, slug.says, shown, slug.dsa.removeprefix("STATEMENT_CATEGORY_"))
    Console(soft_wrap=True).print(drawn)
