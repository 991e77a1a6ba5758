"""An ONNX network that reads a text step by step, and the tokenizer of its prompts. Free of the masker."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from stages.artifacts import StageError
from stages.tasks.text_generation.ends import end_token


class Network:
    """An ONNX file with the inputs `ids` and a state, and the outputs `logits` and the state after them.

    Args:
        model: the file.
        state: of each tensor of the state its `name`, `kind` and `shape`; see `bundle.json`.

    Raises:
        StageError: the file cannot be loaded, or has other inputs.
    """

    def __init__(self, model: Path, state: Sequence[dict[str, Any]]) -> None:
        options = ort.SessionOptions()
        # one thread a request: several requests run side by side, and a spinning thread takes from them
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception:  # onnxruntime has no common base of its errors
            raise StageError(
                f"{model}: ONNX Runtime cannot load it; run `dvc repro distill deploy`"
            ) from None
        self.names = [str(one["name"]) for one in state]
        self.kinds = [str(one["kind"]) for one in state]
        self.shapes = [list(one["shape"]) for one in state]
        if {node.name for node in self.session.get_inputs()} != {"ids", *self.names}:
            raise StageError(f"{model}: its inputs must be ids and {', '.join(self.names)}")

    def reader(self) -> "Reader":
        """A reader that has read nothing."""
        return Reader(self)


class Reader:
    """The network with the state of what it has read; see `tasks.text_generation.writing.Reader`."""

    def __init__(self, network: Network) -> None:
        self._network = network
        sizes = {"batch": 1, "seen": 0}
        self._state = [
            np.zeros([sizes[size] if isinstance(size, str) else size for size in shape], dtype=kind)
            for shape, kind in zip(network.shapes, network.kinds, strict=True)
        ]

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Reads ids, int64 (batch, length), and gives logits of the next token, float32 (batch, vocabulary).

        The first call holds one row, which all rows of later calls go on from.
        """
        network = self._network
        for place, shape in enumerate(network.shapes):
            axis = shape.index("batch")
            if self._state[place].shape[axis] < len(ids):
                self._state[place] = np.repeat(self._state[place], len(ids), axis=axis)
        given = dict(zip(network.names, self._state, strict=True))
        asked = ["logits", *(f"next_{name}" for name in network.names)]
        logits, *self._state = network.session.run(asked, {"ids": ids, **given})
        return np.asarray(logits)[:, -1]


class Prompts:
    """Token ids of prompts, and the text of token ids.

    Raises:
        StageError: the tokenizer cannot be loaded, or has no token that ends a text.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
            self.end = end_token(self._tokenizer)
        except Exception:  # tokenizers raises bare exceptions
            raise StageError(f"{path}: not a tokenizer; run `dvc repro distill deploy`") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def ids(self, text: str) -> np.ndarray:
        """The start of a text and its tokens: int64 (tokens,), never none."""
        found = self._tokenizer.encode(text, add_special_tokens=False).ids
        return np.array([self.end, *found], dtype=np.int64)

    def text(self, ids: Sequence[int]) -> str:
        """The text of token ids, those of masked values too, without ends."""
        kept = [one for one in ids if one != self.end]
        return self._tokenizer.decode(kept, skip_special_tokens=False)
