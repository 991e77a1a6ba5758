"""Networks for images. `ids` are pixel values 0 to 255, row by row, the channels of a pixel side by side."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from stages.train.networks.layers import Pixels, activation
from stages.train.networks.transformer import Block

_POOLED = 4
"""least height and width that is halved"""


class ImageMlp(nn.Module):
    """Fully connected layers on all pixels, each half as wide as the one before: 784-128-64-10 on digits.

    The classic reference (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition").
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        hidden: int,
        layers: int,
        nonlinearity: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.pixels = Pixels(shape)
        width, body = prod(shape), list[nn.Module]()
        for depth in range(layers):
            narrower = max(hidden >> depth, 1)
            body += [nn.Linear(width, narrower), activation(nonlinearity), nn.Dropout(dropout)]
            width = narrower
        self.body = nn.Sequential(*body)
        self.head = nn.Linear(width, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.head(self.body(self.pixels(ids, mask).flatten(1)))


class ImageCnn(nn.Module):
    """`layers` stages of two normalised convolutions, halving height and width; all places as one.

    After VGG (Simonyan and Zisserman 2015), with batch normalisation (Ioffe and Szegedy 2015), which becomes
    part of the convolutions in an exported network. The channels double from stage to stage, up to four times
    `hidden`.
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        hidden: int,
        layers: int,
        kernel: int,
        nonlinearity: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.pixels = Pixels(shape)
        height, width, channels = shape
        self.stages = nn.ModuleList()
        for depth in range(layers):
            wider = hidden << min(depth, 2)
            stage = [
                *_convolution(channels, wider, kernel, nonlinearity),
                *_convolution(wider, wider, kernel, nonlinearity),
            ]
            if min(height, width) >= _POOLED:
                stage.append(nn.MaxPool2d(2))
                height, width = height // 2, width // 2
            self.stages.append(nn.Sequential(*stage, nn.Dropout(dropout)))
            channels = wider
        self.head = nn.Linear(channels * height * width, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.pixels.planes(self.pixels(ids, mask))
        for stage in self.stages:
            states = stage(states)
        return self.head(states.flatten(1))


def _convolution(channels: int, wider: int, kernel: int, nonlinearity: str) -> list[nn.Module]:
    # the normalisation has a bias of its own
    plain = nn.Conv2d(channels, wider, kernel, padding="same", bias=False)
    return [plain, nn.BatchNorm2d(wider), activation(nonlinearity)]


class ImageTransformer(nn.Module):
    """A vision transformer: squares of pixels as tokens with learned positions, pre-norm blocks, mean, head.

    After Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"; the mean of the tokens takes the place of
    a class token (Beyer et al. 2022, "Better plain ViT baselines").
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        hidden: int,
        layers: int,
        heads: int,
        patch: int,
        nonlinearity: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.pixels = Pixels(shape)
        height, width, channels = shape
        self.patches = nn.Conv2d(channels, hidden, patch, stride=patch)
        self.places = nn.Parameter(torch.randn((height // patch) * (width // patch), hidden) * 0.02)
        self.blocks = nn.ModuleList(Block(hidden, heads, nonlinearity, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.patches(self.pixels.planes(self.pixels(ids, mask))).flatten(2).transpose(1, 2)
        states = self.dropout(states + self.places)
        for block in self.blocks:
            states = block(states, None)
        return self.head(self.dropout(self.norm(states).mean(1)))
