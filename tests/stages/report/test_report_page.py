"""The page shows what there is, says where the line stopped, and fails on nothing."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from stages import tasks
from stages.artifacts import Check, Verdict, write_json, write_verdict
from stages.report.collect import collect
from stages.report.facts import SCORES
from stages.report.page import chart, flat, number, render

LINE = ("ingest", "clean", "validate", "train", "evaluate", "distill", "deploy")
JUDGED = ("clean", "validate", "evaluate", "distill", "deploy")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stages: dict[str, Any] = {"source": {"cmd": "x", "always_changed": True, "outs": ["data/source.json"]}}
    for name in LINE:
        stages[name] = {
            "desc": f"what {name} is for",
            "metrics": [{f"reports/{name}/resources.json": {"cache": False}}],
        }
    Path("dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    return tmp_path


def finish(stage: str, verdict: bool | None = None) -> None:
    if verdict is not None:
        write_verdict(stage, Verdict((Check("accuracy_gate", 0.5 + verdict / 4, 0.6, verdict),)))
    resources = {"seconds": 12.5, "cpu_seconds": 20.0, "peak_mib": 300.0, "energy_wh": 0.18}
    write_json(Path("reports") / stage / "resources.json", resources)


def finish_all() -> None:
    for stage in LINE:
        finish(stage, True if stage in JUDGED else None)


def test_report_of_a_whole_run(project: Path) -> None:
    finish_all()
    run = collect()
    assert [stage.name for stage in run.stages] == list(LINE)
    assert {stage.name: stage.state for stage in run.stages}["train"] == "done"
    page = render(run, "tweets")
    assert "every verdict passed" in page
    assert f"{12.5 * len(LINE):.4g}" in text(page)
    assert "what clean is for" in page


def test_report_before_anything_ran(project: Path) -> None:
    page = render(collect(), "tweets")
    assert "Nothing has run yet" in page
    assert "Stopped in" not in page


def test_report_without_dvc_yaml_or_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Nothing has run yet" in render(collect(), "")


def test_report_names_the_stage_that_stopped_and_why(project: Path) -> None:
    finish("ingest")
    finish("clean", True)
    write_verdict("validate", Verdict((Check("no_personal_value", 3, 0, False),)))
    run = collect()
    assert run.stopped is not None
    assert run.stopped.name == "validate"
    page = text(render(run, "tweets"))
    assert "Stopped in validate" in page
    assert "validate: no personal value 3, limit 0" in page


def test_report_marks_what_is_of_an_earlier_run(project: Path) -> None:
    finish_all()
    (project / "reports" / "validate" / "resources.json").unlink()
    run = collect()
    assert run.stopped is not None
    assert run.stopped.name == "validate"
    assert {stage.state for stage in run.stages[3:]} == {"earlier"}
    assert "37.5" not in text(
        render(run, "tweets")
    )  # neither the stopped stage nor an earlier run is in the total
    assert text(render(run, "tweets")).count("○ earlier run") == 4


def test_report_of_a_failed_verdict_that_does_not_stop_the_line(project: Path) -> None:
    finish_all()
    finish("evaluate", False)
    (project / "reports" / "deploy" / "resources.json").unlink()
    page = text(render(collect(), "tweets"))
    assert "stopped in deploy; before it, evaluate failed" in page
    assert "evaluate: accuracy gate 0.5, limit 0.6" in page


def test_report_survives_damaged_and_strange_files(project: Path) -> None:
    finish_all()
    reports = project / "reports"
    (reports / "clean" / "metrics.json").write_text('{"rows": ', encoding="utf-8")
    (reports / "ingest" / "metrics.json").write_bytes(b"\xff\xfe")
    (reports / "evaluate" / "metrics.json").write_text("[1, 2]", encoding="utf-8")
    (reports / "distill" / "metrics.json").write_text(
        '{"student": 3, "teacher": [], "kept": null}', encoding="utf-8"
    )
    (reports / "validate" / "verdict.json").write_text('{"checks": [1, {"name": "x"}]}', encoding="utf-8")
    curves = reports / "train" / "plots" / "metrics"
    curves.mkdir(parents=True)
    (curves / "loss.tsv").write_text("nonsense\n1\n", encoding="utf-8")
    (reports / "evaluate" / "confusion.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    run = collect()
    assert len(run.damaged) == 5
    page = render(run, "tweets")
    assert "reports/clean/metrics.json" in page


def test_report_escapes_labels(project: Path) -> None:
    finish_all()
    label = "<script>alert(1)</script>"
    scores = {"precision": 0.5, "recall": 0.25, "f1": 0.33, "rows": 4}
    write_json(Path("reports/evaluate/metrics.json"), {"accuracy": 0.5, "per_class": {label: scores}})
    page = render(collect(), label)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("name", ["text-classification", "token-classification", "text-generation"])
def test_report_names_the_score_and_the_baseline_of_the_task(project: Path, name: str) -> None:
    finish_all()
    task = tasks.get(name)
    found = {
        **{task.headline: 0.5, "lead": 0.25, "baseline": {task.headline: 0.25}},
        **{"headline": task.headline, "rival": task.rival},
    }
    write_json(Path("reports/evaluate/metrics.json"), found)
    page = render(collect(), "p")
    assert f"Baseline: {task.rival}" in page
    assert f"teacher's {SCORES[task.headline]}".replace("'", "&#39;") in page


def test_report_counts_the_confusion(project: Path) -> None:
    finish_all()
    rows = "good,good\ngood,good\ngood,bad\nbad,bad\n"
    Path("reports/evaluate/confusion.csv").write_text("actual,predicted\n" + rows, encoding="utf-8")
    matrix = re.search(r'<table class="confusion">.*?</table>', render(collect(), "t"), re.DOTALL)
    assert matrix is not None
    assert re.findall(r"<td[^>]*>(\d+)</td>", matrix[0]) == ["1", "0", "1", "2"]


def test_report_draws_the_learning_curves(project: Path) -> None:
    finish_all()
    for series, values in {"train": (1.0, 0.5), "valid": (0.9, 0.7)}.items():
        path = Path("reports/train/plots/metrics") / series / "loss.tsv"
        path.parent.mkdir(parents=True)
        lines = [f"{step}\t{value}\n" for step, value in enumerate(values)]
        path.write_text("step\tloss\n" + "".join(lines), encoding="utf-8")
    run = collect()
    assert run.curves == {"loss": {"train": [(0, 1.0), (1, 0.5)], "valid": [(0, 0.9), (1, 0.7)]}}
    page = render(run, "tweets")
    assert 'aria-label="loss by step: train ends at 0.5; valid ends at 0.7"' in page


def test_report_scales_curves_into_the_chart() -> None:
    drawn = chart("loss", {"train": [(0, 4.0), (10, 2.0)], "valid": [(5, 3.0)]}, ["train", "valid"])
    assert drawn.lines[0].points == "0.0,0.0 300.0,120.0"
    assert drawn.lines[1].points == "0.0,60.0 300.0,60.0"
    assert chart("flat", {"": [(1, 2.0), (2, 2.0)]}, [""]).lines[0].points == "0.0,120.0 300.0,120.0"


def test_report_needs_no_network_and_is_well_formed(project: Path) -> None:
    finish_all()
    page = render(collect(), "tweets")
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|url\(|@import|<script""", page)
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert outline.headings[0] == 1
    assert all(
        after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert outline.headings.count(1) == 1
    assert len(outline.ids) == len(set(outline.ids))
    assert {link for link in outline.links if link.startswith("#")} <= {f"#{one}" for one in outline.ids}


def test_report_is_the_same_for_the_same_reports(project: Path) -> None:
    finish_all()
    assert render(collect(), "tweets") == render(collect(), "tweets")


def test_report_numbers_and_names() -> None:
    assert [number(value) for value in (None, True, 12345, 0.123456, 98765.4, "x")] == [
        "–", "yes", "12,345", "0.1235", "98,765", "x",
    ]  # fmt: skip
    assert flat({"a": {"b": 1, "c": [1]}, "d": None}) == [("a.b", 1), ("d", None)]


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


class Outline(HTMLParser):
    """Headings, ids, links and the tags left open."""

    VOID = frozenset({"meta", "link", "path", "polyline", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found["href"]] if found.get("href") else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_what_augmentation_gained_is_shown_where_it_was_measured(project: Path) -> None:
    finish_all()
    assert "Augmentation of few rows" not in render(collect(), "tweets")
    write_json(
        Path("benchmarks/results/augmentation.json"), {"bbc": {"swap": {"accuracy": 0.8, "gain": 0.03}}}
    )
    assert "Augmentation of few rows" in render(collect(), "tweets")
    Path("benchmarks/results/augmentation.json").write_text("[")
    assert "Augmentation of few rows" not in render(collect(), "tweets")
