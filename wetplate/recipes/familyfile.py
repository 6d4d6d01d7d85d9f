"""The rules of family.toml, and its strict reading.

Here: every rule about the file, one function per table. Not here: the values it stands for (`definition`),
files and folders (`family`), rows (`catalog`). A file that breaks a rule gets file, key and what was
expected.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import prod
from typing import Any

from license_expression import ExpressionError, Licensing, get_spdx_licensing

from wetplate.errors import FamilySampler, UnknownSampler
from wetplate.recipes.definition import Budget, Family, Licence, Moderation, Publication, Seed, Template
from wetplate.recipes.fields import Fields
from wetplate.recipes.recipe import Adapter, ModelRef
from wetplate.recipes.samplers import scheduler, split

MAX_VARIANTS = 20_000
SIDES = (64, 2048)
STEPS = (1, 150)
GUIDANCE = (0, 100)
SEEDS = (0, 2**32 - 1)
ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
COMMIT = re.compile(r"[0-9a-f]{40}\Z")
TREE = re.compile(r"sha256:[0-9a-f]{64}\Z")
HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?\Z")
LICENCE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+\Z")


def defined(slug: str, definition: Mapping[str, Any]) -> Family:
    """The family a definition was made from: the inverse of `Family.definition`. Raises FamilyError."""
    return parsed(f"catalog:{slug}", slug, {**definition, "attributes": dict(definition["attributes"])})


def parsed(file: object, slug: str, body: Mapping[str, Any]) -> Family:
    """The family that a file's tables describe. Raises FamilyError; `file` is how messages call it."""
    top = Fields(file, body)
    title, attributes = top.text("title"), _attributes(top)
    template = _template(top.table("recipe"), attributes)
    model, adapter_licences = _model(top.table("model"))
    family = Family(
        slug,
        title,
        attributes,
        recipe=template,
        model=model,
        licence=_licence(top.table("licence")),
        publication=_publication(top.table("publication")),
        moderation=_moderation(top.table("moderation")),
        budget=_budget(top.table("budget")),
        adapter_licences=adapter_licences,
    )
    top.done("title, attributes, recipe, model, licence, publication, moderation, budget")
    return family


def _attributes(top: Fields) -> Mapping[str, tuple[str, ...]]:
    table = top.table("attributes")
    names = table.left()
    for twin in _twins(names):
        table.refuse(twin, "this attribute stands here twice (case, hyphens and underscores do not count)")
    attributes = {name: _values(table, name) for name in names}
    if not attributes:
        top.refuse("attributes", 'expected at least one attribute, like lace = ["white", "black"]')
    if (count := prod(map(len, attributes.values()))) > MAX_VARIANTS:
        top.refuse("attributes", f"expected at most {MAX_VARIANTS} variants, not {count}; split the family")
    return attributes


def _values(table: Fields, name: str) -> tuple[str, ...]:
    if not ATTRIBUTE.match(name):
        table.refuse(
            name, "expected an attribute name of lower-case letters, digits and _, starting with a letter"
        )
    values = table.texts(name)
    if not values:
        table.refuse(name, "expected at least one value")
    for twin in _twins(values):
        table.refuse(name, f"{twin!r} stands here twice (case and white space do not count)")
    return values


def _twins(names: Iterable[str]) -> Iterator[str]:
    """The names that were there before under another spelling."""
    seen = set()
    for name in names:
        plain = " ".join(unicodedata.normalize("NFKC", name).casefold().replace("-", "_").split())
        if plain in seen:
            yield name
        seen.add(plain)


def _template(table: Fields, attributes: Mapping[str, tuple[str, ...]]) -> Template:
    template = Template(
        prompt=table.text("prompt"),
        negative_prompt=table.text("negative_prompt", empty=True),
        alt=table.text("alt"),
        sampler=_sampler(table),
        steps=table.whole("steps", *STEPS),
        guidance=table.decimal("guidance", *GUIDANCE),
        width=_side(table, "width"),
        height=_side(table, "height"),
        seed=_seed(table.table("seed")),
    )
    table.done("prompt, negative_prompt, alt, sampler, steps, guidance, width, height, seed")
    used = {key: _placeholders(table, key, getattr(template, key), attributes) for key in _TEXTS}
    for name in attributes:
        if name not in used["prompt"]:
            table.refuse(
                "prompt",
                f"attribute {name!r} is not used; expected {{{name}}} in it, or remove the attribute",
            )
    return template


_TEXTS = ("prompt", "negative_prompt", "alt")


def _placeholders(table: Fields, key: str, text: str, attributes: Mapping[str, object]) -> set[str]:
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        table.refuse(key, "expected {attribute} placeholders; write a brace itself as {{ or }}")
    names = {name for _, name, _, _ in pieces if name is not None}
    for _, name, form, conversion in pieces:
        if name is not None and (name not in attributes or form or conversion):
            table.refuse(key, f"names {{{name}}}; expected one of the attributes: {', '.join(attributes)}")
    return names


def _sampler(table: Fields) -> str:
    """A sampler that some pipeline can run: ordinary or flow-matching, as the model will tell."""
    name = table.text("sampler")
    try:
        scheduler(name, flow=split(name)[0].startswith("FlowMatch"))
    except UnknownSampler as unknown:
        raise FamilySampler(table.file, f"{table.path}sampler", str(unknown)) from unknown
    return name


def _side(table: Fields, key: str) -> int:
    side = table.whole(key, *SIDES)
    if side % 8:
        table.refuse(key, f"expected a multiple of 8 from {SIDES[0]} to {SIDES[1]}, not {side}")
    return side


def _seed(table: Fields) -> Seed:
    seed = Seed(table.choice("rule", ("fixed", "per-variant")), table.whole("value", *SEEDS))
    table.done("rule, value")
    return seed


def _model(table: Fields) -> tuple[ModelRef, tuple[Licence | None, ...]]:
    """The model with its adapters, and what licence is stated for each of these."""
    name, revision = _pinned(table)
    adapters = [_adapter(entry) for entry in table.tables("adapters")]
    table.done("id, revision, adapters")
    model = ModelRef(name, revision, tuple(adapter for adapter, _ in adapters))
    return model, tuple(licence for _, licence in adapters)


def _adapter(table: Fields) -> tuple[Adapter, Licence | None]:
    adapter = Adapter(*_pinned(table), weight=table.decimal("weight", -10, 10, default="1"))
    licence = _licence(table.table("licence")) if "licence" in table.left() else None
    table.done("id, revision, weight, licence")
    return adapter, licence


def _pinned(table: Fields) -> tuple[str, str]:
    name, revision = table.text("id"), table.text("revision")
    if TREE.match(revision):
        if name.startswith(("/", "~")) or "\\" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
            table.refuse(
                "id", f"expected a folder inside the checkout, like families/rumba/model, not {name!r}"
            )
    elif not COMMIT.match(revision):
        table.refuse(
            "revision",
            "expected a pinned revision: the commit of a hub id (40 hex digits, no branch or tag), or "
            f"sha256:<64 hex digits> of a local folder (`wetplate family digest FOLDER`), not {revision!r}",
        )
    elif not HUB_ID.match(name):
        table.refuse("id", f"expected a hub id like owner/name beside a commit, not {name!r}")
    return name, revision


def _licence(table: Fields) -> Licence:
    licence = Licence(
        _expression(table),
        table.choice("commercial_use", ("yes", "no", "unknown")),
        table.texts("restrictions"),
    )
    table.done("expression, commercial_use, restrictions")
    return licence


def _expression(table: Fields) -> str:
    text = table.text("expression")
    try:
        expression = _spdx().parse(text)
    except ExpressionError as error:
        table.refuse("expression", f"expected an SPDX licence expression, not {text!r}: {error}")
    if expression is None:
        table.refuse("expression", "expected an SPDX licence expression")
    for key in _spdx().unknown_license_keys(expression):
        if not LICENCE_REF.match(key):
            table.refuse(
                "expression", f"{key!r} is not on the SPDX list; expected an SPDX id or LicenseRef-{key}"
            )
    return str(expression.render())


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def _publication(table: Fields) -> Publication:
    publication = Publication(
        table.slug("profile"), table.choice("channel", ("commercial", "non-commercial"))
    )
    table.done("profile, channel")
    return publication


def _moderation(table: Fields) -> Moderation:
    moderation = Moderation(table.slug("policy"))
    table.done("policy")
    return moderation


def _budget(table: Fields) -> Budget:
    budget = Budget(table.whole("images_per_day", 0, 10**6), table.whole("device_seconds_per_day", 0, 10**6))
    table.done("images_per_day, device_seconds_per_day")
    return budget
