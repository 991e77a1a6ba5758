import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.clean.masking.folding import fold
from stages.clean.masking.rules import RuleSet, all_rules, extra_rules, ruleset
from stages.clean.masking.spans import EXTRA_TYPES

RULES = (*all_rules(["US", "GB", "CN"]), *extra_rules(EXTRA_TYPES))
FIRST = tuple(rule for rule in RULES if not rule.last)
TRIED = RuleSet(FIRST)

PIECES = [
    "bob@example.com",
    "bob (at) example (dot) com",
    "4111 1111 1111 1111",
    "卡号4111111111111111",
    "身份证11010519491231002X",
    "GB29 NWBK 6016 1331 9268 19",
    "我叫张伟，",
    "京A12345",
    "Kind regards,\nMary-Ann O'Neil\n",
    "Dear Dr. Okafor, ",
    "at the corner of Via Nuova and Elm Street",
    "12 Maple Street, ",
    "Koskikatu 25 ",
    "USS Lorenzen\nFPO AE 25990",
    "P.O. Box 12",
    "https://example.com/u?id=1 ",
    "password: hunter2 ",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "aged 34, ",
    "48.85837, 2.29448",
    "AB12 CDE ",
    "fe80::1ff:fe23:4567:890a",
    "10.20.30.40",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "Alice ",
    "Owens, Duran and Oneal ",
    "born on 12 March 1985 ",
]
FILLER = [
    "the weather was fine and the train was late again ",
    "nothing to see here\n",
    "天气很好，",
    "x",
    "\n",
    " ",
]
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.sampled_from(FILLER).map(lambda piece: piece * 9) | st.text(max_size=5),
    max_size=40,
).map("".join)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_gates_and_windows_hide_nothing_that_a_rule_finds(text):
    folded = fold(text)[0]
    alone = [span for rule in FIRST for span in rule.find(folded)]
    together = TRIED.find(folded)
    assert set(alone) <= set(together)
    assert len(set(together)) == len(together)
    # Beginning at a line, a rule may find once more the end of what it found across the line.
    assert covered(together) == covered(alone)


def covered(spans):
    return {place for span in spans for place in range(span.start, span.end)}


def test_a_long_line_is_read_in_windows_and_values_on_their_edges_are_found():
    filler = "the weather was fine and the train was late again "
    for shift in range(0, 60, 7):
        text = "z" * shift + " " + (filler * 7 + "ask bob@example.com or 4111 1111 1111 1111 now ") * 40
        spans = TRIED.find(text)
        assert sum(span.detector == "email" for span in spans) == 40
        assert sum(span.detector == "card" for span in spans) == 40
        assert all(text[one.start : one.end] in ("bob@example.com", "4111 1111 1111 1111") for one in spans)


def test_too_little_memory_for_the_patterns_is_not_taken_for_nothing_found(monkeypatch):
    monkeypatch.setattr(ruleset, "_STATES", 40_000)
    with pytest.raises(Exception, match=r"memory|compile"):
        RuleSet(FIRST).find("write to bob@example.com " * 10)


def test_names_of_rules_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)
