"""The graph is DVC's: whatever dvc.yaml says, the flow has."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.dag import Dag
from flows.errors import Busy, FlowError


def test_stages_come_in_the_order_of_the_data(tiny: Path) -> None:
    stages = Dag().stages
    assert [(stage.name, stage.upstream) for stage in stages] == [
        ("source", ()),
        ("double", ("source",)),
        ("total", ("double",)),
    ]
    assert stages[1].command == "python double.py"


def test_a_stage_added_to_dvc_yaml_is_in_the_graph(tiny: Path) -> None:
    text = Path("dvc.yaml").read_text()
    added = "  halve:\n    cmd: python halve.py\n    deps: [doubled.txt]\n    outs: [halved.txt]\n"
    Path("dvc.yaml").write_text(
        text.replace("  total:\n", added + "  total:\n").replace(
            "deps: [doubled.txt, total.py]", "deps: [doubled.txt, halved.txt, total.py]"
        )
    )
    stages = {stage.name: stage.upstream for stage in Dag().stages}
    assert list(stages) == ["source", "double", "halve", "total"]
    assert stages["total"] == ("double", "halve")


def test_files_that_dvc_only_stores_are_no_stages(tiny: Path) -> None:
    Path("numbers.txt").write_text("1")
    subprocess.run([sys.executable, "-m", "dvc", "add", "-q", "numbers.txt"], check=True)
    assert "numbers.txt.dvc" not in {stage.name for stage in Dag().stages}


def test_what_never_ran_is_changed(tiny: Path) -> None:
    assert Dag().changed("double")


def test_a_stage_is_changed_when_its_code_or_outputs_differ(ran: Path) -> None:
    dag = Dag()
    assert dag.changed("source"), "always_changed"
    assert not dag.changed("double")
    assert not dag.changed("total")
    Path("total.py").write_text(Path("total.py").read_text() + "# edited\n")
    assert not dag.changed("double")
    assert dag.changed("total")
    Path("doubled.txt").unlink()
    assert dag.changed("double")


def test_a_new_source_changes_what_reads_it_once_it_ran(ran: Path) -> None:
    dag = Dag()
    Path("source.py").write_text("open('source.txt', 'w').write('22')\n")
    assert not dag.changed("double")
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q", "-s", "source"], check=True)
    assert dag.changed("double")


def test_no_pipeline_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FlowError, match=r"^dvc\.yaml: not found"):
        Dag()


def test_a_broken_pipeline_is_one_line(tiny: Path) -> None:
    Path("dvc.yaml").write_text("stages:\n  double:\n    cmd: [\n")
    with pytest.raises(FlowError) as caught:
        Dag()
    assert "\n" not in str(caught.value)


def test_another_dvc_at_work_is_said_so(tiny: Path) -> None:
    code = "from dvc.repo import Repo; r = Repo('.'); r.lock.lock(); print('locked', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(Busy, match="another DVC process"):
            Dag().changed("double")
        other.communicate("\n")
