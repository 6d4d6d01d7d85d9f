"""The description is valid, names what is served, and the running origin keeps to it under fire."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from starlette.routing import Route

from tests.delivery.house import House
from wetplate.delivery import manifest, openapi

pytestmark = pytest.mark.xdist_group("origin")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]


def described() -> dict[str, Any]:
    """The description as a reader gets it, with the schema that it refers to put in its place."""
    text = openapi.written().decode()
    schema = json.loads(manifest.schema())
    inside = json.dumps({name: schema[name] for name in ("type", "required")})
    return json.loads(text.replace('{"$ref":"/schemas/manifest.json"}', inside))  # type: ignore[no-any-return]


SCHEMA = schemathesis.openapi.from_dict(described())
OPERATIONS = [
    SCHEMA[path][method.upper()]
    for path, methods in openapi.document()["paths"].items()
    for method in methods
    if method != "head"  # HEAD is GET: test_origin
]


def test_it_is_valid_and_always_the_same() -> None:
    validate(described())
    assert openapi.written() == openapi.written()


def test_every_route_is_described(origin_house: House) -> None:
    routes = {route.path for route in origin_house.origin.routes if isinstance(route, Route)}
    described = {path.replace("v{version}", "{version}") for path in openapi.document()["paths"]}
    families = {
        "/images/{rest:path}",
        "/auto/{rest:path}",
        "/signed/{rest:path}",
        "/gallery/{family}/{rest:path}",
    }
    moved = {"/gallery", "/gallery/{family}/"}
    assert routes - families - moved <= described
    assert all(any(path.startswith(family.partition("{")[0]) for path in described) for family in families)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.path)
def test_the_origin_keeps_to_it(origin_house: House, operation: schemathesis.APIOperation) -> None:
    known = {"image": [origin_house.image, origin_house.draft], "family": ["boots"], "version": [1, 2]}
    names = [*origin_house.standing().files, f"{origin_house.file().name}.c2pa"]
    known |= {"name": names, "start": ["0", "7"]}
    strategy = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE)
    )

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=strategy, real=st.sets(st.sampled_from(sorted(known))), pick=st.integers(0, 20))
    def ask(case: schemathesis.Case, real: set[str], pick: int) -> None:
        for name in real & set(case.path_parameters):
            case.path_parameters[name] = known[name][pick % len(known[name])]
        case.call_and_validate(base_url=origin_house.url, checks=CHECKS)

    ask()


def test_what_it_shows_is_what_is_served(origin_house: House) -> None:
    assert origin_house.client.get("/openapi.json").content == openapi.written()
    assert origin_house.client.get("/schemas/manifest.json").content == manifest.schema()
