"""Changed pictures: as far as params allow, no further, and the same for the same seed."""

import random

import numpy as np

from stages.augment.pictures import altering, changes, distorted
from stages.params.augment import Distortion
from stages.tasks.pictures import packed, unpacked

STILL = {"shift": 0.0, "scale": 0.0, "rotation": 0.0, "noise": 0.0}


def pictures() -> np.ndarray:
    found = np.zeros((6, 16, 16, 1), dtype=np.uint8)
    found[:, 4:7, 2:6] = 250
    return found


def test_where_nothing_is_allowed_nothing_changes():
    settings = Distortion(**STILL)
    assert not changes(settings)
    assert (distorted(pictures(), settings, np.random.default_rng(0)) == pictures()).all()


def test_the_same_seed_gives_the_same_pictures_and_another_gives_others():
    settings = Distortion()
    one, same, other = (distorted(pictures(), settings, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert one.dtype == np.uint8
    assert one.shape == pictures().shape


def test_a_shift_moves_no_further_than_allowed():
    moved = distorted(pictures(), Distortion(**{**STILL, "shift": 0.125}), np.random.default_rng(3))
    rows, columns = np.nonzero(moved[..., 0].max(axis=0) > 125)
    assert 2 <= rows.min() <= rows.max() <= 8
    assert 0 <= columns.min() <= columns.max() <= 7
    assert (moved != pictures()).any()


def test_pictures_are_mirrored_only_where_that_is_allowed():
    mirrored = pictures()[:, :, ::-1]
    found = distorted(pictures(), Distortion(**STILL, flips=["horizontal"]), np.random.default_rng(0))
    turned = [(one == other).all() for one, other in zip(found, mirrored, strict=True)]
    assert any(turned)
    assert not all(turned)


def test_a_copy_of_a_packed_picture_is_another_of_the_same_form():
    text = packed(pictures()[0])
    copy = altering(Distortion())(text, random.Random(4))
    assert copy != text
    assert unpacked(copy).shape == (16, 16, 1)
