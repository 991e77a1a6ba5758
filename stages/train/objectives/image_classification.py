"""Learning to put an image into one of several classes."""

from collections.abc import Sequence

import numpy as np
import torch

from stages.augment.pictures import changes, distorted
from stages.params.augment import Distortion
from stages.params.train import Train
from stages.tokenize.arrays import Meta, TokenSplit
from stages.train.objectives.base import Batch
from stages.train.objectives.text_classification import TextClassification


class ImageClassification(TextClassification):
    """Cross-entropy over the classes, on training images that are changed at random in every epoch."""

    def __init__(self, meta: Meta, train: TokenSplit, params: Train) -> None:
        super().__init__(meta, train, params)
        self.vary = Variation(meta, train)

    def collate(self, split: TokenSplit, rows: Sequence[int]) -> Batch:
        return self.vary(super().collate(split, rows), split)


class Variation:
    """Changes the images of a batch as `meta.distortion` allows, where they are of the training split."""

    def __init__(self, meta: Meta, train: TokenSplit) -> None:
        self._train, self._shape = train, tuple(meta.shape or ())
        self._settings = Distortion.model_validate(meta.distortion or {})

    def __call__(self, batch: Batch, split: TokenSplit) -> Batch:
        if split is not self._train or not changes(self._settings):
            return batch
        # which rows make a batch follows from seed and epoch: so does what becomes of them, after a break too
        draw = np.random.default_rng(batch["rows"].tolist())
        images = batch["ids"].numpy().astype(np.uint8).reshape(-1, *self._shape)
        found = distorted(images, self._settings, draw).reshape(len(images), -1)
        return {**batch, "ids": torch.from_numpy(found.astype(np.int64))}
