"""Beginning with what another run has learned: `train.start_from`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from stages.artifacts import TEACHER, StageError
from stages.train.networks.ensemble import members_of

_KEY = "train.start_from"
_HEAD = "head."
_MEMBERS = "members."


@dataclass(frozen=True)
class Started:
    """How much of the network begins with weights of another."""

    taken: int
    """tensors"""
    tensors: int
    """tensors of the network, its head aside"""
    tokens: float
    """share of the vocabulary that the other knew too"""

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        return {"tensors": self.taken, "of": self.tensors, "tokens": round(self.tokens, 6)}


def start(network: nn.Module, source: str, tokenizer: Path) -> Started:
    """Gives the network the weights of another run's teacher that fit by name and shape, the head's aside.

    A token keeps its vector also where the two vocabularies number it differently. Member `i` of an ensemble
    begins with member `i` of another, or with the one network there is.

    Args:
        source: `train.start_from`: a folder with a teacher, or a git revision, whose `models/teacher` counts.
        tokenizer: the file of the tokenizer that encoded the rows of this run.

    Raises:
        StageError: there is no such teacher, or nothing of it fits.
    """
    with _folder(source) as folder:
        weights = _weights(folder, source)
        numbers = _same_tokens(folder / "tokenizer.json", tokenizer, source)
    others = _members(weights)
    taken = tensors = 0
    for place, member in enumerate(members_of(network)):
        own = {name: one for name, one in member.state_dict().items() if not name.startswith(_HEAD)}
        fitting = _fitting(member, own, others[place % len(others)], numbers)
        member.load_state_dict(fitting, strict=False)
        taken, tensors = taken + len(fitting), tensors + len(own)
    if not taken:
        raise StageError(
            f"{_KEY}: {source}: none of its weights has the name and shape of one of this network; give a "
            "teacher of the same train.architecture and train.network"
        )
    return Started(taken, tensors, 1.0 if numbers is None else len(numbers[0]) / max(1, numbers[2]))


Numbers = tuple[Tensor, Tensor, int]
"""The numbers of the tokens that both vocabularies hold, in the other's and in the own; the own's size."""


def _fitting(
    network: nn.Module, own: dict[str, Tensor], other: dict[str, Tensor], numbers: Numbers | None
) -> dict[str, Tensor]:
    shapes = {name: one.shape for name, one in other.items()}
    same = {name: other[name] for name, one in own.items() if shapes.get(name) == one.shape}
    if numbers is None:
        return same
    # by numbers of tokens: the first table itself, any other table by hashes of them
    tables = [name for name, part in network.named_modules() if isinstance(part, nn.Embedding)]
    hashed = {f"{name}.weight" for name in tables if name.endswith("grams")}
    fitting = {name: one for name, one in same.items() if name not in hashed}
    first = f"{tables[0]}.weight" if tables else ""
    if first in other and other[first].shape[1:] == own[first].shape[1:]:
        its, mine, _ = numbers
        known = (its < len(other[first])) & (mine < len(own[first]))
        table = own[first].clone()
        table[mine[known]] = other[first][its[known]]
        fitting[first] = table
    return fitting


def _members(weights: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """The weights of each member of an ensemble, or of the one network."""
    if not all(name.startswith(_MEMBERS) for name in weights):
        return [weights]
    found: dict[int, dict[str, Tensor]] = {}
    for name, one in weights.items():
        place, _, rest = name.removeprefix(_MEMBERS).partition(".")
        found.setdefault(int(place), {})[rest] = one
    return [found[place] for place in sorted(found)]


def _weights(folder: Path, source: str) -> dict[str, Tensor]:
    try:
        return load_file(folder / "model.safetensors")
    except FileNotFoundError:
        raise StageError(f"{_KEY}: {source}: holds no model.safetensors; give a models/teacher") from None
    except SafetensorError:
        raise StageError(f"{_KEY}: {source}: its model.safetensors is damaged; give another") from None


def _same_tokens(theirs: Path, mine: Path, source: str) -> Numbers | None:
    """Which number of the one vocabulary is which of the other; None where they are the same, or none is."""
    if not theirs.exists() and not mine.exists():  # both read images
        return None
    try:
        its, own = (Tokenizer.from_file(str(path)).get_vocab() for path in (theirs, mine))
    except Exception:  # the library raises nothing narrower
        raise StageError(
            f"{_KEY}: {source}: its tokenizer.json or {mine} is missing or damaged; give a models/teacher"
        ) from None
    if its == own:
        return None
    shared = sorted(its.keys() & own.keys())
    pairs = torch.tensor([(its[token], own[token]) for token in shared], dtype=torch.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], len(own)


@contextmanager
def _folder(source: str) -> Iterator[Path]:
    """The folder of the teacher; that of a revision is fetched for as long as it is needed."""
    path = Path(source).expanduser()
    if path.resolve() == TEACHER.resolve():
        raise StageError(
            f"{_KEY}: {source}: is what this stage writes, and is gone when it runs; name a git revision, "
            "or a copy of it"
        )
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "teacher"
        _fetch(source, folder)
        yield folder


def _fetch(revision: str, folder: Path) -> None:
    """Fetches `models/teacher` of a revision of this project from DVC's cache, or its remote."""
    # seconds to import, and only needed here
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException, NotDvcRepoError
    from dvc.scm import RevError, SCMError

    try:
        DVCFileSystem(".", rev=revision).get(TEACHER.as_posix(), str(folder), recursive=True)
    except (RevError, NotDvcRepoError):
        raise StageError(
            f"{_KEY}: {revision}: no such folder, and no such git revision; give one of them, or null"
        ) from None
    except FileNotFoundError:
        raise StageError(
            f"{_KEY}: {revision}: its {TEACHER} is neither in DVC's cache nor on its remote; run `dvc fetch "
            "--all-commits`, or build that revision again"
        ) from None
    except (DvcException, SCMError, OSError):
        raise StageError(f"{_KEY}: {revision}: DVC cannot read its {TEACHER}; see `dvc doctor`") from None
