"""The page on privacy: audits with intervals and gates, in whatever state the run is, and no value."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stages.artifacts import Check, Verdict, write_json, write_verdict
from stages.report.collect import collect
from stages.report.privacy import render_privacy

LINE = ("clean", "train", "evaluate", "distill", "deploy")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stages = {name: {"metrics": [f"reports/{name}/resources.json"]} for name in LINE}
    Path("dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    return tmp_path


def finish(exposure: float | None = 4.5) -> None:
    for name in LINE:
        write_json(Path("reports") / name / "resources.json", {"seconds": 1.0})
    canaries = {"people": 20, "values": 41, "survived": 1, "survivors": {"PHONE": 1}}
    cleaned = {"masked": {"EMAIL": 3, "PERSON": 1200}, "quarantine": {"a reason": 7}, "canaries": canaries}
    write_json(Path("reports/clean/metrics.json"), cleaned)
    write_json(Path("reports/train/metrics.json"), {"privacy": {"epsilon": 7.9, "delta": 1e-5}})
    member = {"auc": 0.71, "auc_interval": {"low": 0.68, "high": 0.74}, "tpr": 0.02, "rows": 500}
    canary = {"exposure": exposure, "exposure_interval": {"low": 3.5, "high": 5.5}}
    leaks = {"membership": member, **({"canary": canary} if exposure is not None else {})}
    write_json(Path("reports/evaluate/metrics.json"), {"leaks": leaks})
    served = {"auc": 0.52, "auc_interval": {"low": 0.5, "high": 0.54}, "tpr": 0.01, "rows": 500}
    budget = {"epsilon": 7.9, "delta": 1e-5, "training_rows": 6000, "rows_without_promise": 800}
    write_json(Path("reports/distill/metrics.json"), {"leaks": {"membership": served}, "privacy": budget})
    write_verdict("distill", Verdict((Check("membership_auc", 0.52, 0.65, True),)))
    failed = Check("membership_auc", 0.71, 0.65, False), Check("canary_exposure", exposure, 5.0, True)
    write_verdict("evaluate", Verdict(failed))
    write_verdict("deploy", Verdict((Check("traces_of_masked_values", 0, 0, True),)))


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_every_audit_stands_with_its_interval_chance_and_gate(project: Path) -> None:
    finish()
    page = text(render_privacy(collect(), "tweets"))
    assert "(area under the curve) 0.71 0.68 0.74 0.5 0.65 ✗ failed" in page
    assert "at 1% false alarms (share) 0.02 – – 0.01 – no gate asks" in page
    assert "(bits of 10) 4.5 3.5 5.5 1.44 5 ✓ passed" in page
    assert "PERSON 1,200 EMAIL 3" in page
    assert "a reason 7" in page
    assert "largest privacy loss of a training row 7.9" in page
    assert "validation rows, which it is not for 800" in page
    about = "Rows it learned from told from others by their loss (area under the curve)"
    assert f"Student {about} 0.52 0.5 0.54 0.5 0.65 ✓ passed" in page
    assert "✓ passed 0 masked values were found again" in page


def test_public_text_is_told_with_its_reason(project: Path) -> None:
    finish()
    assert "was public" not in render_privacy(collect(), "tweets")
    write_json(Path("reports/clean/metrics.json"), {"masked": {"CARD": 3}, "public": "published <news>"})
    page = render_privacy(collect(), "tweets")
    assert "The text was public (published &lt;news&gt;), so only credentials" in page


def test_an_audit_that_could_not_be_held_is_shown_so(project: Path) -> None:
    finish(exposure=None)
    write_verdict("evaluate", Verdict((Check("canary_exposure", None, 3.0, False),)))
    assert "(bits of 10) not measured – – 1.44 3 ✗ failed" in text(render_privacy(collect(), "tweets"))


def test_the_gold_set_is_shown_where_it_was_measured_as_numbers_only(project: Path) -> None:
    assert "Not measured here" in render_privacy(collect(), "")
    Path("masking.json").write_text('{"retort": {"leak": 0.125, "worst": "Amara Okafor"}}', encoding="utf-8")
    page = render_privacy(collect(), "", Path("masking.json"))
    assert "retort, share of personal characters left visible 0.125" in text(page)
    assert "Amara" not in page


def test_it_works_before_and_after_a_failure(project: Path) -> None:
    assert "Nothing has been masked yet" in render_privacy(collect(), "")
    finish()
    Path("reports/evaluate/resources.json").unlink()
    Path("reports/clean/metrics.json").write_text('{"masked": ', encoding="utf-8")
    page = text(render_privacy(collect(), ""))
    assert "stopped in evaluate" in page
    assert "Could not be read: reports/clean/metrics.json" in page


def test_it_is_well_formed_and_needs_no_network(project: Path) -> None:
    finish()
    page = render_privacy(collect(), "<script>alert(1)</script>")
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|url\(|@import|<script""", page)
    outline = Tags()
    outline.feed(page)
    assert outline.open == []
    assert outline.ids == sorted(set(outline.ids), key=outline.ids.index)
    assert outline.links == ["data:,", "index.html"]


class Tags(HTMLParser):
    """Tags left open, ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found["href"]] if found.get("href") else []
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
