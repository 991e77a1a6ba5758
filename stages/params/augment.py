"""Is the data trainable, and what to do where it is not."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class Distortion(Section):
    """How far an image may be changed at random without becoming another one."""

    shift: float = Field(0.08, ge=0, le=0.5)
    """most that it is moved, as a share of its size"""
    scale: float = Field(0.1, ge=0, le=0.5)
    """most that it is made larger or smaller, as a share of its size"""
    rotation: float = Field(10.0, ge=0, le=180)
    """most that it is turned, in degrees"""
    noise: float = Field(0.02, ge=0, le=0.5)
    """standard deviation of the noise on its pixels, as a share of their range"""
    flips: list[Literal["horizontal", "vertical"]] = Field([])
    """mirrorings that leave its class as it is; none for digits and letters"""


class Augment(Section):
    when: Literal["needed", "never", "always"] = "needed"
    """augment the training split only where it is not trainable without, never, or always"""
    min_total: int = Field(500, ge=2)
    """fewest training rows"""
    min_per_class: int = Field(50, ge=1)
    """fewest training rows of a class"""
    max_imbalance: float = Field(10.0, ge=1)
    """largest class over smallest class"""
    min_seed_rows: int = Field(10, ge=1)
    """real rows of a class below which augmentation cannot help"""
    max_copies: int = Field(5, ge=1, le=50)
    """most augmented copies of one row"""
    methods: list[Literal["swap", "drop", "insert", "noise"]] = Field(["swap", "drop"], min_length=1)
    """word swap, word drop, insertion of a word of the same text, character noise; mask tokens are kept"""
    questions: int = Field(0, ge=0, le=200)
    """questions made of each training context's own sentences, to learn reading from; 0 makes none"""
    strength: float = Field(0.1, gt=0, le=0.5)
    """share of words or characters changed in a copy"""
    image: Distortion = Distortion()
