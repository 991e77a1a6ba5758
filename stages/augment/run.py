"""Makes the copies that were decided on. Seeded by each text, so neither order nor key matters."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stages.augment.decide import Decision
from stages.augment.methods import altered
from stages.params.augment import Augment

if TYPE_CHECKING:
    import pandas as pd

_TRIES = 3

Alter = Callable[[str, random.Random], str]


def augment(
    train: "pd.DataFrame",
    decision: Decision,
    settings: Augment,
    seed: int,
    text: str,
    classes: "pd.Series",
    alter: Alter,
    others: frozenset[str] = frozenset(),
) -> "pd.DataFrame":
    """The training split with its copies after it, and a column `augmented` that tells them apart.

    Rows of a class are copied in turn, in an order drawn by their texts, once each before any twice. A copy
    that equals another text is left out, so a class of very short texts may stay below its target.

    Args:
        train: the training split.
        decision: the rows wanted of each label.
        settings: `augment`.
        seed: `project.seed`.
        text: name of the text column.
        classes: of each row the classes that it is counted under.
        alter: makes a copy of a row's text, with chance of its own.
        others: texts of the other splits; a copy never equals one.
    """
    import pandas as pd

    taken = set(train[text]) | others
    of_row = dict(zip(train["row_id"], classes, strict=True))
    copies: dict[str, dict[str, Any]] = {}
    counted = Counter[str]()
    for label, wanted in decision.targets.items():
        rows = train[classes.map(lambda own, label=label: label in own)]
        # copies that were made for another label of theirs count too
        missing = wanted - len(rows) - counted[label]
        order = sorted(rows.to_dict("records"), key=lambda row: _drawn(seed, 0, row[text]))
        for number in range(1, settings.max_copies + 1):
            for row in order:
                if missing <= 0:
                    break
                name = f"{row['row_id']}+{number}"
                copy = None if name in copies else _copy(row[text], number, alter, seed, taken)
                if copy is not None:
                    taken.add(copy)
                    copies[name] = {**row, text: copy, "row_id": name}
                    counted.update(of_row[row["row_id"]])
                    missing -= 1
    made = pd.DataFrame([*copies.values()], columns=train.columns).astype(train.dtypes)
    return pd.concat([train.assign(augmented=False), made.assign(augmented=True)], ignore_index=True)


def words(settings: Augment) -> Alter:
    """What copies a text with a few words changed."""
    return lambda text, chance: altered(text, chance.choice(settings.methods), settings.strength, chance)


def _copy(text: str, number: int, alter: Alter, seed: int, taken: set[str]) -> str | None:
    rng = random.Random(_drawn(seed, number, text))  # noqa: S311 (not for secrets)
    for _ in range(_TRIES):
        copy = alter(text, rng)
        if copy not in taken:
            return copy
    return None


def _drawn(seed: int, number: int, text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"augment\0{seed}\0{number}\0{text}".encode()).digest()[:8], "big")
