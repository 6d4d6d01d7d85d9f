"""What the service offers, as an OpenAPI 3.1 description.

Here: the description, written as data. Not here: the routes.
"""

import json
from typing import Any


def document() -> dict[str, Any]:
    """The description."""
    return {"openapi": "3.1.0", "info": {"title": "Wetplate origin", "version": "1"}, "paths": {}}


def written() -> bytes:
    """As JSON."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()
