"""Reads many texts; what cannot be vouched for, or takes too long, comes back with a reason."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from stages.clean.masking import windows
from stages.clean.masking.masker import Masker
from stages.clean.masking.spans import Span

LATE = "masking it took longer than clean.masking.timeout"
"""why a text that takes too long is quarantined"""


@dataclass(frozen=True, slots=True)
class Found:
    """The personal values of one text; or None, with the reason."""

    spans: tuple[Span, ...] | None
    reason: str | None = None


class TimeUp(Exception):
    """The time for a text is over."""


def budget(text: str, timeout: float) -> float:
    """Seconds that a text may take: `timeout` for each of its windows."""
    return timeout * windows.count(text)


def detect_each(masker: Masker, texts: Sequence[str], timeout: float) -> Iterator[list[Found]]:
    """Reads texts together; where that fails, one by one, so that only the failing ones go without.

    Gives the outcomes in the order of the texts: all at once, or an empty list and then each by itself. No
    two are further apart than the `budget` of the longest text.
    """
    try:
        with deadline(max(budget(text, timeout) for text in texts)):
            together = [Found(tuple(spans)) for spans in masker.detect(texts)]
    except Exception:  # whatever it was, the texts are tried one by one
        yield []
        for text in texts:
            yield [_alone(masker, text, timeout)]
    else:
        yield together


def _alone(masker: Masker, text: str, timeout: float) -> Found:
    try:
        with deadline(budget(text, timeout)):
            return Found(tuple(masker.detect([text])[0]))
    except TimeUp:
        return Found(None, LATE)
    except Exception as error:  # its message may quote the text: only its type is told
        return Found(None, f"the masker could not vouch for the text ({type(error).__name__})")


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises `TimeUp` in the block when the time is over; Python's own patterns are interrupted too.

    Only in a main thread, where signals arrive. Whoever reads in another thread must watch it from outside.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's timer goes on
            signal.setitimer(signal.ITIMER_REAL, left, interval)
