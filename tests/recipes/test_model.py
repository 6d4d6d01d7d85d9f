"""The digest of a model folder: every loaded byte and name counts, documents do not."""

from pathlib import Path

import pytest

from wetplate.errors import ModelError
from wetplate.recipes.model import model_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "unet").mkdir()
    (tmp_path / "model_index.json").write_text("{}")
    (tmp_path / "unet" / "weights.safetensors").write_bytes(b"\1\2\3")
    return tmp_path


def test_is_the_same_for_ever(folder: Path) -> None:
    assert model_digest(folder) == "sha256:6a339643c5ebdb07425af690dafb1ce2b7d195514b9dbaf8816306d245471f7b"


def test_a_changed_byte_a_new_file_and_a_moved_file_change_it(folder: Path) -> None:
    first = model_digest(folder)
    (folder / "unet" / "weights.safetensors").write_bytes(b"\1\2\4")
    second = model_digest(folder)
    (folder / "unet" / "weights.safetensors").rename(folder / "weights.safetensors")
    third = model_digest(folder)
    (folder / "vae.json").write_text("")
    assert len({first, second, third, model_digest(folder)}) == 4


def test_a_model_card_and_hidden_files_do_not(folder: Path) -> None:
    first = model_digest(folder)
    (folder / "README.md").write_text("better words")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "lock").write_text("")
    assert model_digest(folder) == first


def test_a_missing_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        model_digest(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="is empty"):
        model_digest(tmp_path)
