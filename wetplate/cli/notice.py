"""`wetplate notice`: somebody complains about a picture, somebody decides, and it is carried out to the end.

Here: reading the command line and printing. Not here: any step (`publication.notices`), caches
(`delivery.notices.carrying_out`).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from wetplate.attestation import keys
from wetplate.canonical.catalog import find as find_image
from wetplate.cli.takedown import actor
from wetplate.delivery.notices.carrying_out import Done, Reach, carry_out
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.targets import configured
from wetplate.errors import NoticeError, NoticeStep
from wetplate.publication.notices import (
    catalog,
    decisions,
    evidence,
    grounds,
    kinds,
    locate,
    statement,
)
from wetplate.publication.notices.steps import Outcome, State, Step
from wetplate.publication.notices.tables import NoticeRow
from wetplate.publication.takedown import acknowledge
from wetplate.retention import personal
from wetplate.review import accesses, complaints, operator
from wetplate.review.effects import WAITS
from wetplate.review.reasons import GRANTING, REFUSE, STANDING, UPHOLD
from wetplate.review.second import Effect
from wetplate.settings import reviewing, serving, settings
from wetplate.storage.database import catalog_url, clock, engine, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects

ID = click.argument("id")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OUTCOMES = [outcome.value for outcome in Outcome]
GROUND = click.option("--ground", default="", help=f"Upheld for: {', '.join(grounds.GROUNDS)}.")


@click.group("notice")
def command() -> None:
    """Complaints about pictures: record, decide, carry out, prove."""


def fields(made: Callable[..., None]) -> Callable[..., None]:
    """An option per field of a notice."""
    for name, field in reversed(list(kinds.FIELDS.items())):
        option = f"--{name.replace('_', '-')}"
        made = click.option(option, is_flag=field.ticked, default=None, help=f"{field.asks}.")(made)
    return made


@command.command("file")
@click.option("--kind", type=click.Choice([kind.value for kind in kinds.Kind]), required=True)
@click.option("--url", "urls", multiple=True, help="Any address of the picture, whole or from the / on.")
@click.option("--hash", "hashes", multiple=True, help="SHA-256 of a file, of its pixels, or an image's id.")
@click.option("--upload", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The picture.")
@fields
@JSON
def file(
    kind: str, urls: tuple[str, ...], hashes: tuple[str, ...], upload: Path | None, as_json: bool, **said: Any
) -> None:
    """Record a notice. One that came by letter, mail or telephone; what it lacks is recorded as missing."""
    picture = upload.read_bytes() if upload else None
    with transaction(database()) as session:
        filed = catalog.file(
            session,
            wrapping(),
            kind=kind,
            said={name: value for name, value in said.items() if value is not None},
            where=locate.pointed(urls, hashes, picture),
            actor=me(),
            channel="operator",
        )
        told = described(session, filed.notice) | {"token": filed.token, "missing": dict(filed.missing)}
    if as_json:
        show_json(told)
        return
    click.echo(
        f"notice {told['id']} is received, due {told['due_at']:%Y-%m-%d %H:%M} UTC; {about(told['images'])}"
    )
    for name, law in filed.missing.items():
        click.echo(f"missing: {name} ({law})")


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--all", "over", is_flag=True, help="Closed ones too.")
@JSON
def list_(state: str | None, over: bool, as_json: bool) -> None:
    """List notices, what is due first."""
    with transaction(database()) as session:
        rows = [
            {"id": row.id, "kind": row.kind, "state": row.state, "at": row.at, "due_at": row.due_at}
            for row in catalog.listed(session, state=state, over=over)
        ]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        due = f", due {row['due_at']:%Y-%m-%d %H:%M}" if row["due_at"] else ""
        click.echo(f"{row['id']}  {row['kind']:5}  {row['state']:12}  {row['at']:%Y-%m-%d %H:%M}{due}")


@command.command("show")
@ID
@click.option("--persons", is_flag=True, help="Also who complained; this is logged.")
@JSON
def show(id: str, persons: bool, as_json: bool) -> None:
    """Print everything about a notice."""
    with transaction(database()) as session:
        row = catalog.find(session, id)
        told = described(session, row)
        if persons:
            accesses.saw(session, catalog.subject(row.id), me(), accesses.NOTICE, "at the command line")
    if persons:  # what is seen is recorded, and committed, first
        with transaction(database()) as session:
            told["persons"] = catalog.persons(session, wrapping(), row.id)
    if as_json:
        show_json(told)
        return
    for name, value in told.items():
        click.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value, default=str)}")


@command.command("include")
@ID
@click.argument("images", nargs=-1, required=True)
@click.option("--leave-out", is_flag=True, help="They are not what the notice is about.")
def include(id: str, images: tuple[str, ...], leave_out: bool) -> None:
    """Say that a notice is about these IMAGES too, or not. IMAGES: the beginnings of their ids."""
    decision = catalog.LEFT_OUT if leave_out else catalog.INCLUDED
    with transaction(database()) as session:
        row = catalog.find(session, id)
        catalog.choose(session, row.id, [find_image(session, image).id for image in images], decision, me())
    click.echo(f"{row.id}: {len(images)} images are {decision.replace('_', ' ')}")


@command.command("acknowledge")
@ID
def acknowledge_(id: str) -> None:
    """Record that a receipt was given."""
    step(id, lambda session, row: catalog.take(session, row.id, Step.ACKNOWLEDGE, me()))


@command.command("withdraw")
@ID
def withdraw(id: str) -> None:
    """Hide the images while the notice is decided. Reversible; nothing is deleted."""
    step(id, lambda session, row: decisions.withdraw(session, row.id, me()))


@command.command("decide")
@ID
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.option("--reason", required=True, help=f"{', '.join(grounds.GROUNDS)}; or, rejected: "
              f"{', '.join(grounds.REFUSALS)}.")  # fmt: skip
@click.option("--facts", default="", help="For the statement of reasons; name no person.")
@click.option("--slug", default="", help="What of the taxonomy it is about.")
def decide(id: str, outcome: str, reason: str, facts: str, slug: str) -> None:
    """Decide on a notice.

    As WETPLATE_REVIEWER. The pipeline carries it out, or `wetplate notice execute`. What was withdrawn is
    given back only if a second person, who is not shown this, decides the same.
    """
    word = next(word for word, each in complaints.OUTCOMES.items() if each == outcome)
    settle(id, word, reason, facts, slug)


@command.command("execute")
@ID
@GROUND
@JSON
def execute_(id: str, ground: str, as_json: bool) -> None:
    """Carry a decision out: store, caches, evidence. Upholds what nobody decided; may be run again."""
    reached = reach()
    with transaction(reached.database) as session:
        row = catalog.locked(session, catalog.find(session, id).id)
        effect = uphold(session, reached.objects, row, ground)
    if effect and effect in WAITS:
        raise NoticeError(f"the decision about notice {row.id} {WAITS[effect]}; nothing was carried out")
    done = carry_out(reached, row.id, me())
    show_json(vars(done)) if as_json else report(done, asked=bool(reached.purgers or reached.front))
    if done.left:
        raise NoticeError(f"{done.left}; it is tried again, also by this command")


@command.command("counter")
@ID
@click.option("--name", required=True)
@click.option("--address", required=True)
@click.option("--telephone", required=True)
@click.option("--signature", required=True)
@click.option("--email", default="")
@click.option("--reason", default="")
@click.option("--mistake", is_flag=True, help=kinds.COUNTER_FIELDS["mistake"].asks)
@click.option("--jurisdiction", is_flag=True, help=kinds.COUNTER_FIELDS["jurisdiction"].asks)
def counter(id: str, **given: Any) -> None:
    """Record that somebody objects. Unless a suit is notified, the images come back in 10 business days."""
    step(id, lambda session, row: decisions.counter(session, wrapping(), row.id, given, me()))


@command.command("sued")
@ID
@click.option("--reference", required=True, help="Court and reference.")
def sued(id: str, reference: str) -> None:
    """Record that a suit was notified. What was countered stays down."""
    step(id, lambda session, row: decisions.sued(session, row.id, me(), reference, wrapping=wrapping()))


@command.command("appeal")
@ID
@click.option("--reason", default="", help="What the appeal says.")
@click.option("--confirm", "word", flag_value=REFUSE, help="Second person: the decision stands.")
@click.option("--reverse", "word", flag_value=UPHOLD, help="Second person: it is reversed.")
@click.option("--because", default="", help=f"To confirm: {', '.join(STANDING)}; "
              f"to reverse: {', '.join(GRANTING)}.")  # fmt: skip
@click.option("--facts", default="", help="With --confirm or --reverse: why; name no person.")
def appeal(id: str, reason: str, word: str | None, because: str, facts: str) -> None:
    """Record an appeal, or decide it. A second person does, as WETPLATE_REVIEWER."""
    if word is None:
        step(id, lambda session, row: decisions.appeal(session, row.id, me(), reason, wrapping=wrapping()))
        return
    settle(id, word, because or next(iter(GRANTING if word == UPHOLD else STANDING)), facts)


@command.command("reinstate")
@ID
def reinstate(id: str) -> None:
    """Make the images drafts again, after a counter-notice.

    Once its time is over; the family's next run publishes them. The clock does it too. Before that only a
    decided appeal brings anything back (`wetplate notice appeal`).
    """

    def back(session: Session, row: NoticeRow) -> NoticeRow:
        if row.id not in decisions.due(session, clock(session)):
            raise NoticeStep(
                f"notice {row.id} is {row.state}: images come back when a second person reverses the "
                "decision on appeal, or when a counter-notice was not answered in time"
            )
        decisions.expire(session, row.id)
        for image in catalog.included(session, row.id):
            acknowledge(session, image)
        return row

    step(id, back)


@command.command("close")
@ID
@click.option("--duplicate-of", default="", help="It says what that notice says.")
@click.option("--abusive", is_flag=True, help="It is no complaint about a picture.")
@click.option("--note", default="")
def close(id: str, duplicate_of: str, abusive: bool, note: str) -> None:
    """Close a notice of which nothing is left to be done."""
    if duplicate_of or abusive:
        end = Step.DUPLICATE if duplicate_of else Step.ABUSIVE
        step(id, lambda session, row: decisions.set_aside(session, row.id, end, me(), duplicate_of))
        return
    step(id, lambda session, row: decisions.close(session, row.id, me(), note, wrapping=wrapping()))


@command.command("statement")
@ID
def statement_(id: str) -> None:
    """Print the statements of reasons. One per image, as the EU's Transparency Database takes them."""
    with transaction(database()) as session:
        show_json({"statements": statement.statements(session, id, wrapping())})


@command.command("evidence")
@ID
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def evidence_(id: str, out: Path) -> None:
    """Write the evidence into a folder. Reading it is logged."""
    now = settings()
    objects, catalogued = open_objects(now.objects_url, now), database()
    with transaction(catalogued) as session:
        row = catalog.find(session, id)
        accesses.saw(session, catalog.subject(row.id), me(), accesses.EVIDENCE, f"written to {out.name}")
    with transaction(catalogued) as session:
        count = sum(
            write(out / row.id, name, body) for name, body in evidence.bundle(session, objects, row.id)
        )
    click.echo(f"{count} files of notice {row.id} in {out / row.id}")


def write(folder: Path, name: str, body: bytes) -> int:
    """One file of the bundle."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return 1


def step(id: str, taken: Callable[[Session, NoticeRow], NoticeRow]) -> None:
    """Take one step in a transaction and say where the notice stands."""
    with transaction(database()) as session:
        row = taken(session, catalog.find(session, id))
        due = f", due {row.due_at:%Y-%m-%d}" if row.due_at else ""
    click.echo(f"notice {row.id} is {row.state}{due}")


def settle(id: str, decision: str, reason: str, facts: str, slug: str = "") -> None:
    """Decide as whoever is at the command line, and say what comes of it."""
    now, name = settings(), me().removeprefix("person:")
    objects = open_objects(now.objects_url, now)
    with transaction(database()) as session:
        row = catalog.find(session, id)
        said = (decision, name, reason, facts, slug)
        outcome = operator.decide_notice(session, objects, row.id, *said, wrapping=wrapping())
        told = f"notice {row.id} is {row.state}"
    waits = WAITS.get(outcome.effect, "") if outcome.effect else ""
    click.echo(f"{told}; the decision {waits}" if waits else told)


def uphold(session: Session, objects: Objects, row: NoticeRow, ground: str) -> Effect | None:
    """Uphold a notice that nobody has decided; gives what comes of that."""
    if not State(row.state).undecided:
        return None
    name, reason = me().removeprefix("person:"), ground or grounds.USUAL[row.kind]
    return operator.decide_notice(session, objects, row.id, UPHOLD, name, reason).effect


def reach() -> Reach:
    """What a decision is carried out with, as configured."""
    now, how = settings(), serving()
    return Reach(
        database=database(),
        objects=open_objects(now.objects_url, now),
        purgers=configured(how, now.var),
        ask=asker(),
        key=keys.configured(reviewing(), now.var),
        front=how.public_url,
    )


def report(done: Done, *, asked: bool) -> None:
    """What was done, in words; `asked`: whether there was a cache or a public address to ask."""
    click.echo(
        f"notice {done.notice} is {done.state} ({done.outcome}); images it is about: {len(done.images)}"
    )
    for image in done.images:
        click.echo(f"  {image}")
    click.echo(f"{done.deleted} public objects deleted, {done.kept} files kept as evidence")
    if done.seconds is not None:
        seen = "seen from outside to hold" if asked else "no cache is configured, so nobody was asked; done"
        click.echo(f"{seen} after {done.seconds:.2f} s")


def about(images: list[dict[str, str]]) -> str:
    """How many images it names, and how many are only proposed."""
    proposed = sum(image["decision"] == catalog.PROPOSED for image in images)
    named = f"images it is about: {len(images) - proposed}"
    return (
        f"{named}; {proposed} look alike and are proposed (`wetplate notice include`)" if proposed else named
    )


def described(session: Session, row: NoticeRow) -> dict[str, Any]:
    """A notice without persons, for people at work."""
    images = [
        {"id": each.canonical_id, "relation": each.relation, "decision": each.decision}
        for each in catalog.images(session, row.id)
    ]
    events = [
        {
            "at": each.at,
            "event": each.event,
            "state": each.to_state,
            "actor": each.actor,
            "details": catalog.told(session, wrapping(), each),
        }
        for each in catalog.events(session, row.id)
    ]
    plain = ("id", "kind", "state", "outcome", "located", "at", "due_at", "withdrawn_at", "closed_at")
    return {
        **{name: getattr(row, name) for name in plain},
        "said": catalog.said(session, wrapping(), row),
        "meaning": State(row.state).meaning,
        "found": bool(images),
        "images": images,
        "events": events,
        "answer": statement.answer(session, row),
    }


def show_json(value: Any) -> None:
    """Print as JSON."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def database() -> Engine:
    """The catalog."""
    return engine(catalog_url(settings()))


def wrapping() -> personal.Wrapping:
    """What seals personal fields."""
    return personal.wrapping(reviewing(), settings().var)


def me() -> str:
    """Who is at the command line."""
    return actor(settings().reviewer)
