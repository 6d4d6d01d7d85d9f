"""`wetplate family`: check family files, pin models, list recipes. Reads files only; no database."""

import json
from pathlib import Path

import click

from wetplate.errors import FamilyError, ModelError
from wetplate.recipes.family import FILE, Family, expand, find, model_digest, slugs
from wetplate.settings import ROOT, settings


@click.group("family")
def command() -> None:
    """Check product families and list their recipes."""


@command.command("check")
@click.argument("slug", required=False)
@click.option(
    "--files-only", is_flag=True, help="Do not compare local model folders with their pinned digest."
)
def check(slug: str | None, files_only: bool) -> None:
    """Say whether each family file, or one, can be used. Exit status 2 when one cannot."""
    root = settings().families
    refusals = [_checked(root, name, files_only) for name in ([slug] if slug else _folders(root))]
    if any(refusals):
        raise SystemExit(2)


@command.command("digest")
@click.argument("folder", type=click.Path(path_type=Path))
def digest(folder: Path) -> None:
    """Print the revision that pins a local model folder."""
    click.echo(model_digest(folder))


@command.command("expand")
@click.argument("slug")
@click.option(
    "--json", "as_json", is_flag=True, help="Print each recipe's canonical form, one JSON line each."
)
def expand_command(slug: str, as_json: bool) -> None:
    """List the recipes a family yields: id and prompt."""
    for recipe in expand(find(settings().families, slug)):
        line = json.dumps({"id": recipe.id, **json.loads(recipe.canonical())}, ensure_ascii=False)
        click.echo(line if as_json else f"{recipe.id}  {recipe.prompt}")


def _folders(root: Path) -> list[str]:
    """Every folder with a family file, also those whose name is no slug: they are to be told of."""
    return sorted({*slugs(root), *(file.parent.name for file in root.glob(f"*/{FILE}"))})


def _checked(root: Path, slug: str, files_only: bool) -> bool:
    """Print the verdict on one family; gives whether it was refused."""
    try:
        family = find(root, slug)
        if not files_only:
            check_model(family)
    except (FamilyError, ModelError) as refusal:
        click.echo(f"{refusal}", err=True)
        return True
    click.echo(f"{slug}: {family.variants} variants, model {family.model.id}@{family.model.revision[:15]}")
    return False


def check_model(family: Family) -> None:
    """Compare a local model folder with its pinned digest. Raises FamilyError, ModelError."""
    pinned = family.model.revision
    if pinned.startswith("sha256:") and (found := model_digest(ROOT / family.model.id)) != pinned:
        expected = f"the folder's digest is {found}; pin it there, or restore the model"
        raise FamilyError(settings().families / family.slug / FILE, "model.revision", expected)
