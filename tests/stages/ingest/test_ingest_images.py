"""Images as sources: folders per class, tables of paths, arrays; bad files named and never quoted."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from stages import tasks
from stages.artifacts import RAW, StageError, new_folder
from stages.ingest.fingerprint import fingerprint
from stages.ingest.raw import read_raw
from stages.ingest.run import run
from stages.ingest.vault import Vault
from stages.params.ingest import Columns, Image, Ingest
from stages.tasks.pictures import unpacked

IMAGE = Image(size=8, channels=1)


def rows(settings: Ingest, vault: Vault) -> list[tuple[int, str]]:
    """Of each row the first pixel and the label."""
    with new_folder(RAW) as folder:
        run(settings, 7, vault, folder, tasks.get("image-classification"))
    found = [(int(unpacked(one.text)[0, 0, 0]), one.label) for one in read_raw(RAW, vault)]
    return sorted(found)


def draw(path: Path, shade: int, size: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Picture.new("L", (size, size), shade).save(path)


@pytest.fixture
def folders(workspace: Path) -> Path:
    draw(workspace / "set/cat/1.png", 10)
    draw(workspace / "set/cat/2.png", 20, size=31)
    draw(workspace / "set/dog/1.png", 200)
    return workspace / "set"


def test_folders_name_the_classes(folders: Path, vault: Vault):
    assert rows(Ingest(source="set", image=IMAGE), vault) == [(10, "cat"), (20, "cat"), (200, "dog")]


def test_a_table_names_paths_and_a_changed_image_changes_the_fingerprint(folders: Path, vault: Vault):
    Path("table.csv").write_text("path,kind\nset/cat/1.png,a\nset/dog/1.png,b\n")
    settings = Ingest(source="table.csv", image=IMAGE, columns=Columns(text="path", label="kind"))
    assert rows(settings, vault) == [(10, "a"), (200, "b")]
    before = fingerprint(settings, vault)
    draw(folders / "dog/1.png", 90)
    assert fingerprint(settings, vault) != before


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_arrays_of_bytes_and_of_shares(scale: float, workspace: Path, vault: Vault):
    values = np.stack([np.full((8, 8), shade) for shade in (30, 255)]) * scale
    np.savez("a.npz", x=values.astype(np.uint8 if scale == 1 else np.float32), y=np.array([3, 7]))
    settings = Ingest(source="a.npz", image=IMAGE, columns=Columns(text="x", label="y"))
    assert rows(settings, vault) == [(30, "3"), (255, "7")]


def test_a_pickle_is_no_array(workspace: Path, vault: Vault):
    np.savez("a.npz", x=np.array([{"a": 1}, None], dtype=object), y=np.array([3, 7]))
    settings = Ingest(source="a.npz", image=IMAGE, columns=Columns(text="x", label="y"))
    with pytest.raises(StageError, match="objects"):
        rows(settings, vault)


def test_bad_files_are_named_and_can_go_to_quarantine(folders: Path, vault: Vault):
    (folders / "dog/bad.png").write_bytes(b"my secret diary")
    with pytest.raises(StageError, match=r"dog/bad\.png.*no PNG or JPEG") as error:
        rows(Ingest(source="set", image=IMAGE), vault)
    assert "diary" not in str(error.value)
    assert len(rows(Ingest(source="set", image=IMAGE, on_bad_rows="quarantine"), vault)) == 3


def test_an_image_too_large_to_open_is_a_bad_row(folders: Path, vault: Vault):
    with pytest.raises(StageError, match=r"cat/2\.png.*more than 100 pixels"):
        rows(Ingest(source="set", image=Image(size=8, max_pixels=100)), vault)
