"""`wetplate checklist`: is the house ready? Exit status 1 on a no."""

import json

import click

from wetplate.delivery.checklist.answers import Answer, Word
from wetplate.delivery.checklist.ask import ask
from wetplate.delivery.probe.visit import where
from wetplate.delivery.purging.targets import configured
from wetplate.recipes.family import slugs
from wetplate.settings import serving, settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.stores import open_objects


@click.command("checklist")
@click.option("--family", "families", multiple=True, help="Only this family; may be repeated.")
@click.option("--url", help="Where strangers come; the public URL, the edge or the origin if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(families: tuple[str, ...], url: str | None, as_json: bool) -> None:
    """Answer the rollout's six questions with evidence: a query and its figure, an address and what came."""
    now, how = settings(), serving()
    asked = families or tuple(slugs(now.families))
    if not asked:
        raise click.UsageError(f"there is no family in {now.families}; name one with --family")
    objects, names = open_objects(now.objects_url, now), [each.name for each in configured(how, now.var)]
    public = url or where(how)
    found: dict[str, list[Answer]] = {}
    with transaction(engine(catalog_url(now))) as session:
        for family in asked:
            found[family] = ask(session, objects, family, url=public, origin=how.origin_url, purgers=names)
    if as_json:
        told = {family: [answer.told() for answer in answers] for family, answers in found.items()}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo("\n\n".join(shown(family, answers) for family, answers in found.items()))
    if any(answer.word is Word.NO for answers in found.values() for answer in answers):
        raise SystemExit(1)


def shown(family: str, answers: list[Answer]) -> str:
    """A family's six answers, each with its evidence below."""
    lines = [f"{family}:"]
    for answer in answers:
        lines.append(f"{answer.number}. {answer.question} {answer.word.upper()}")
        for piece in answer.evidence:
            lines.append(f"   {piece.word:<10} {piece.came}")
            lines.append(f"   {'':<10} by: {piece.asked}")
    return "\n".join(lines)
