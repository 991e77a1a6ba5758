"""Writes `reports/index.html` and `reports/privacy.html`.

Not a stage of dvc.yaml: it works after a run that stopped half-way too.
"""

import sys

from stages.artifacts import REPORTS, StageError, write_text
from stages.params import ParamsError, load
from stages.report.collect import collect
from stages.report.page import render
from stages.report.privacy import render_privacy


def main() -> None:
    try:
        project = load().project.name
    except ParamsError:  # the page is most wanted when something is wrong
        project = ""
    target = REPORTS / "index.html"
    try:
        run = collect()
        write_text(REPORTS / "privacy.html", render_privacy(run, project))
        write_text(target, render(run, project))
    except StageError as error:
        sys.exit(f"error: report: {error}")
    except OSError as error:
        sys.exit(f"error: report: {target}: {error.strerror}; look at what lies there")
    print(f"[report] {target}")


if __name__ == "__main__":
    main()
