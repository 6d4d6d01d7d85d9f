"""`wetplate purge`: have every cache forget, without a takedown, or finish what is owed."""

import click

from wetplate.canonical.catalog import find
from wetplate.delivery import caching
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.relay import drain
from wetplate.delivery.purging.targets import configured
from wetplate.errors import PurgeFailed, SettingError
from wetplate.recipes.catalog import family_of
from wetplate.settings import serving, settings
from wetplate.storage.database import catalog_url, engine, transaction


@click.command("purge")
@click.argument("image", required=False)
@click.option("--family", help="Everything of this family.")
@click.option("--pending", is_flag=True, help="Finish the purges that takedowns still owe.")
def command(image: str | None, family: str | None, pending: bool) -> None:
    """Have the caches of WETPLATE_PURGERS forget everything of IMAGE (the beginning of its id)."""
    if sum((image is not None, family is not None, pending)) != 1:
        raise click.UsageError("name an IMAGE, or --family, or --pending")
    purgers = required()
    if pending:
        finish(purgers)
        return
    forget(purgers, _tag(image, family))


def required() -> tuple[Purger, ...]:
    """The caches that are configured. Raises SettingError when there are none."""
    purgers = configured(serving(), settings().var)
    if not purgers:
        raise SettingError("no cache is configured; name them in WETPLATE_PURGERS (varnish=http://host:port)")
    return purgers


def forget(purgers: tuple[Purger, ...], tag: str) -> None:
    """Purge this tag everywhere, nearest to the origin first. Raises PurgeFailed when one refuses."""
    refusals = []
    for purger in purgers:
        try:
            count = purger.purge([tag]).count
        except PurgeFailed as refusal:
            refusals.append(str(refusal))
        else:
            click.echo(f"{purger.name}: {'accepted' if count is None else f'{count} objects forgotten'}")
    if refusals:
        raise PurgeFailed("; ".join(refusals))


def finish(purgers: tuple[Purger, ...]) -> None:
    """Go round until nothing is due. Raises PurgeFailed when something is left."""
    told, left = drain(engine(catalog_url(settings())), purgers, asker())
    click.echo(str(told))
    if left:
        raise PurgeFailed(f"{left} purges are still owed and will be tried again")


def _tag(image: str | None, family: str | None) -> str:
    """What is to be forgotten. Raises ImageUnknown, UnknownFamily."""
    with transaction(engine(catalog_url(settings()))) as session:
        if family is not None:
            return caching.tags("", family_of(session, family).slug)[1]
        found = find(session, image or "")
        return caching.tags(found.id, found.family)[0]
