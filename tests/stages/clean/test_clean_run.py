import hashlib
import json
import random
import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from stages import tasks
from stages.artifacts import StageError
from stages.clean import flow
from stages.clean import run as clean_run
from stages.clean.masking import Masked, Span, mask_all
from stages.clean.masking.detecting import LATE
from stages.clean.masking.rules import RuleSet
from stages.clean.run import Outcome, run
from stages.clean.tables import split_table
from stages.ingest.raw import Record
from stages.params.clean import Clean, Masking, Normalise

SETTINGS = Clean(canaries=20, quarantine_limit=0.1, masking=Masking(tagger="none", processes=1))
TALE = "the train was late again and nobody told us why so we walked home in the rain past many old shops"


def record(text: str, label: str = "no", **changes: object) -> Record:
    name = hashlib.sha256(f"{text}{label}".encode()).hexdigest()[:8]
    return replace(Record(name, None, text, label, {}, b"place"), **changes)


def records(count: int, seed: int = 1) -> list[Record]:
    rng = random.Random(seed)
    return [
        record(" ".join(rng.choices(TALE.split(), k=15)), rng.choice(["no", "yes"])) for _ in range(count)
    ]


def clean(rows: list[Record], settings: Clean = SETTINGS) -> Outcome:
    return run(rows, {}, settings, "en", 7, tell=lambda line: None)


def texts(outcome: Outcome) -> set[str]:
    return {row.text for part in outcome.splits.values() for row in part}


def split_by_text(outcome: Outcome) -> dict[str, str]:
    return {row.text: name for name, part in outcome.splits.items() for row in part}


def test_rows_are_repaired_masked_and_each_step_is_counted():
    rows = records(100)
    extra = [
        record("write to jo@example.com about the broken cafÃ© door please", "yes"),
        record("write to al@example.com about the broken café door please", "yes"),  # equal once masked
        record(rows[0].text.upper(), rows[0].label),  # equal but for case
        record(rows[1].text + "!", rows[1].label),  # near
        record("  \n", "no"),
        record("jo@example.com", "no"),
    ]
    outcome = clean([*rows, *extra])
    assert "write to [EMAIL] about the broken café door please" in texts(outcome)
    counts = outcome.metrics["rows"]
    assert counts == {
        "in": 106,
        "empty": 1,
        "duplicates_before_masking": 1,
        "undecided_before_masking": 0,
        "nothing_left": 1,
        "duplicates_after_masking": 1,
        "undecided_after_masking": 0,
        "near_duplicates": 1,
        "quarantined": 0,
        "out": 101,
    }
    assert outcome.metrics["masked"] == {"EMAIL": 3}
    assert outcome.verdict.passed
    assert sum(part["rows"] for part in outcome.metrics["splits"].values()) == 101


def test_neither_new_rows_nor_another_key_move_an_old_row():
    old = records(200)
    before = split_by_text(clean(old))
    renamed = [replace(row, row_id=row.row_id[::-1]) for row in old]
    after = split_by_text(clean([*renamed, *records(200, seed=2)]))
    assert {text: after[text] for text in before} == before
    assert set(before.values()) == {"train", "valid", "test"}


def test_case_and_punctuation_go_after_masking():
    settings = SETTINGS.model_copy(update={"normalise": Normalise(case=True, punctuation=True)})
    rows = [*records(30), record("Mail Jo@Example.com, please: it is URGENT for our shop!")]
    assert "mail [EMAIL] please it is urgent for our shop" in texts(clean(rows, settings))


def test_what_normalising_makes_an_identifier_is_quarantined():
    settings = SETTINGS.model_copy(update={"normalise": Normalise(punctuation=True)})
    rows = [*records(30), record("the number 4111_1111!1111_1111 is on it")]
    outcome = clean(rows, settings)
    assert rows[-1].row_id in outcome.quarantined
    assert not any("4111" in text for text in texts(outcome))


def test_what_the_masker_does_not_vouch_for_is_quarantined_and_too_much_of_it_fails(
    monkeypatch: pytest.MonkeyPatch,
):
    def doubtful(masked: Iterable[str], masking: Masking, language: str, *_: object) -> list[Masked]:
        masked = list(masked)
        outcomes = mask_all(masked, masking, language)
        return [
            Masked(None, reason="a reason") if "shops" in text else found
            for text, found in zip(masked, outcomes, strict=True)
        ]

    monkeypatch.setattr(flow, "mask_stream", doubtful)
    rows = records(60)
    doubted = {row.row_id for row in rows if "shops" in row.text}
    outcome = clean(rows)
    assert set(outcome.quarantined) == doubted and 6 < len(doubted) < 60
    assert not any("shops" in text for text in texts(outcome))
    assert [check.name for check in outcome.verdict.failures] == ["share of rows quarantined"]
    assert outcome.metrics["quarantine"] == {"a reason": len(doubted)}


def test_a_text_that_takes_too_long_is_quarantined_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    find = RuleSet.find

    def slow(rules: RuleSet, text: str) -> list[Span]:
        end = time.monotonic() + (20 if "slow" in text else 0)
        while time.monotonic() < end:
            pass
        return find(rules, text)

    monkeypatch.setattr(RuleSet, "find", slow)
    monkeypatch.setattr(clean_run, "audit", lambda *_: clean_run.Audit(20, 20, {}))
    masking = SETTINGS.masking.model_copy(update={"timeout": 0.5})
    rows = [*records(30), record("a slow one")]
    outcome = clean(rows, SETTINGS.model_copy(update={"masking": masking}))
    assert outcome.quarantined == {rows[-1].row_id: LATE}


def test_an_identifier_that_the_scan_still_finds_is_quarantined(monkeypatch: pytest.MonkeyPatch):
    def blind(masked: Iterable[str], masking: Masking, language: str, *_: object) -> list[Masked]:
        return [Masked(text) for text in masked]

    monkeypatch.setattr(flow, "mask_stream", blind)
    rows = [*records(40), record("the card 4111 1111 1111 1111 was charged twice")]
    outcome = clean(rows)
    assert list(outcome.quarantined) == [rows[-1].row_id]


def test_a_surviving_canary_fails_the_verdict(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clean_run, "audit", lambda *_: clean_run.Audit(200, 500, {"PHONE": 1}))
    outcome = clean(records(40))
    assert [check.name for check in outcome.verdict.failures] == ["canary values that survived masking"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "holds no rows"),
        ([record(" "), record("\n")], "every text is empty"),
        ([record("the same old story again")] * 9, "of 9 rows 1 is left"),
        ([record(f"person{n}@example.com") for n in range(9)], "masked away entirely"),
        ([record(f"mail person{n}@example.com") for n in range(9)], "of 9 rows 1 is left"),
    ],
)
def test_data_of_which_nothing_is_left_is_one_clear_line(rows: list[Record], says: str):
    with pytest.raises(StageError, match=says):
        clean(rows)


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"label": "jo@example.com"}, "ingest.columns.label"),
        ({"groups": {"contact": "jo@example.com"}}, "contact"),
    ],
)
def test_personal_values_in_labels_and_groups_are_refused_unquoted(bad: dict[str, object], key: str):
    rows = records(30)
    with pytest.raises(StageError, match=key) as error:
        clean([*rows, replace(rows[0], **bad)])
    assert "jo@" not in str(error.value)


def test_rows_keep_the_order_of_the_source():
    rows = records(60)
    place = {row.text: number for number, row in enumerate(rows)}
    for part in clean(rows).splits.values():
        numbers = [place[row.text] for row in part]
        assert numbers == sorted(numbers)


def test_spans_stay_with_their_words_whatever_masking_does():
    task = tasks.get("token-classification")
    rows = []
    for number, row in enumerate(records(40)):
        text = f"  mail to jo{number}@example.com for the Zed {row.text}"
        start = text.index("Zed")
        rows.append(replace(row, text=text, label=f'[[{start},{start + 3},"THING"]]'))
    outcome = run(rows, {}, SETTINGS, "en", 7, tell=lambda line: None, task=task)
    assert outcome.metrics["splits"]["train"]["labels"] == {"O": 0.5, "THING": 0.5}
    for part in outcome.splits.values():
        table = split_table(part, "text", task, [])
        for text, label in zip(table["text"], table["label"], strict=True):
            ((start, end, _),) = json.loads(label)
            assert "[EMAIL]" in text
            assert text[start:end] == "Zed"
