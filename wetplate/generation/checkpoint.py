"""Checkpoints on disk: what a model folder must be before anything in it is loaded.

Here: the checks and the digests, without torch. Not here: fetching and loading (`pipeline`).

Rules:
1. A local folder must hold exactly the bytes its recipe pins (`sha256:` tree digest); a hub id needs a
   commit.
2. Weights are safetensors; a component that has only pickled weights is refused.
3. A folder that brings code is refused: no remote code, no custom pipeline.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from wetplate.errors import ModelError
from wetplate.recipes.model import model_digest

COMMIT = re.compile(r"[0-9a-f]{40}\Z")
LOCAL = re.compile(r"sha256:[0-9a-f]{64}\Z")
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}


def is_local(name: str, revision: str) -> bool:
    """Whether the revision pins a local folder, and not a hub commit. Raises ModelError for neither."""
    if LOCAL.match(revision):
        return True
    if COMMIT.match(revision):
        return False
    raise ModelError(
        f"{name}: revision {revision!r} pins nothing; expected sha256:<64 hex> for a local folder "
        "or a 40-digit commit for a hub id"
    )


def pinned(folder: Path, revision: str) -> Path:
    """The folder, if its bytes are the ones the revision names. Raises ModelError."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; train or fetch it, or mend the family's model id")
    found = model_digest(folder)
    if found != revision:
        raise ModelError(
            f"{folder}: holds {found[:19]}..., the recipe pins {revision[:19]}...; "
            "restore the model, or pin the new digest in the family file (its recipes get new ids)"
        )
    return folder


def pipeline_index(folder: Path) -> Mapping[str, object]:
    """What model_index.json says of a pipeline folder that is safe to load. Raises ModelError."""
    index = _json(folder / "model_index.json")
    if "_class_name" not in index:
        raise ModelError(f"{folder}/model_index.json: names no pipeline (_class_name)")
    refuse_code(folder)
    for name in index:
        refuse_pickle(folder / name)
    return index


def refuse_code(folder: Path) -> None:
    """Raises ModelError if the folder brings Python code."""
    code = next(folder.rglob("*.py"), None)
    if code is not None:
        raise ModelError(f"{code}: the model brings its own code; only stock pipelines are loaded")


def refuse_pickle(folder: Path) -> None:
    """Raises ModelError if a component folder holds weights, none of them as safetensors."""
    suffixes = {file.suffix for file in folder.iterdir()} if folder.is_dir() else set()
    if suffixes & PICKLED and ".safetensors" not in suffixes:
        raise ModelError(
            f"{folder}: only pickled weights; convert them to safetensors, pickles are never loaded"
        )


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder, by relative name; hidden files and folders are left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder): path for path in files}
    return {
        name.as_posix(): _sha256(path)
        for name, path in names.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _json(file: Path) -> Mapping[str, object]:
    if not file.is_file():
        raise ModelError(
            f"{file}: missing; expected a diffusers pipeline folder (save_pretrained writes one)"
        )
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise ModelError(f"{file}: expected an object of components")
    return body
