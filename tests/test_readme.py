"""The READMEs say what is there, and say the same in both languages."""

import re
from pathlib import Path

import pytest

from stages.params.render import recipe
from tests.readme import CHINESE, ENGLISH, ROOT, blocks, commands


def headings(text: str) -> list[str]:
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+) ", outside, flags=re.MULTILINE)


def tree(text: str) -> list[str]:
    """Paths of the annotated tree, from its indentation of two spaces."""
    paths: list[str] = []
    parents: list[str] = []
    (block,) = blocks(text, "text")
    for line in block.splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        parents = [*parents[:depth], name.rstrip("/")]
        paths.append("/".join(parents) + ("/" if name.endswith("/") else ""))
    return paths


def test_readmes_have_the_same_shape() -> None:
    assert headings(ENGLISH) == headings(CHINESE)


@pytest.mark.parametrize("language", ["bash", "yaml", "mermaid"])
def test_readmes_give_the_same_commands(language: str) -> None:
    without_comments = [
        [re.sub(r"\s+#.*", "", block) for block in blocks(text, language)] for text in (ENGLISH, CHINESE)
    ]
    assert without_comments[0] == without_comments[1]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_paths_of_the_tree_exist(text: str) -> None:
    missing = [
        path
        for path in tree(text)
        if not (ROOT / path).exists() or path.endswith("/") != (ROOT / path).is_dir()
    ]
    assert not missing


def test_tree_names_every_room() -> None:
    rooms = {f"stages/{path.parent.name}/" for path in (ROOT / "stages").glob("*/__init__.py")}
    assert rooms <= set(tree(ENGLISH))


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_links_lead_somewhere(text: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(_code(ENGLISH))))
    assert {"run", "test"} <= named
    assert {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_retort_commands_exist() -> None:
    from flows.command import app

    known = {
        command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands
    }
    known |= {group.name for group in app.registered_groups}
    named = set(re.findall(r"\bretort ([a-z]+)", "\n".join(_code(ENGLISH))))
    assert {"run", "use", "release", "serve", "schedule"} <= named
    assert named <= known


def test_recipes_are_all_named() -> None:
    names = {path.stem for path in (ROOT / "recipes").glob("*.yaml")}
    assert {name for name in names if f"- `{name}`" not in ENGLISH} == set()


def test_own_table_takes_five_lines(tmp_path: Path) -> None:
    (block,) = blocks(ENGLISH, "yaml")
    assert len(block.splitlines()) <= 5
    path = tmp_path / "support-mail.yaml"
    path.write_text(block, encoding="utf-8")
    params = recipe(path)
    assert params.ingest.columns.text == "body"
    assert params.ingest.filter is None


def _code(text: str) -> list[str]:
    """Fenced commands and everything in back quotes."""
    return commands(text) + re.findall(r"`([^`\n]+)`", text)
