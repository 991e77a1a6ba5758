"""What is expected of each split, as suites of Great Expectations."""

from collections.abc import Iterator

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from stages.params.validate import Validate
from stages.tasks import Task
from stages.validate.facts import ELSEWHERE, LANGUAGE, NEAR, PERSONAL


def suite(
    split: str, settings: Validate, labels: list[str], task: Task, groups: list[str]
) -> gx.ExpectationSuite:
    """The expectations of a split.

    Args:
        split: its name.
        settings: `validate`.
        labels: the labels allowed.
        task: names the columns, and says what may be expected of them.
        groups: names of the group columns.
    """
    columns = ["row_id", "subject", *task.text_columns, task.target_column, *groups]
    expectations = [
        *_of_the_table(columns, task, settings),
        *_of_the_rows(split, settings, labels, task),
    ]
    return gx.ExpectationSuite(name=split, expectations=expectations)


def _of_the_table(columns: list[str], task: Task, settings: Validate) -> Iterator[Expectation]:
    (text,) = task.text_columns
    facts = [form.format(text) for form in ((LANGUAGE, PERSONAL, NEAR) if task.prose else (NEAR,))]
    facts += [ELSEWHERE.format(name) for name in ("row_id", "subject")]
    yield gxe.ExpectTableColumnsToMatchSet(
        column_set=[*columns, *facts], exact_match=True, meta=_says("the columns promised, and no other")
    )
    yield gxe.ExpectTableRowCountToBeBetween(
        min_value=settings.min_rows, meta=_says(f"at least {settings.min_rows} rows (validate.min_rows)")
    )


def _of_the_rows(split: str, settings: Validate, labels: list[str], task: Task) -> Iterator[Expectation]:
    (text,), target = task.text_columns, task.target_column
    for column in ("row_id", text, target):
        yield gxe.ExpectColumnValuesToNotBeNull(column=column, meta=_says("no value is missing"))
    yield gxe.ExpectColumnValuesToBeUnique(column="row_id", meta=_says("no row twice"))
    yield gxe.ExpectColumnValuesToBeInSet(
        column=target, value_set=labels, meta=_says("only the labels allowed (validate.labels)")
    )
    if split == "train" and task.labelled:
        yield gxe.ExpectColumnUniqueValueCountToBeBetween(
            column=target, min_value=2, meta=_says("two labels or more, or there is nothing to tell apart")
        )
    if task.prose:
        yield from _of_the_prose(text, settings)
    never = {
        NEAR.format(text): "no text is like one in another split",
        ELSEWHERE.format("row_id"): "no row is in two splits",
        ELSEWHERE.format("subject"): "no person is in two splits",
    }
    for column, says in never.items():
        yield gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[False], meta=_says(says))


def _of_the_prose(text: str, settings: Validate) -> Iterator[Expectation]:
    yield gxe.ExpectColumnValueLengthsToBeBetween(
        column=text,
        min_value=settings.min_length,
        max_value=settings.max_length,
        meta=_says(
            f"{settings.min_length} to {settings.max_length} characters (validate.min_length, .max_length)"
        ),
    )
    yield gxe.ExpectColumnValuesToBeInSet(
        column=LANGUAGE.format(text),
        value_set=[True],
        mostly=settings.language_share,
        meta=_says(f"at least {settings.language_share:.0%} in project.language (validate.language_share)"),
    )
    yield gxe.ExpectColumnValuesToBeInSet(
        column=PERSONAL.format(text),
        value_set=[False],
        meta=_says("nothing that the rules know as personal is left"),
    )


def _says(line: str) -> dict[str, str]:
    return {"says": line}
