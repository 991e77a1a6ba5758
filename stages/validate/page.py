"""The results as one page that needs nothing else: no script, no network, light and dark."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stages.artifacts import SPLITS
from stages.validate.run import Finding


def page(findings: list[Finding]) -> str:
    """The results as HTML, failures first within each split."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    splits = {
        split: sorted((one for one in findings if one.split == split), key=lambda one: one.passed)
        for split in SPLITS
    }
    failed = sum(not one.passed for one in findings)
    return environment.get_template("page.html.j2").render(splits=splits, total=len(findings), failed=failed)
