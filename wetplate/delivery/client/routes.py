"""`/client/`: the files under their hashed names, and a list of the present names.

A file is immutable and may be used by every shop's page; the list is short-lived.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wetplate.delivery import caching, problems
from wetplate.delivery.caching import Kind
from wetplate.delivery.client.files import FOLDER, BrowserFiles
from wetplate.errors import NotServed

SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def routes(files: BrowserFiles) -> list[Route]:
    """GET `/client/` and `/client/{file}`."""
    names = {
        file.name: {"url": file.url, "integrity": file.integrity, "bytes": len(file.body)} for file in files
    }

    async def index(request: Request) -> Response:
        return JSONResponse(names, headers=caching.headers(Kind.MANIFEST) | SHARED)

    async def one(request: Request) -> Response:
        try:
            file = files.served(request.path_params["file"])
        except NotServed as refusal:
            refused = problems.problem(refusal)
            return Response(refused.body, refused.status, refused.headers())
        headers = caching.headers(Kind.CLIENT) | SHARED | {"Content-Type": file.media_type}
        return Response(file.body, headers=headers)

    return [Route(FOLDER, index), Route(FOLDER + "{file}", one)]
