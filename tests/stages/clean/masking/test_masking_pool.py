import os
import re
import signal
import time
import traceback

import pytest

from stages.artifacts import StageError
from stages.clean.masking import Masker, mask_all, pool, tagger, workers
from stages.clean.masking.detecting import LATE, Found, deadline, detect_each
from stages.clean.masking.rules import RuleSet
from stages.clean.masking.workers import Workers
from stages.params.clean import Masking, OwnType

PLAIN = Masking(tagger="none", processes=1)


def test_the_result_does_not_depend_on_the_processes():
    texts = [f"row {number}: bob{number}@example.com {'and so on ' * (number % 7)}" for number in range(500)]
    alone = mask_all(texts, PLAIN, "en")
    assert mask_all(texts, Masking(tagger="none", processes=2), "en") == alone
    assert alone[3].text == "row 3: [EMAIL] " + "and so on " * 3
    assert alone[3].counts == {"EMAIL": 1}


def test_only_the_text_that_fails_is_not_vouched_for(monkeypatch):
    find = RuleSet.find

    def failing(self, text):
        if "poison" in text:
            raise ValueError(f"cannot read {text}")
        return find(self, text)

    monkeypatch.setattr(RuleSet, "find", failing)
    good, bad = mask_all(["a@example.com", "poison b@example.com"], PLAIN, "en")
    assert good.text == "[EMAIL]" and good.reason is None
    assert bad.text is None and bad.counts == {}
    assert "ValueError" in bad.reason and "poison" not in bad.reason


def test_a_text_that_is_no_unicode_is_not_vouched_for():
    (outcome,) = mask_all(["bob \ud800 " * 300], PLAIN, "en")
    assert outcome.text is None and outcome.reason


def test_a_text_that_never_settles_is_not_vouched_for(monkeypatch):
    masker = Masker.from_params(PLAIN, "en")
    monkeypatch.setattr("stages.clean.masking.masker.ROUNDS", 0)
    _, (outcome,) = detect_each(masker, ["bob"], 60.0)
    assert outcome.spans is None and "Unsettled" in outcome.reason


@pytest.mark.parametrize("processes", [1, 2])
def test_a_tagger_that_does_not_load_stops_everything(monkeypatch, tmp_path, processes):
    monkeypatch.setattr(tagger, "folder", lambda: tmp_path)
    with pytest.raises(StageError, match="missing"):
        mask_all(["a"] * 1000, Masking(processes=processes), "en")


def _dying():
    return _Reads(lambda texts: os._exit(3))


def test_a_process_that_dies_is_one_line_without_data():
    with Workers(2, _dying, 60.0) as workers, pytest.raises(StageError, match="process died") as caught:
        workers.read(["bob@" + "example.com"] * 4, [[0, 1], [2, 3]])
    assert "bob@example" not in "".join(traceback.format_exception(caught.value))


class _Reads:
    """A masker that finds what `detect` finds."""

    def __init__(self, detect):
        self.detect = detect


def _slow(texts):
    """Slow in Python, which a signal interrupts."""
    for text in texts:
        end = time.monotonic() + (20 if text == "slow" else 0)
        while time.monotonic() < end:
            pass
    return [[] for _ in texts]


def _hanging():
    """Hangs in a way that no signal interrupts."""

    def detect(texts):
        if "hang" in texts:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            time.sleep(60)
        return [[] for _ in texts]

    return _Reads(detect)


def test_a_text_that_takes_too_long_goes_without_and_the_others_do_not():
    texts = ["a", "slow", "b"]
    found = [one for part in detect_each(_Reads(_slow), texts, 0.1) for one in part]
    assert found == [Found(()), Found(None, LATE), Found(())]


def test_a_pattern_that_backtracks_for_ever_is_interrupted():
    def detect(texts):
        return [list(re.finditer(r"(?:a+)+$", text)) for text in texts]

    found = [one for part in detect_each(_Reads(detect), ["a" * 40 + "b"], 0.1) for one in part]
    assert found == [Found(None, LATE)]


def test_a_deadline_gives_another_timer_its_time_back():
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    with deadline(5.0):
        pass
    after = signal.getitimer(signal.ITIMER_REAL)[0]
    assert (before == after == 0) or before - 1 < after <= before


def test_a_process_that_hangs_is_abandoned_with_the_text_it_had(monkeypatch):
    monkeypatch.setattr(workers, "GRACE", 0.3)
    texts = ["a", "hang", "b", "c"]
    with Workers(1, _hanging, 0.2) as pool:
        found = pool.read(texts, [[0, 1], [2, 3]])
    assert found == {0: Found(()), 1: Found(None, LATE), 2: Found(()), 3: Found(())}


def test_a_stream_is_read_as_it_is_needed():
    taken = []

    def texts():
        for number in range(pool.BLOCK * 3):
            taken.append(number)
            yield f"row {number}"

    stream = pool.mask_stream(texts(), PLAIN, "en", "local")
    assert next(stream).text == "row 0"
    assert len(taken) <= pool.BLOCK + 1
    assert [outcome.text for outcome in stream] == [f"row {number}" for number in taken[1:]]


@pytest.mark.parametrize(
    ("masking", "language", "says"),
    [
        (Masking(types=["EMAIL", "SHOE_SIZE"]), "en", r"clean\.masking\.types: 'SHOE_SIZE' is no type"),
        (PLAIN, "fr", r"project\.language: there are no detectors for 'fr'; there are for: en, zh"),
        (Masking(custom=[OwnType(name="EMAIL", pattern="a")]), "en", "EMAIL is a type that ships"),
    ],
)
def test_what_the_masker_does_not_know_is_an_error_that_names_the_key(masking, language, says):
    with pytest.raises(StageError, match=says):
        mask_all(["a"], masking, language)
