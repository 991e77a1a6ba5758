"""The next token, drawn from a network's logits."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float = 1.0
    """divides the logits; 0 always takes the likeliest token"""
    top_k: int = 0
    """how many of the likeliest tokens may be drawn (Fan et al. 2018); 0 is all"""
    top_p: float = 1.0
    """the likeliest tokens that have this probability together (Holtzman et al. 2020, nucleus sampling)"""
    repetition_penalty: float = 1.0
    """divides what speaks for a token of prompt or answer that was there before (Keskar et al. 2019, CTRL)"""
    presence_penalty: float = 0.0
    """taken from the logit of a token that the answer holds already"""
    frequency_penalty: float = 0.0
    """taken from it for each time that the answer holds it"""


class Sampler:
    """Draws the tokens of one answer, one after another; the same seed draws the same.

    Args:
        how: how tokens are drawn.
        prompt: the tokens of the prompt.
        vocabulary: how many tokens there are.
        seed: what the draws follow from.
    """

    def __init__(self, how: Sampling, prompt: np.ndarray, vocabulary: int, seed: tuple[int, ...]) -> None:
        self._how = how
        self._draw = np.random.default_rng(seed)
        self._there = np.zeros(vocabulary, dtype=bool)
        self._there[prompt] = True
        self._counts = np.zeros(vocabulary)

    def next(self, logits: np.ndarray) -> int:
        """A token, from logits of shape (vocabulary,)."""
        token = self._drawn(self._penalised(logits.astype(np.float64)))
        self._there[token] = True
        self._counts[token] += 1
        return token

    def _penalised(self, logits: np.ndarray) -> np.ndarray:
        how = self._how
        if how.repetition_penalty != 1:
            rate = np.where(logits > 0, 1 / how.repetition_penalty, how.repetition_penalty)
            logits = np.where(self._there, logits * rate, logits)
        return logits - how.presence_penalty * (self._counts > 0) - how.frequency_penalty * self._counts

    def _drawn(self, logits: np.ndarray) -> int:
        how = self._how
        if how.temperature == 0:
            return int(logits.argmax())
        # stable, so that equally likely tokens are always taken in the same order
        order = np.argsort(-logits, kind="stable")
        if how.top_k:
            order = order[: how.top_k]
        chances = np.exp((logits[order] - logits[order[0]]) / how.temperature)
        chances /= chances.sum()
        if how.top_p < 1:
            # the token that reaches the share is the last one that may be drawn
            kept = int(np.searchsorted(np.cumsum(chances), how.top_p)) + 1
            order, chances = order[:kept], chances[:kept] / chances[:kept].sum()
        place = int(np.searchsorted(np.cumsum(chances), self._draw.random(), side="right"))
        return int(order[min(place, len(order) - 1)])
