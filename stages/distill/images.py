"""Distils what classifies images: teacher and student see the same changed images.

Changing an image anew whenever it is read, and asking the teacher about just that image, is worth more than
any other choice (Beyer et al. 2022, "Knowledge distillation: A good teacher is patient and consistent").
"""

from collections.abc import Sequence

import torch

from stages.distill import classes
from stages.distill.distilled import Distilled
from stages.distill.objective import Imitation
from stages.params.distill import Distill
from stages.tasks import Task
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.objectives import Batch
from stages.train.objectives.image_classification import Variation
from stages.train.teacher import Teacher


def run(
    splits: dict[str, TokenSplit], meta: Meta, teacher: Teacher, task: Task, settings: Distill, seed: int
) -> Distilled:
    """As `classes.run`, with training images that are changed at random."""

    def imitating(train: TokenSplit) -> Imitation:
        return ImageImitation(meta, teacher, train, settings)

    found = classes.run(splits, meta, teacher, task, settings, seed, imitating)
    found.description["shape"] = meta.shape
    return found


class ImageImitation(Imitation):
    """Imitation on training images that are changed at random; the teacher answers for each as it is then."""

    def __init__(self, meta: Meta, teacher: Teacher, train: TokenSplit, settings: Distill) -> None:
        super().__init__(len(meta.labels), settings.temperature, settings.soft, meta.pad_id)
        self.teacher, self.vary = teacher.network, Variation(meta, train)

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        batch = super().collate(split, rows)
        varied = self.vary(batch, split)
        if varied is batch:
            return batch
        with torch.inference_mode():
            logits = self.teacher(varied["ids"], varied["mask"])
        return {**varied, "teacher": logits.float().clone()}
