"""The rules of the house that a machine can see; import directions are lint-imports' business."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wetplate.settings import ROOT

PACKAGES = ("wetplate", "pipelines", "assets", "resources")
DAGSTER_FOLDERS = ("pipelines", "assets", "resources")
HEAVY = {"torch", "diffusers", "transformers", "peft", "accelerate"}
# The torch implementations: never imported at module level by anything but each other.
TORCH_MODULES = re.compile(
    r"wetplate/(generation/(diffusion|pipeline)|moderation/transformers_classifier|rehydration/\w+)\.py"
)
DRAWERS = {"utils", "util", "helpers", "common", "base", "misc"}


def modules(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


ALL = modules(*PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_resolves_inside_this_checkout(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


@pytest.mark.parametrize("path", ALL, ids=names(ALL))
def test_a_module_opens_with_what_belongs_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "module docstring missing"


def test_no_drawers() -> None:
    assert not [path for path in ALL if path.stem in DRAWERS or path.parent.name in DRAWERS]


@pytest.mark.parametrize("path", ALL, ids=names(ALL))
def test_the_gpu_stack_is_imported_late(path: Path) -> None:
    if TORCH_MODULES.fullmatch(str(path.relative_to(ROOT))):
        return
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & HEAVY
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in HEAVY


@pytest.mark.parametrize("path", modules(*DAGSTER_FOLDERS), ids=names(modules(*DAGSTER_FOLDERS)))
def test_annotations_in_the_dagster_folders_are_real(path: Path) -> None:
    text = path.read_text()
    assert "from __future__ import annotations" not in text, "Dagster reads annotations at run time"
    assert "TYPE_CHECKING" not in text


def bodies(path: Path) -> list[tuple[str, int]]:
    """(name, statement lines without docstring) of each function that Dagster runs as an asset or op."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and any("dg." in ast.unparse(d) for d in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                found.append((node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1))
    return found


def test_asset_bodies_only_name_things() -> None:
    long = {
        f"{path.stem}.{name}": lines
        for path in modules("assets")
        for name, lines in bodies(path)
        if lines > 15
    }
    assert not long, "an asset body has at most 15 lines: move the work into its stage"


def test_one_writer_per_table() -> None:
    """A table's row class is constructed or updated by its own stage only."""
    owners = {}
    for path in (ROOT / "wetplate").rglob("tables.py"):
        for row in re.findall(r"^class (\w+Row)\(", path.read_text(), re.MULTILINE):
            owners[row] = path.parent.name
    writers = re.compile(r"(?:insert|update|delete)\((\w+Row)\)|(\w+Row)(?:\.append)?\((?!Chained|Base)")
    strangers = [
        f"{path.relative_to(ROOT)} writes {row}"
        for path in modules("wetplate", "assets", "pipelines")
        for match in writers.finditer(path.read_text())
        if (row := match[1] or match[2]) in owners and owners[row] not in path.parts
    ]
    assert not strangers


def test_the_code_location_loads_fast_and_without_torch() -> None:
    code = (
        "import sys, time; began = time.process_time();"
        "from pipelines.definitions import definitions; import dagster as dg;"
        "dg.Definitions.validate_loadable(definitions());"
        "heavy = sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules));"
        "print(time.process_time() - began, heavy)"
    )
    line = [sys.executable, "-c", code]
    out = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    seconds, heavy = out.split(" ", 1)
    assert heavy.strip() == "[]"
    assert float(seconds) < 3.0


def test_the_readme_names_calls_that_exist() -> None:
    rows = re.findall(
        r"^\| \d \| \w+ \| `(\w+)` \| `([\w.]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert len(rows) >= 7
    for call, module in rows:
        assert hasattr(importlib.import_module(module), call), f"{module}.{call}"


def test_no_warning_is_silenced_but_the_named_ones() -> None:
    configured = (ROOT / "pyproject.toml").read_text().split("filterwarnings = [")[1].split("]")[0]
    assert '"error"' in configured
