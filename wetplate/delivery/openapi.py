"""What the service offers, as an OpenAPI 3.1 description.

Here: the description, as data; patterns and lists are those of the code that reads addresses. Not here: the
routes. A test asks the running origin for what is described here and accepts no answer that is not named.
"""

import json
from importlib.metadata import version
from typing import Any

from wetplate.delivery import urls
from wetplate.delivery.problems import MEDIA_TYPE as PROBLEM
from wetplate.delivery.provenance import TOKEN
from wetplate.derivatives.transform import QUALITIES, RATIOS, WIDTHS
from wetplate.imaging.formats import EXTENSIONS, MEDIA_TYPES
from wetplate.provenance import public
from wetplate.publication.notices import kinds

Values = dict[str, Any]

SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"
_ANY = {"type": "string", "format": "binary"}
_PICTURE = {"content": {media_type: {"schema": _ANY} for media_type in MEDIA_TYPES.values()}}
_RATIO = "|".join(f"{across}x{down}" for across, down in RATIOS)
_SHAPE = (
    f"w({'|'.join(map(str, WIDTHS))})(_crop({_RATIO})(_fp[0-9]{{1,3}}x[0-9]{{1,3}})?|_pad({_RATIO}))?"
    f"(_q({'|'.join(QUALITIES)}))?"
)
_EXTENSION = rf"\.({'|'.join(EXTENSIONS.values())})"


def document() -> Values:
    """The description."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Wetplate origin",
            "version": version("wetplate"),
            "summary": "Product images made by models: bytes, transforms, manifests and pages.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "paths": {path: _operations(path, get) for path, get in _paths().items()},
        "components": {
            "schemas": {"Problem": _PROBLEM, "Record": _RECORDED},
            "headers": _HEADERS,
            "responses": _RESPONSES,
        },
    }


def written() -> bytes:
    """As JSON: the same bytes each time."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()


def _paths() -> dict[str, Values]:
    made = ("400", "404", "405", "410", "413", "414", "415", "422", "429", "451", "500", "502", "503", "504")
    return {
        "/images/{image}/{name}": _get(
            "derivative",
            "A published file, or the C2PA manifest beside it",
            [_IMAGE, _text("name", rf"^{urls.NAME.pattern}(\.c2pa)?$", "Content-hashed name.")],
            _ok("The file.", _with(_PICTURE, "application/c2pa"), "conditional", "tagged"),
            "206", "304", "308", "400", "404", "405", "410", "412", "414", "416", "429", "451", "502", "503",
        ),
        "/images/{image}/v{version}/{transform}": _get(
            "transform",
            "A transform of a public image, made when it is first asked for",
            [_IMAGE, _VERSION, _text("transform", f"^{_SHAPE}{_EXTENSION}$", "From closed lists.")],
            _ok("The transformed picture.", _PICTURE, "conditional", "tagged"),
            "206", "304", "308", "412", "416", *made,
        ),
        "/auto/{image}/v{version}/{shape}": _get(
            "auto",
            "The same in the best format that Accept names, of at most four variants",
            [
                *(_IMAGE, _VERSION, _text("shape", f"^{_SHAPE}$", "A transform without its extension.")),
                _header("Accept", "image/avif,image/webp,*/*"),
                _header("Save-Data", "on"),
            ],
            _ok("The transformed picture.", _PICTURE, "conditional", "tagged", "Vary", "Content-Location"),
            "206", "304", "308", "412", "416", *made,
        ),
        "/signed/{signature}/{image}/v{version}/{transform}": _get(
            "private",
            "A transform of any image that is not withdrawn, for who holds a signed address",
            [
                _text("signature", f"^{urls.TOKEN.pattern}$", "Key id, expiry and MAC."),
                *(_IMAGE, _VERSION, _text("transform", f"^{_SHAPE}{_EXTENSION}$", "From closed lists.")),
            ],
            _ok("The transformed picture; never stored.", _PICTURE, "conditional"),
            "206", "304", "403", "412", "416", *made,
        ),
        "/manifest/{family}.json": _get(
            "manifest",
            "A family's published images as data: the first page",
            [_FAMILY],
            _ok("The page.", _MANIFEST, "conditional", "tagged"),
            "206", "304", "400", "404", "405", "412", "414", "416", "429", "503",
        ),
        "/manifest/{family}/{start}.json": _get(
            "manifestPage",
            "The page that begins at a place; follow `next`",
            [_FAMILY, _text("start", "^(0|[1-9][0-9]{0,8})$", "The place of the page's first image.")],
            _ok("The page.", _MANIFEST, "conditional", "tagged"),
            "206", "304", "308", "400", "404", "405", "412", "414", "416", "429", "503",
        ),
        "/provenance/{id}": _get(
            "provenance",
            "Where an image comes from: the signed public record, in the clear beside its token",
            [_text("id", f"^{public.ID.pattern}$", "Public id; manifests and credentials name it.")],
            _ok("The record.", _RECORD, "conditional", "tagged"),
            *_READ,
        ),
        "/provenance/{id}.jws": _get(
            "provenanceToken",
            "The same record as a compact JWS (ES256) and nothing else",
            [_text("id", f"^{public.ID.pattern}$", "Public id; manifests and credentials name it.")],
            _ok("The token.", _body(TOKEN), "conditional", "tagged"),
            *_READ,
        ),
        public.KEYS_ADDRESS: _document("keys", "The keys that records are verified with (RFC 7517)", _KEYS),
        "/schemas/manifest.json": _document("manifestSchema", "The JSON Schema of a manifest", _SCHEMA),
        "/openapi.json": _document("openapi", "This description", _JSON),
        "/client/": _get("clientFiles", "The client's files by name", [], _ok("Names.", _JSON), "400", "405"),
        "/client/{file}": _get(
            "clientFile",
            "A file for browsers, immutable",
            [_text("file", r"^[a-z-]+\.[0-9a-f]{16}\.[a-z.]+$", "Name with its hash.")],
            _ok("The file.", _body("text/javascript", "text/css", "text/plain")),
            "400", "404", "405", "414",
        ),
        "/gallery/": _get("gallery", "The families", [], _PAGE, "304"),
        "/gallery/{family}": _get("galleryFamily", "A family's pictures", [_FAMILY], _PAGE, "304", "308"),
        "/gallery/{family}/{image}": _get(
            "galleryImage", "One picture and what may be said of it", [_FAMILY, _IMAGE], _PAGE, "304", "308"
        ),
        "/verify": _get("verifyPage", "A page that takes a file", [], _PAGE),
        "/notices/": _get("noticePage", "A page that takes a notice about a picture", [], _PAGE),
        "/notices/{id}/{token}": _get(
            "receipt",
            "What became of a notice, for who holds its receipt; never stored",
            [
                _text("id", "^[0-9a-f]{16}$", "The notice's number."),
                _text("token", "^[0-9a-f]{32}$", "Its key."),
            ],
            _ok("Where it stands.", _with_page(_JSON)),
            "400", "404", "405", "414", "429", "503",
        ),
        "/livez": _get("livez", "The process is alive", [], _ok("Alive.", _PLAIN), "400", "405"),
        "/readyz": _get("readyz", "Ready for requests; not through the edge", [], _READY, "400", "405"),
        "/metrics": _get(
            "metrics", "Numbers; not through the edge", [], _ok("Numbers.", _PLAIN), "400", "405"
        ),
    }  # fmt: skip


def _get(name: str, summary: str, parameters: list[Values], answers: Values, *others: str) -> Values:
    named = {code: {"$ref": f"#/components/responses/{_NAMES[code]}"} for code in others}
    return {"operationId": name, "summary": summary, "parameters": parameters, "responses": answers | named}


def _operations(path: str, get: Values) -> Values:
    posted = _posts().get(path)
    return {"get": get, "head": _head(get), **({"post": posted} if posted else {})}


def _posts() -> dict[str, Values]:
    """What may be handed in, by address."""
    file = {media_type: {"schema": _ANY} for media_type in MEDIA_TYPES.values()}
    form = {"type": "object", "required": ["file"], "properties": {"file": _ANY}}
    digest = {"type": "object", "required": ["sha256"], "properties": {"sha256": {"type": "string"}}}
    return {
        "/verify": _post(
            "verify",
            "Whose picture a file is: ours, made by a machine of somebody else, or unknown",
            {
                **file,
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": digest, "example": {"sha256": "0" * 64}},
            },
            _ok("The answer; never stored.", _with_page(_JSON)),
            "400", "405", "413", "415", "422", "429", "500", "503", "504",
        ),
        "/notices/": _post(
            "notice",
            "A notice that a picture should not be shown, or the appeal of one",
            {
                "application/json": {"schema": _notice("array"), "example": _NOTICE},
                "application/x-www-form-urlencoded": {"schema": _notice("string")},
                "multipart/form-data": {"schema": _notice("string", upload=_ANY)},
            },
            {
                "201": {"description": "Received; the receipt's address and token.", **_JSON},
                "303": {"description": "Received; a browser is led to its receipt."},
                "403": _refusal("A page of another site has sent it."),
            },
            "400", "404", "405", "413", "415", "422", "429", "500", "503", "504",
        ),
    }  # fmt: skip


def _post(name: str, summary: str, body: Values, answers: Values, *others: str) -> Values:
    sent = {"requestBody": {"required": True, "content": body}}
    return {**_get(name, summary, [], answers, *others), **sent}


def _notice(lists: str, **more: Values) -> Values:
    """What a notice may say; `lists` is how several addresses are given."""
    text: Values = {"type": "string"}
    many: Values = {"type": "array", "items": text} if lists == "array" else text
    ticked: Values = {"type": "boolean"} if lists == "array" else text
    said = {name: ticked if field.ticked else text for name, field in kinds.FIELDS.items()}
    kind = {"type": "string", "enum": [kind.value for kind in kinds.Kind]}
    pointing = {"kind": kind, "url": many, "hash": many, "appeal": text, "token": text}
    return {"type": "object", "properties": {**pointing, **said, **more}}


def _with_page(body: Values) -> Values:
    """The same for a browser that asks for HTML."""
    return {"content": {**body["content"], **_body("text/html")["content"]}}


def _head(get: Values) -> Values:
    """HEAD is GET without a body."""
    answers = {
        code: {key: value for key, value in answer.items() if key != "content"}
        for code, answer in get["responses"].items()
    }
    return {**get, "operationId": f"{get['operationId']}Head", "responses": answers}


def _document(name: str, summary: str, body: Values) -> Values:
    answers = ("206", "304", "400", "405", "412", "416")
    return _get(name, summary, [], _ok("The document.", body, "conditional"), *answers)


def _ok(description: str, body: Values, *headers: str) -> Values:
    names = [name for header in headers for name in _GROUPS.get(header, (header,))]
    said = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"200": {"description": description, "headers": said, **body}}


def _text(name: str, pattern: str, description: str) -> Values:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _header(name: str, example: str) -> Values:
    return {"name": name, "in": "header", "schema": {"type": "string"}, "example": example}


def _body(*media_types: str) -> Values:
    return {"content": {media_type: {"schema": {"type": "string"}} for media_type in media_types}}


def _with(body: Values, media_type: str) -> Values:
    return {"content": {**body["content"], media_type: {"schema": _ANY}}}


def _refusal(description: str, *headers: str) -> Values:
    said = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    body = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {"description": description, "headers": said, **body}


_IMAGE = _text("image", f"^{urls.IMAGE.pattern}$", "SHA-256 of the canonical image.")
_FAMILY = _text("family", SLUG, "The family's slug.")
_VERSION: Values = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "Security version: raised by a takedown, so that old addresses die.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
}
_JSON: Values = {"content": {"application/json": {"schema": {"type": "object"}}}}
_MANIFEST: Values = {"content": {"application/json": {"schema": {"$ref": "/schemas/manifest.json"}}}}
_SCHEMA: Values = {"content": {"application/schema+json": {"schema": {"type": "object"}}}}
_RECORD: Values = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Record"}}}}
_KEYS: Values = {"content": {"application/jwk-set+json": {"schema": {"type": "object"}}}}
_READ = ("206", "304", "400", "404", "405", "412", "414", "416", "429", "503")
_PLAIN = _body("text/plain")
_READY = {**_ok("Every check holds.", _JSON), "503": {"description": "A check failed; it is named.", **_JSON}}
_GROUPS = {
    "conditional": ("ETag", "Accept-Ranges"),
    "tagged": ("Cache-Control", "CDN-Cache-Control", "Surrogate-Key", "Cache-Tag"),
}
_HEADERS: Values = {
    name: {"description": says, "schema": {"type": "string"}}
    for name, says in {
        "ETag": "Strong: the SHA-256 of the bytes.",
        "Accept-Ranges": "One range of bytes at a time.",
        "Cache-Control": "What browsers may keep.",
        "CDN-Cache-Control": "What shared caches may keep (RFC 9213).",
        "Surrogate-Key": "Tags to purge by.",
        "Cache-Tag": "The same, by commas.",
        "Vary": "What chose the format.",
        "Content-Location": "The address of the chosen format.",
        "Content-Range": "Which part this is.",
        "Location": "The one spelling.",
        "Allow": "GET, HEAD, OPTIONS.",
        "Retry-After": "Seconds.",
    }.items()
}
_PROBLEM: Values = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string"},
    },
}
_DAY: Values = {"type": ["string", "null"], "format": "date"}
_RECORDED: Values = {
    "type": "object",
    "required": ["record", "jws", "jwks"],
    "properties": {
        "jws": {"type": "string", "description": "The record, signed: compact JWS, ES256. Only this counts."},
        "jwks": {"type": "string", "format": "uri-reference"},
        "record": {
            "type": "object",
            "required": ["record", "id", "image", "status", "digital_source_type", "ai_disclosure"],
            "properties": {
                "record": {"const": public.FORM},
                "id": {"type": "string", "pattern": f"^{public.ID.pattern}$"},
                "image": {"type": "string", "pattern": f"^{urls.IMAGE.pattern}$"},
                "status": {"enum": ["published", "superseded", "withdrawn"]},
                "published": _DAY,
                "made": _DAY,
                "recorded": _DAY,
                "signed": _DAY,
                "digital_source_type": {"type": "string", "format": "uri"},
                "model": {"type": ["object", "null"]},
                "licence": {"type": "object"},
                "human_reviewed": {"type": "boolean"},
                "adopted": {"type": "boolean"},
                "redacted": {"type": "boolean"},
                "ai_disclosure": {"type": "object"},
                "timestamp_authority": {"type": "boolean"},
                "commitment": {"type": "string", "description": "HMAC over the private record."},
            },
            "additionalProperties": False,
        },
    },
}
_NOTICE: Values = {
    "kind": "dsa", "url": ["/gallery/shoes/" + "0" * 64], "reason": "It shows me.", "good_faith": True,
}  # fmt: skip
_NAMES = {
    "206": "Part",
    "304": "NotModified",
    "308": "Moved",
    "400": "AddressRefused",
    "403": "SignatureRefused",
    "404": "NotServed",
    "405": "MethodRefused",
    "410": "Gone",
    "412": "PreconditionFailed",
    "413": "TooLarge",
    "414": "TooLong",
    "415": "Unsupported",
    "416": "NoSuchPart",
    "422": "Corrupt",
    "429": "Busy",
    "451": "GoneByLaw",
    "500": "Failed",
    "502": "StoreUnfaithful",
    "503": "Unavailable",
    "504": "TooSlow",
}
_RESPONSES: Values = {
    "Part": {
        "description": "One part.",
        "headers": {"Content-Range": {"$ref": "#/components/headers/Content-Range"}},
    },
    "NotModified": {"description": "What the client has is what there is."},
    "PreconditionFailed": _refusal("What there is is not what the client asked for."),
    "NoSuchPart": _refusal("Nothing of that range exists.", "Content-Range"),
    "Moved": _refusal("The address has one other spelling.", "Location"),
    "AddressRefused": _refusal("No address of ours: malformed, or off the closed lists."),
    "SignatureRefused": _refusal("Missing, bad, expired, or by a retired key; `reason` says which."),
    "NotServed": _refusal("Nothing public stands here."),
    "MethodRefused": _refusal("GET, HEAD and OPTIONS only.", "Allow"),
    "Gone": _refusal("The image was taken down."),
    "GoneByLaw": _refusal("A court or an authority ordered it."),
    "TooLong": _refusal("The address is too long."),
    "TooLarge": _refusal("The picture is too large to transform."),
    "Unsupported": _refusal("The picture's format is not supported."),
    "Corrupt": _refusal("The picture cannot be read."),
    "Busy": _refusal("Too much at once.", "Retry-After"),
    "Failed": _refusal("Transforming the picture failed."),
    "StoreUnfaithful": _refusal("The store does not hold what it should."),
    "Unavailable": _refusal("No news of takedowns, or no catalog: nothing is served.", "Retry-After"),
    "TooSlow": _refusal("Transforming the picture took too long."),
}
_PAGE: Values = _ok("The page.", _body("text/html")) | {
    code: {
        **_RESPONSES[_NAMES[code]],
        "content": _RESPONSES[_NAMES[code]]["content"] | _body("text/html")["content"],
    }
    for code in ("400", "404", "405", "410", "414", "451", "503")
}
