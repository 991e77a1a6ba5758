"""The graph of stages as DVC knows it, and which of them DVC would run. dvc.yaml is never restated here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo

from flows.errors import Busy, FlowError, one_line


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml: its name, its command, and the stages whose outputs it reads."""

    name: str
    command: str
    upstream: tuple[str, ...]


class Dag:
    """DVC's view of the workspace in the current folder. For one thread only: DVC is unsafe in several."""

    def __init__(self) -> None:
        """Opens the workspace.

        Raises:
            FlowError: there is no dvc.yaml, or DVC cannot use it.
            Busy: another DVC process is at work.
        """
        if not Path("dvc.yaml").is_file():
            raise FlowError("dvc.yaml: not found; run in the project's folder")
        with _plain():
            self._repo = Repo(".")
            self.stages = tuple(_stages(self._repo))

    def changed(self, stage: str) -> bool:
        """Whether `dvc repro -s STAGE` would do anything now: code, inputs, params or outputs differ.

        The answer holds until another stage runs: ask in the order of `stages`, each after those before it.

        Raises:
            Busy: another DVC process is at work.
        """
        with _plain():
            return bool(self._repo.status([stage]))


def _stages(repo: Repo) -> Iterator[Stage]:
    graph = repo.index.graph
    # files under `dvc add` are nodes too, but nothing runs for them
    runs = [node for node in repo.index.stages if node.cmd and not node.frozen]
    place = {node: number for number, node in enumerate(repo.index.stages)}
    order = nx.lexicographical_topological_sort(graph.reverse(), key=place.__getitem__)
    for node in order:
        if node in runs:
            needs = sorted(
                (other for other in graph.successors(node) if other in runs), key=place.__getitem__
            )
            command = node.cmd if isinstance(node.cmd, str) else " && ".join(node.cmd)
            yield Stage(node.addressing, command, tuple(other.addressing for other in needs))


@contextmanager
def _plain() -> Iterator[None]:
    try:
        yield
    except LockError:
        raise Busy("another DVC process is at work in this folder; wait until it ends") from None
    except DvcException as error:
        raise FlowError(f"DVC: {one_line(error)}") from None
