"""Keys in a path reach neither a trace nor a log."""

import logging
import logging.config

import pytest

from wetplate.cli.serve import server
from wetplate.delivery.tracing.paths import plain

KEY = "k1.1900000000.c2VjcmV0"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (f"/signed/{KEY}/abc/v1/w_300", "/signed/-/abc/v1/w_300"),
        (f"/signed/{KEY}", "/signed/-"),
        (f"//Signed//{KEY}/abc", "//Signed//-/abc"),
        ("/notices/0123456789abcdef/5ec2e7", "/notices/0123456789abcdef/-"),
        ("/notices/0123456789abcdef/5ec2e7?x=1", "/notices/0123456789abcdef/-?x=1"),
        ("/notices/", "/notices/"),
        ("/images/abc/def-300.avif", "/images/abc/def-300.avif"),
    ],
)
def test_a_dash_stands_where_a_key_stood(path: str, kept: str) -> None:
    assert plain(path) == kept


def test_the_access_log_as_it_is_configured(capsys: pytest.CaptureFixture[str]) -> None:
    access = logging.getLogger("uvicorn.access")
    before = access.handlers[:], access.propagate, access.level
    logging.config.dictConfig(server()["log_config"])
    try:
        access.info(
            '%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/notices/0123456789abcdef/5ec2e7", "1.1", 200
        )
        for handler in access.handlers:
            handler.flush()
    finally:
        access.handlers[:], access.propagate, access.level = before
    said = capsys.readouterr().out
    assert '"GET /notices/0123456789abcdef/- HTTP/1.1" 200' in said
    assert "5ec2e7" not in said
