"""From raw records to masked, deduplicated, split rows: the whole of `clean`, without files."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stages import tasks
from stages.artifacts import SPLITS, Check, StageError, Verdict, at_most
from stages.clean.audit import Audit, audit
from stages.clean.dedup import near_duplicates
from stages.clean.flow import Flow, Row
from stages.clean.leftover import holds_personal_value
from stages.clean.masking import MARK
from stages.clean.masking.cache import Cache
from stages.clean.normalise import Normaliser
from stages.clean.splits import anchor, label_gap, label_shares, split_of
from stages.clean.traces import Traces
from stages.ingest.raw import Record
from stages.params.clean import Clean
from stages.tasks import Task


@dataclass(frozen=True)
class Outcome:
    """What cleaning came to.

    Attributes:
        splits: the rows of each split, in the order of the source.
        quarantined: the reason, by row_id, of each row that could not be vouched for.
        metrics: counts only.
        surrogates: the pseudonyms that surrogates in the rows are made from, by type.
        verdict: whether the splits may be used.
        traces: what no later file may hold.
    """

    splits: dict[str, list[Row]]
    quarantined: dict[str, str]
    metrics: dict[str, object]
    surrogates: dict[str, list[str]]
    verdict: Verdict
    traces: Traces


def run(
    records: Iterable[Record],
    people: Mapping[str, bytes],
    settings: Clean,
    language: str,
    seed: int,
    tell: Callable[[str], None],
    task: Task | None = None,
    key: bytes | None = None,
    cache: Cache | None = None,
) -> Outcome:
    """Repairs, normalises, deduplicates, masks, audits and splits.

    Args:
        records: rows with plain text, in the order of the source.
        people: keyless digests of the people that the rows are about, by their keyed hash.
        settings: `clean`.
        language: `project.language`.
        seed: `project.seed`.
        tell: takes lines of progress.
        task: what the rows are for; without one, to be classified.
        key: secret bytes for pseudonyms and surrogates.
        cache: what the masker found before.

    Raises:
        StageError: there are no rows, none is left, or labels or groups hold personal values.
    """
    task = task or tasks.get("text-classification")
    normaliser = Normaliser(settings.repair, settings.normalise, language)
    seen = normaliser.before if task.prose else str
    flow = Flow([Row(record, seen(record.text)) for record in records], task)
    flow.must_hold(1, "data/raw: holds no rows; check ingest.source and ingest.filter")
    _refuse_personal_columns([row.record for row in flow.rows], settings, language, task)
    audited = audit(flow.texts if task.prose else [], settings, language, seed)
    tell(f"audit: of {audited.values} values of made-up people {audited.survived} survived masking")

    flow.keep("empty", [bool(text) for text in flow.texts])
    flow.must_hold(1, "data/raw: every text is empty; check ingest.columns.text")
    flow.keep_distinct("before_masking")
    _refuse_one_text(flow)
    offered = len(flow.rows)
    tell(f"masking {offered} rows; {flow.counts['in'] - offered} are empty or repeat another")
    masked = Counter[str]()
    if task.prose:
        masked = flow.mask(settings, language, key, cache)
        flow.quarantine_left(normaliser, settings, language)
    if task.unmasked is not None:
        tell(task.unmasked)
    tell(f"{sum(masked.values())} values are masked, {len(flow.quarantined)} rows quarantined")

    if flow.rows:
        flow.keep("nothing_left", [bool(MARK.sub("", text).strip()) for text in flow.texts])
        flow.must_hold(1, "data/raw: every text is masked away entirely; check ingest.columns.text")
        flow.keep_distinct("after_masking")
        if task.prose and settings.near_duplicates is not None:
            near = near_duplicates(flow.compared, settings.near_duplicates)
            flow.keep("near_duplicates", [match is None for match in near])
        _refuse_one_text(flow)
    flow.counts |= {"quarantined": len(flow.quarantined), "out": len(flow.rows)}

    surrogates = flow.word_surrogates(normaliser, settings, language)
    splits = _split(flow.rows, people, settings, seed, task)
    sizes = ", ".join(f"{name} {len(part)}" for name, part in splits.items())
    tell(f"{len(flow.rows)} rows are left: {sizes}")
    metrics: dict[str, object] = {
        "rows": flow.counts,
        "masked": dict(sorted(masked.items())),
        "quarantine": dict(sorted(Counter(flow.quarantined.values()).items())),
        "canaries": {
            "people": audited.people,
            "values": audited.values,
            "survived": audited.survived,
            "survivors": audited.survivors,
        },
        "splits": _split_metrics(splits, task),
        "targets": dict(sorted(_fates(flow.rows, task).items())),
    }
    verdict = _verdict(flow, offered, audited, settings, task)
    return Outcome(splits, flow.quarantined, metrics, surrogates, verdict, flow.traces)


def _refuse_one_text(flow: Flow) -> None:
    if len(flow.rows) < 2 <= flow.counts["in"]:
        raise StageError(
            f"data/raw: of {flow.counts['in']} rows {len(flow.rows)} is left once duplicates are dropped; "
            "check ingest.columns.text, or raise clean.near_duplicates"
        )


def _refuse_personal_columns(records: list[Record], settings: Clean, language: str, task: Task) -> None:
    """Labels and groups go on as they are, into reports too: they must not hold personal values."""
    columns = {"ingest.columns.label": {name for record in records for name in task.classes(record.label)}}
    for record in records:
        for name, value in record.groups.items():
            columns.setdefault(f"ingest.columns.groups ({name!r})", set()).update({value} if value else ())
    for column, values in columns.items():
        found = sum(holds_personal_value(sorted(values), settings.masking, language))
        if found:
            raise StageError(
                f"{column}: {found} of its {len(values)} different values hold personal data, which is not "
                "masked here; choose another column"
            )


def _split(
    rows: list[Row], people: Mapping[str, bytes], settings: Clean, seed: int, task: Task
) -> dict[str, list[Row]]:
    splits: dict[str, list[Row]] = {name: [] for name in SPLITS}
    for row in rows:
        subject = row.record.subject
        place = anchor(
            task.anchored(row.record.text, settings.splits.apart),
            None if subject is None else people[subject],
        )
        splits[split_of(place, seed, settings.splits)].append(row)
    return splits


def _fates(rows: list[Row], task: Task) -> Counter[str]:
    """How many targets cleaning kept, and what it did to the others."""
    counts = Counter[str]()
    for row in rows:
        label, before = row.record.label, row.record.text
        fate = task.fate(label, before, task.moved(label, before, row.text), row.text)
        counts.update([fate] if fate else [])
    return counts


def _split_metrics(splits: dict[str, list[Row]], task: Task) -> dict[str, object]:
    labels = {
        name: [label for row in part for label in task.classes(row.record.label)]
        for name, part in splits.items()
    }
    whole = [label for part in labels.values() for label in part]
    return {
        name: {"rows": len(splits[name]), "labels": label_shares(part), "label_gap": label_gap(part, whole)}
        for name, part in labels.items()
    }


def _verdict(flow: Flow, offered: int, audited: Audit, settings: Clean, task: Task) -> Verdict:
    share = round(len(flow.quarantined) / offered, 6)
    unmasked = () if task.unmasked is None else (Check(task.unmasked, len(flow.rows), None, True),)
    return Verdict(
        (
            *unmasked,
            *at_most("share of rows quarantined", share, settings.quarantine_limit),
            *at_most("canary values that survived masking", audited.survived, 0),
            Check("rows left", len(flow.rows), 1, len(flow.rows) >= 1),
        )
    )
