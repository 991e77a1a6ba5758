"""What the tests of whole lines share: the stages' bodies in a row, and a tiny pretrained encoder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stages.artifacts import Check, Verdict, write_verdict
from stages.params import Params

SYLLABLES = [
    f"{a}{b}" for a in ("al", "be", "co", "du", "er", "fi") for b in ("mo", "na", "pi", "ra", "su", "ti")
]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with its tokenizer, as a folder of transformers holds them."""
    from transformers import BertConfig, BertModel

    from stages.tokenize.vocabulary import learn

    folder = tmp_path_factory.mktemp("weights")
    texts = [f"The house of {word} is old. What is its roof made of?" for word in SYLLABLES]
    tokenizer = learn(texts, "wordpiece", 300, ["[SEP]"])
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), **sizes)).save_pretrained(folder)
    return folder


@pytest.fixture
def through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Params], None]:
    """Runs the stages' own bodies in the order of the line; validate is left to the tests of validate."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETORT_KEY_FILE", str(tmp_path.parent / f"{tmp_path.name}-keys" / "key"))
    return _through


def _through(chosen: Params) -> None:
    from stages.augment.__main__ import body as augment
    from stages.clean.__main__ import body as clean
    from stages.deploy.__main__ import body as deploy
    from stages.distill.__main__ import body as distill
    from stages.evaluate.__main__ import body as evaluate
    from stages.ingest.__main__ import body as ingest
    from stages.ingest.vault import open_or_make_vault
    from stages.tokenize.__main__ import body as tokenize
    from stages.train.__main__ import body as train

    open_or_make_vault(chosen.project.name, None)
    ingest(chosen)
    clean(chosen)
    write_verdict("validate", Verdict((Check("left out", 0, 0, True),)))
    for body in (augment, tokenize, train, evaluate, distill, deploy):
        body(chosen)
