"""Holds the audits, and their findings against the gates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from stages.artifacts import Check, at_most
from stages.evaluate.leaks import canaries, membership
from stages.evaluate.leaks.canaries import SPREADS, Exposure, UnmeasuredError
from stages.evaluate.leaks.copying import encoder, teaching
from stages.evaluate.leaks.losses import LOSSES
from stages.evaluate.leaks.membership import Membership
from stages.params import Params
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit

_NO_TEXT = "images hold no text to plant secrets in; set evaluate.leaks.seconds to null"
_CLASSES = {"numbers": 2}
"""how many classes secrets are planted with, where that is not the number of labels"""


@dataclass(frozen=True)
class Leaks:
    """What the audits found. `canary` is None where that audit was left out or could not be held."""

    membership: Membership
    canary: Exposure | None
    unmeasured: str | None
    """why the canary audit could not be held"""

    def metrics(self) -> dict[str, Any]:
        """As numbers under names."""
        found = {"membership": self.membership.metrics()}
        return found if self.canary is None else {**found, "canary": self.canary.metrics()}


def audit_leaks(
    network: nn.Module,
    splits: dict[str, TokenSplit],
    meta: Meta,
    task: Task,
    tokenizer: Path,
    params: Params,
) -> Leaks:
    """Audits the trained `network`, and by a copy of its training what that learns by heart.

    Args:
        splits: "train" and "valid".
        tokenizer: the file of the tokenizer that encoded them.

    Raises:
        StageError: the tokenizer cannot be read.
    """
    settings, seed = params.evaluate.leaks, params.project.seed
    # augmented rows stand after the real ones
    real = take_first(splits["train"], len(splits["train"]) - meta.augmented_rows)
    losses = LOSSES[task.family](network, meta.pad_id)
    found = membership.audit(real, splits["valid"], losses, settings.rows, seed)
    if settings.seconds is None:
        return Leaks(found, None, None)
    if not task.tokenized:
        return Leaks(found, None, _NO_TEXT)
    teach = teaching(splits["valid"], meta, task, params.train, seed, settings.seconds)
    try:
        encode, language = encoder(tokenizer), params.project.language
        drawn: canaries.Canaries | canaries.Sentences
        if task.writes:
            drawn = canaries.draw_sentences(encode, language, real.ids, settings.canaries, seed)
        else:
            classes = _CLASSES.get(task.family, len(meta.labels))
            spread = SPREADS[task.family](np.asarray(real.labels))
            drawn = canaries.draw_canaries(
                encode, language, classes, spread, real.ids, settings.canaries, seed
            )
        exposed = canaries.audit(drawn, real, teach, settings.copy_rows, settings.repeats, seed)
    except UnmeasuredError as error:
        return Leaks(found, None, str(error))
    return Leaks(found, exposed, None)


def take_first(split: TokenSplit, rows: int) -> TokenSplit:
    """The first rows of a split, still mapped into memory."""
    ids = split.ids[: split.offsets[rows]]
    labels = split.labels[:rows] if len(split.labels) == len(split) else split.labels[: len(ids)]
    return TokenSplit(ids, split.offsets[: rows + 1], labels)


def checks(found: Leaks, params: Params) -> Iterator[Check]:
    """Holds the audits against every gate that asks; what could not be measured has not passed."""
    gates = params.evaluate.gates
    yield from at_most("membership_auc", found.membership.auc, gates.membership_auc)
    yield from at_most("membership_tpr", found.membership.tpr, gates.membership_tpr)
    if found.canary is not None:
        yield from at_most("canary_exposure", found.canary.planted, gates.canary_exposure)
    elif found.unmeasured is not None and gates.canary_exposure is not None:
        yield Check("canary_exposure", None, gates.canary_exposure, False)
