"""Runs the suites, and keeps of the results what may be shown: counts, never a value."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: nothing is sent anywhere

import great_expectations as gx
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig

from stages.artifacts import SPLITS, Check, Verdict
from stages.params.clean import Masking
from stages.params.validate import Validate
from stages.tasks import Task
from stages.validate.facts import with_facts
from stages.validate.suites import suite

_FORMAT = {"result_format": "BASIC", "exclude_unexpected_values": True}


@dataclass(frozen=True)
class Finding:
    """How one expectation fared.

    Attributes:
        expectation: its type, as Great Expectations names it.
        column: what it looks at, or `table`.
        split: `train`, `valid` or `test`.
        says: the expectation in words.
        passed: whether it holds.
        rows: rows looked at; null where it could not be evaluated.
        unexpected: rows against it; null for an expectation of the whole column or table.
        observed: what was counted, for an expectation of the whole column or table.
    """

    expectation: str
    column: str
    split: str
    says: str
    passed: bool
    rows: int | None
    unexpected: int | None
    observed: int | None

    @property
    def counts(self) -> str:
        """The counts in words."""
        if self.unexpected is not None:
            return f"{self.unexpected} of {self.rows} rows are against it"
        return "not evaluated" if self.observed is None else f"{self.observed} found"


def run(
    tables: dict[str, pd.DataFrame],
    settings: Validate,
    masking: Masking,
    near_duplicates: float | None,
    language: str,
    task: Task,
    groups: list[str],
    plain: Callable[[str], str] = str,
) -> list[Finding]:
    """Holds the splits against their suites, each split in turn.

    Args:
        tables: `train`, `valid` and `test` as `clean` wrote them.
        settings: `validate`.
        masking: `clean.masking`, for the search for what is left.
        near_duplicates: `clean.near_duplicates`.
        language: `project.language`.
        task: names the columns, and says what may be expected of them.
        groups: names of the group columns.
        plain: puts tokens in place of surrogates that masking put into the texts.
    """
    (text,), target = task.text_columns, task.target_column
    wider = with_facts(tables, text, masking, near_duplicates, language, task, plain)
    labels = settings.labels
    if labels is None:
        train = tables["train"]
        labels = sorted(train[target].dropna().unique()) if target in train else []
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("splits")
    findings: list[Finding] = []
    for split in SPLITS:
        expectations = context.suites.add(suite(split, settings, labels, task, groups))
        batch = source.add_dataframe_asset(split).add_batch_definition_whole_dataframe("all")
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=split, data=batch, suite=expectations)
        )
        result = definition.run(batch_parameters={"dataframe": wider[split]}, result_format=_FORMAT)
        findings += sorted(_findings(split, result.results), key=lambda one: (one.column, one.expectation))
    return findings


def verdict(findings: list[Finding]) -> Verdict:
    """One check for each expectation."""
    return Verdict(
        tuple(
            Check(
                f"{finding.split}: {finding.column}: {finding.expectation}",
                finding.observed if finding.unexpected is None else finding.unexpected,
                finding.says,
                finding.passed,
            )
            for finding in findings
        )
    )


def _findings(split: str, results: list[ExpectationValidationResult]) -> Iterator[Finding]:
    for result in results:
        config = result.expectation_config
        assert config is not None  # noqa: S101
        counts = result.result
        observed = counts.get("observed_value")
        yield Finding(
            expectation=config.type,
            column=config.kwargs.get("column", "table"),
            split=split,
            says=(config.meta or {}).get("says", ""),
            passed=bool(result.success),
            rows=counts.get("element_count"),
            unexpected=counts.get("unexpected_count"),
            # an observed value that is no count may be data
            observed=observed if isinstance(observed, int) else None,
        )
