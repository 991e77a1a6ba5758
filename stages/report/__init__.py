"""The page for people: `python -m stages.report` writes `reports/index.html` from what lies in `reports/`."""
