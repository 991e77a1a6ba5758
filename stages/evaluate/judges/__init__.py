"""How a model is judged: one file for each family of tasks."""

from stages.evaluate.case import Case, Evaluation, Judge
from stages.evaluate.judges import images, labels, language, numbers, rows, spans, tokens

_JUDGES: dict[str, Judge] = {
    "language": language.judge,
    "rows": rows.judge,
    "labels": labels.judge,
    "numbers": numbers.judge,
    "tokens": tokens.judge,
    "spans": spans.judge,
    "images": images.judge,
}


def judge(case: Case) -> Evaluation:
    """The verdict of the family's judge."""
    return _JUDGES[case.task.family](case)


__all__ = ["Case", "Evaluation", "judge"]
