import pytest

from stages.validate.language import is_in


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("the delivery came two days late and nobody answered", "en", True),
        ("le colis est arrivé avec deux jours de retard et personne ne répond", "en", False),
        ("ok thanks", "en", True),
        ("包裹晚到了两天", "en", False),
        ("包裹晚到了两天, SF Express", "zh", True),
        ("the delivery came two days late", "zh", False),
        ("[PERSON] [EMAIL] :-) 12", "en", None),
        ("@somebody https://example.com/page", "en", None),
    ],
)
def test_language_of_a_text(text: str, language: str, expected: bool | None):
    assert is_in(text, language) is expected
