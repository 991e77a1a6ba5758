"""From torch to ONNX, and back to numbers, for networks that write text step by step.

The file reads `ids`, int64 (batch, length), and the state after what was read before; it gives `logits`,
float32 (batch, length, vocabulary), and the new state, under the names of the state with `next_` before them.
"""

import logging
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from stages.artifacts import StageError
from stages.distill.export import OPSET, ROUTES, Exported, exportable, strip
from stages.distill.measure import session
from stages.tokenize.arrays import TokenSplit
from stages.train.networks.causal import Carried, Writer, blank

_LOG = logging.getLogger(__name__)
_BUDGET = 15.0

Steps = Sequence[np.ndarray]
"""Token ids of one text, each int64 (1, length), read one after another"""


class _Stepping(nn.Module):
    """The network with `step` as what it does when it is called."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        return cast(Writer, self.network).step(ids, *state)


class OnnxReader:
    """An ONNX file with the state of what it has read; one text at a time."""

    def __init__(self, path: Path, carried: Sequence[Carried]) -> None:
        self._session = session(path)
        self._carried = carried
        self._state: list[np.ndarray] = []
        self.forget()

    def forget(self) -> None:
        """Begins anew."""
        self._state = [one.numpy() for one in blank(self._carried, 1)]

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Logits after each of `ids`, int64 (1, length): float32 (length, vocabulary)."""
        names = [one.name for one in self._carried]
        given = dict(zip(names, self._state, strict=True))
        logits, *self._state = self._session.run(
            ["logits", *(f"next_{name}" for name in names)], {"ids": ids, **given}
        )
        return np.asarray(logits)[0]


def export_steps(network: nn.Module, path: Path, samples: Sequence[Steps], tolerance: float) -> Exported:
    """Writes `network` to `path` by the first route whose logits agree with torch's on all samples.

    Raises:
        StageError: no route can write the network.
    """
    network = exportable(network)
    found: list[tuple[Exported, bytes]] = []
    for route in ROUTES:
        try:
            _write(network, path, route)
            written = Exported(path, route, _parity(network, path, samples))
        except Exception as error:  # exporters fail in many ways; the other one is tried
            _LOG.debug("route %s failed: %s", route, type(error).__name__)
            continue
        found.append((written, path.read_bytes()))
        if written.parity <= tolerance:
            break
    if not found:
        path.unlink(missing_ok=True)
        raise StageError(f"{path.name}: no exporter of torch can write this network as ONNX; choose another")
    best, content = min(found, key=lambda pair: pair[0].parity)
    path.write_bytes(content)
    return best


def _write(network: nn.Module, path: Path, route: str) -> None:
    carried = cast(Writer, network).carried()
    ids = torch.ones(2, 3, dtype=torch.int64)
    # read once before, so that nothing in the example is empty
    with torch.no_grad():
        _, *state = cast(Writer, network).step(ids, *blank(carried, 2))
    names = [one.name for one in carried]
    outputs = ["logits", *(f"next_{name}" for name in names)]
    free = {one.name: _free(one) for one in carried}
    grown = {
        name: {axis: size.replace("seen", "read") for axis, size in free[name].items()} for name in names
    }
    axes = {0: "batch", 1: "length"}
    named = {"ids": axes, "logits": axes, **free, **{f"next_{name}": grown[name] for name in names}}
    options: dict[str, Any] = {"dynamic_axes": named}
    if ROUTES[route]:
        dynamic = torch.export.Dim.DYNAMIC
        shapes = tuple(dict.fromkeys(free[name], dynamic) for name in names)
        options = {"dynamic_shapes": ({0: dynamic, 1: dynamic}, shapes), "verbose": False}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # deprecations and tracer notes; parity is measured instead
        torch.onnx.export(
            _Stepping(network).eval(),
            (ids, *state),
            str(path),
            input_names=["ids", *names],
            output_names=outputs,
            opset_version=OPSET,
            dynamo=ROUTES[route],
            external_data=False,
            **options,
        )
    model = onnx.load(path)
    strip(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _free(one: Carried) -> dict[int, str]:
    return {axis: size for axis, size in enumerate(one.shape) if isinstance(size, str)}


def _parity(network: nn.Module, path: Path, samples: Sequence[Steps]) -> float:
    reader = OnnxReader(path, cast(Writer, network).carried())
    worst = 0.0
    with torch.no_grad():
        for steps in samples:
            whole = torch.from_numpy(np.concatenate(steps, axis=1))
            wanted = network(whole, torch.ones_like(whole))[0].numpy()
            reader.forget()
            got = np.concatenate([reader.read(ids) for ids in steps])
            worst = max(worst, float(np.abs(wanted - got).max()))
    return worst


def steps_of(row: np.ndarray) -> Steps:
    """A row as it is read in serving: a prompt of half of it, and then token by token."""
    ids = np.asarray(row, dtype=np.int64)[None, :]
    half = max(1, ids.shape[1] // 2)
    return [ids[:, :half], *(ids[:, place : place + 1] for place in range(half, ids.shape[1]))]


def losses(path: Path, carried: Sequence[Carried], split: TokenSplit) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each token in nats, and the likeliest next one, each of shape (tokens,). Row by row."""
    reader = OnnxReader(path, carried)
    found, likeliest = np.zeros(len(split.ids)), np.zeros(len(split.ids), dtype=np.int64)
    for row in range(len(split)):
        first, last = split.offsets[row], split.offsets[row + 1]
        reader.forget()
        logits = reader.read(np.asarray(split.row(row), dtype=np.int64)[None, :]).astype(np.float64)
        highest = logits.max(axis=1)
        total = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
        found[first:last] = total - logits[np.arange(len(logits)), split.labels[first:last]]
        likeliest[first:last] = logits.argmax(axis=1)
    return found, likeliest


def pace(readers: dict[str, OnnxReader], samples: Sequence[Steps]) -> dict[str, float]:
    """Median milliseconds of processor time that writing one token takes, for each file, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in readers}
    begun = time.perf_counter()
    for steps in samples:
        for name, reader in readers.items():
            reader.forget()
            reader.read(steps[0])
            for ids in steps[1:]:
                start = time.thread_time()
                reader.read(ids)
                taken[name].append(time.thread_time() - start)
        if time.perf_counter() - begun > _BUDGET:
            break
    return {name: float(np.median(times or [0.0])) * 1000 for name, times in taken.items()}
