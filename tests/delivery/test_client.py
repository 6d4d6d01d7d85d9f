"""What shops run, in Node without a browser: the grammar agrees with ours, each file stands alone."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.delivery.stock import picture, stock
from tests.imaging.test_measures import thumbhash_pixels
from wetplate.delivery import manifest, urls
from wetplate.delivery.client.files import OFFERED, BrowserFile, BrowserFiles, read
from wetplate.delivery.client.routes import routes
from wetplate.delivery.urls import Auto
from wetplate.derivatives.transform import FOCI, RATIOS, WIDTHS, Shape
from wetplate.errors import NotServed
from wetplate.imaging.placeholder import thumbhash
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

NODE = shutil.which("node")
IMAGE = "0123456789abcdef" * 4
SERVICE = """
import loader, * as loading from "./wetplate-loader.mjs";
import * as picture from "./wetplate-picture.mjs";
import { pixels } from "./placeholder.mjs";
import { createInterface } from "node:readline";
const calls = { loader, ...loading, ...picture, at: (base, props) => loading.loaderAt(base)(props),
  pixels: (hash) => { const { width, height, rgba } = pixels(hash); return [width, height, [...rgba]]; },
  exported: () => [Object.keys(loading), Object.keys(picture)] };
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...said] = JSON.parse(line);
  let answer;
  try { answer = { value: typeof calls[name] === "function" ? calls[name](...said) : calls[name] }; }
  catch (error) { answer = { error: `${error.name}: ${error.message}` }; }
  console.log(JSON.stringify(answer));
}
"""


class Node:
    """The files as a shop has them, in one Node process that answers calls."""

    def __init__(self, folder: Path) -> None:
        for file in read():
            (folder / file.name.replace(".js", ".mjs")).write_bytes(file.body)
        source = Path(manifest.__file__).parent / "client" / "placeholder.js"
        (folder / "placeholder.mjs").write_bytes(source.read_bytes())
        (folder / "service.mjs").write_text(SERVICE)
        line = [NODE or "node", str(folder / "service.mjs")]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, name: str, *said: Any) -> Any:
        answer = self.ask(name, *said)
        assert "error" not in answer, answer
        return answer.get("value")

    def ask(self, name: str, *said: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([name, *said]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    if NODE is None:
        pytest.skip("no Node on this machine (apt-get install nodejs)")
    running = Node(tmp_path_factory.mktemp("shop"))
    yield running
    running.close()


# the grammar


def test_the_widths_are_those_of_the_transforms(node: Node) -> None:
    assert tuple(node("WIDTHS")) == WIDTHS


FITS = st.one_of(
    st.just(""),
    st.sampled_from(RATIOS).map(lambda pair: f"pad{pair[0]}x{pair[1]}"),
    st.tuples(st.sampled_from(RATIOS), st.sampled_from(FOCI), st.sampled_from(FOCI)).map(
        lambda said: (
            f"crop{said[0][0]}x{said[0][1]}" + (f"_fp{said[1]}x{said[2]}" if said[1:] != (50, 50) else "")
        )
    ),
)


@given(st.integers(1, 5_000), st.one_of(st.none(), st.integers(1, 100)), st.integers(1, 10**9 - 1), FITS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_shop_asks_for_is_an_address(
    node: Node, width: int, quality: int | None, version: int, fit: str
) -> None:
    src = node("sourceOf", {"id": IMAGE, "version": version}, fit)
    asked = {"src": src, "width": width, **({} if quality is None else {"quality": quality})}
    address = urls.parse(node("loader", asked))
    assert isinstance(address, Auto)
    assert (address.image, address.version) == (IMAGE, version)
    assert address.shape.width == next((wide for wide in WIDTHS if wide >= width), WIDTHS[-1])
    named = (
        "standard" if quality is None else "low" if quality < 60 else "high" if quality > 85 else "standard"
    )
    assert address.shape.quality == named
    assert address.shape == Shape(
        address.shape.width, fit=address.shape.fit, ratio=address.shape.ratio, focus=address.shape.focus,
        quality=named,
    )  # fmt: skip


def test_the_loader_by_example(node: Node) -> None:
    for src, width, quality, path in (
        (IMAGE, 640, None, f"/auto/{IMAGE}/v1/w640"),
        (f"{IMAGE}/v3", 641, 75, f"/auto/{IMAGE}/v3/w768"),
        (f"{IMAGE}/v3/crop4x5_fp35x50", 9_999, 90, f"/auto/{IMAGE}/v3/w2048_crop4x5_fp35x50_qhigh"),
        (f"{IMAGE}/v3/pad1x1", 1, 10, f"/auto/{IMAGE}/v3/w64_pad1x1_qlow"),
    ):
        assert node("at", "https://images.example/", {"src": src, "width": width, "quality": quality}) == (
            f"https://images.example{path}"
        )


@pytest.mark.parametrize(
    "src",
    ["", "/shoe.png", "https://evil.example/a.png", IMAGE[:-1], IMAGE.upper(), f"{IMAGE}/v0", f"{IMAGE}/../x",
     f"{IMAGE}/v1/w640", f"{IMAGE}/v1?x=1"],
)  # fmt: skip
def test_what_is_no_image_is_refused_by_name(node: Node, src: str) -> None:
    said = node.ask("loader", {"src": src, "width": 640})["error"]
    assert said.startswith("TypeError: ")
    assert "64 hex digits" in said


# the <picture> helper, as far as it is pure


def test_srcset_is_what_the_manifest_says(node: Node, database: Engine) -> None:
    with transaction(database) as session:
        stock(session, MemoryObjects(), "boots", {"lace": ["white"]})
        entry = manifest.page(session, "boots")["images"][0]
    for source in entry["sources"]:
        format = source["type"].removeprefix("image/")
        assert node("srcset", entry, format) == source["srcset"]
        based = node("srcset", entry, format, "https://images.example")
        assert based.count("https://images.example/images/") == source["srcset"].count("/images/")
        for candidate in based.split(", "):
            urls.parse(candidate.split(" ")[0].removeprefix("https://images.example"))
    assert node("srcset", entry, "png") == ""
    assert node("onDemand", entry, 500, {"quality": 90}) == f"/auto/{entry['id']}/v1/w512_qhigh"


@pytest.mark.parametrize("shape", [(64, 64), (40, 64), (64, 24)])
def test_the_placeholder_is_decoded_as_it_was_meant(node: Node, shape: tuple[int, int]) -> None:
    pixels = np.ascontiguousarray(picture(64)[: shape[0], : shape[1]])
    hashed = thumbhash(pixels)
    width, height, rgba = node("pixels", hashed)
    expected = thumbhash_pixels(base64.b64decode(hashed))
    assert expected.shape[:2] == (height, width)
    got = np.array(rgba).reshape(height, width, 4)
    assert np.abs(got - expected * 255).max() <= 1


# the files


def test_a_file_stands_alone_and_says_what_it_exports(node: Node) -> None:
    files = {file.name: file.body.decode() for file in read()}
    assert set(files) == set(OFFERED)
    assert not [name for name, text in files.items() if re.search(r"^\s*import .*from", text, re.MULTILINE)]
    for name, exported in zip(("wetplate-loader", "wetplate-picture"), node("exported"), strict=True):
        declared = re.findall(
            r"^export declare (?:const|function) (\w+)", files[f"{name}.d.ts"], re.MULTILINE
        )
        if "export default" in files[f"{name}.d.ts"]:
            declared.append("default")
        assert sorted(declared) == sorted(exported)


def test_another_byte_is_another_name() -> None:
    one, other = BrowserFile("a.d.ts", b"one"), BrowserFile("a.d.ts", b"other")
    assert re.fullmatch(r"a\.[0-9a-f]{16}\.d\.ts", one.served)
    assert one.served != other.served
    with pytest.raises(NotServed):
        BrowserFiles([one]).served(other.served)


def test_files_are_immutable_and_open_to_every_page() -> None:
    with TestClient(Starlette(routes=routes(read()))) as client:
        names = client.get("/client/").json()
        assert set(names) == set(OFFERED)
        for told in names.values():
            answer = client.get(told["url"])
            assert answer.status_code == 200
            assert len(answer.content) == told["bytes"]
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" not in client.get("/client/").headers["cache-control"]
        for gone in ("wetplate-loader.js", "wetplate-loader.0000000000000000.js"):
            answer = client.get(f"/client/{gone}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["cache-control"] == "no-store"
