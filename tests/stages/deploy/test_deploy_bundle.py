"""What a bundle holds, and what is refused by name."""

import json
import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from stages.artifacts import StageError
from stages.deploy.bundle import build
from stages.deploy.manifest import seal, verify
from stages.deploy.model import open_bundle
from stages.params.clean import Clean, Masking
from stages.params.project import Project


def test_equal_inputs_give_equal_bytes(built: Path, another):
    again = another(1.0)
    files = {path.name: path.read_bytes() for path in built.iterdir()}
    assert files == {path.name: path.read_bytes() for path in again.iterdir()}
    cards = {"README.md", "DATA.md", "dependencies.cdx.json"}
    assert set(files) - cards == {
        "bundle.json",
        "examples.json",
        "manifest.json",
        "model.onnx",
        "tokenizer.json",
    }
    assert cards < set(files)
    assert not any(str(again.parent).encode() in content for content in files.values()), (
        "no path of the machine"
    )


def test_how_fast_the_machine_was_is_no_part_of_a_version(built: Path, another):
    assert verify(another(1.0, speedup=5.0)) == verify(built)
    found = json.loads((built / "bundle.json").read_text())
    assert found["metrics"]["distill"] == {"student": {"size_mb": 1}}
    assert found["verdicts"]["distill"] == [{"limit": 2.0, "name": "speedup", "passed": True, "value": None}]


def test_the_params_it_records_name_no_folder_of_this_machine(student: Path, tmp_path: Path):
    (tmp_path / "bundle").mkdir()
    params = {
        "train": {"weights": "/home/somebody/weights", "files": ["/a/b.csv", "data/c.csv"], "epochs": 3}
    }
    clean = Clean(masking=Masking(tagger="none", processes=1))
    build(tmp_path / "bundle", student, [[8, 3]], Project(name="tiny"), clean, {}, {}, params=params)
    found = json.loads((tmp_path / "bundle/bundle.json").read_text())["params"]
    assert found == {"train": {"weights": "weights", "files": ["b.csv", "data/c.csv"], "epochs": 3}}


def test_a_bundle_says_what_a_reader_needs(built: Path):
    found = json.loads((built / "bundle.json").read_text())
    assert found["expects"] == "masked"
    assert found["labels"] == ["negative", "positive"]
    assert found["input"]["required"] == ["text"]
    assert found["prepare"]["masking"]["phone_regions"] == ["US", "GB", "CN"]
    assert found["verdicts"]["evaluate"] == [{"limit": 0.5, "name": "score", "passed": True, "value": 0.9}]
    assert found["packages"]["onnxruntime"]


def test_recorded_texts_are_masked_and_their_answers_can_be_repeated(built: Path):
    recorded = json.loads((built / "examples.json").read_text())
    *alone, together = recorded["exchanges"]
    texts = [one["body"]["text"] for one in alone]
    assert texts[2] == "a poor day fine [EMAIL]"
    answers = [answer.value for answer in open_bundle(built).predict(texts)]
    assert together["body"] == {"texts": texts}
    assert together["answer"] == {"answers": answers}
    assert alone[0]["answer"]["answers"][0]["label"] == "positive"


def record(folder: Path, student: Path, words: list[str]) -> str:
    """The text recorded for an example that `words` spell, each of them a token."""
    own = shutil.copytree(student, folder / "student")
    tokenizer = Tokenizer.from_file(str(own / "tokenizer.json"))
    names = json.loads(tokenizer.to_str())["model"]["vocab"]
    model = models.WordLevel({**names, **{word: 11 + place for place, word in enumerate(words)}}, "[UNK]")
    tokenizer.model = model
    tokenizer.save(str(own / "tokenizer.json"))
    (folder / "bundle").mkdir()
    clean = Clean(masking=Masking(tagger="none", processes=1))
    # the tiny network has no vectors for the new words, so they must not reach it
    rows = [[tokenizer.token_to_id(word) for word in words]]
    build(folder / "bundle", own, rows, Project(), clean, {}, {})
    return json.loads((folder / "bundle" / "examples.json").read_text())["exchanges"][0]["body"]["text"]


def test_a_personal_value_that_tokens_spell_out_is_masked_before_it_is_recorded(
    tmp_path: Path, student: Path
):
    assert record(tmp_path, student, ["jo@example.org"]) == "[EMAIL]"


def test_a_type_token_that_wordpieces_spell_is_written_as_one(tmp_path: Path, student: Path):
    assert record(tmp_path, student, ["[ email ]"]) == "[EMAIL]"


@pytest.mark.parametrize(
    ("spelt", "written"),
    [
        ("[ email _ 7f3a2c91 ]", "[EMAIL_7f3a2c91]"),
        ("[ birth _ date ]", "[BIRTH_DATE]"),
        ("[ shoe ]", "[ shoe ]"),
    ],
)
def test_pseudonyms_that_wordpieces_spell_are_too_and_nothing_else(
    tmp_path: Path, student: Path, spelt: str, written: str
):
    assert record(tmp_path, student, [spelt]) == written


def flip(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


def newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (flip, "model.onnx is not as it was built"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda folder: (folder / "added.bin").write_bytes(b"x"), "added.bin is not in the manifest"),
        (newer, "format 99"),
        (lambda folder: (folder / "manifest.json").unlink(), "no manifest.json"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json: damaged"),
        (
            lambda folder: (folder / "manifest.json").write_text('{"format": 1, "files": 3}'),
            "manifest.json: damaged",
        ),
    ],
    ids=["flipped bit", "missing", "extra", "newer", "no manifest", "list", "no files"],
)
def test_a_damaged_bundle_is_refused_by_name(bundle: Path, damage, named: str):
    damage(bundle)
    with pytest.raises(StageError, match=named):
        open_bundle(bundle)


def test_a_sealed_bundle_that_lacks_a_part_is_refused_in_one_line(bundle: Path):
    description = json.loads((bundle / "bundle.json").read_text())
    del description["pad_id"]
    (bundle / "bundle.json").write_text(json.dumps(description))
    assert seal(bundle) == verify(bundle)
    with pytest.raises(StageError, match=r"bundle\.json: incomplete"):
        open_bundle(bundle)
    (bundle / "model.onnx").write_bytes(b"no model")
    seal(bundle)
    with pytest.raises(StageError):
        open_bundle(bundle)


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json", "student.json"])
def test_an_incomplete_student_is_named(tmp_path: Path, student: Path, missing: str):
    own = shutil.copytree(student, tmp_path / "student")
    (own / missing).unlink()
    (tmp_path / "bundle").mkdir()
    with pytest.raises(StageError, match=missing.replace(".", r"\.")):
        build(tmp_path / "bundle", own, [], Project(), Clean(), {}, {})
