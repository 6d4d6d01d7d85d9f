"""The smallest application behind the gate: it says who asks, and changes something for a senior."""

from typing import Any

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.review.people import HASHER, WRAPPING, console_settings
from tests.review.provider import BROWSER
from wetplate.errors import ReviewError
from wetplate.review.access import Role, checked, person, require
from wetplate.review.gate import Gate
from wetplate.review.refusals import refused
from wetplate.review.signin.provider import Provider
from wetplate.review.signin.routes import routes
from wetplate.review.throttles import Throttles


async def who(request: Request) -> Response:
    asking = person(request)
    return JSONResponse({"id": asking.id, "role": asking.role, "blur": asking.preferences.blur})


async def change(request: Request) -> Response:
    async with request.form() as form:
        asking = checked(request, {"csrf": request.headers.get("x-csrf-token"), **form})
        require(asking, Role.SENIOR)
        return PlainTextResponse(f"{asking.actor} said {form.get('said')}")


async def style(request: Request) -> Response:
    return PlainTextResponse("", headers={"Cache-Control": "max-age=60"})


async def broken(request: Request) -> Response:
    raise RuntimeError("a fault of ours")


class Console(Starlette):
    """As the real one: the gate is outside of everything."""

    def __init__(self, database: Engine, throttles: Throttles | None = None, **said: Any) -> None:
        self.database, self.throttles, self.settings = database, throttles, console_settings(**said)
        provider = Provider(self.settings, BROWSER) if self.settings.oidc_issuer else None
        pages = [
            Route("/", who),
            Route("/change", change, methods=["POST"]),
            Route("/static/style.css", style),
            Route("/broken", broken),
        ]
        super().__init__(
            routes=[*pages, *routes(database, self.settings, WRAPPING, hasher=HASHER, provider=provider)],
            exception_handlers={ReviewError: refused},
        )

    def build_middleware_stack(self) -> ASGIApp:
        stack = super().build_middleware_stack()
        return Gate(stack, self.database, self.settings, throttles=self.throttles, largest=4096)
