"""What masking many texts costs: memory by number of documents, the cache, a long text.

    python benchmarks/streaming.py [DOCUMENTS]

Aims: memory that does not grow with the number of documents; a second run in a tenth of the first one's time.
Documents are the sample of tweets, over and over, each numbered so that none repeats. Seconds are of the
processor; each figure is of a process of its own.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from stages.clean.masking import Masker, mask_stream
from stages.clean.masking.cache import Cache
from stages.ingest.sources import tables
from stages.params.clean import Masking
from stages.params.ingest import Ingest

RULES = Masking(tagger="none")
TAGGED = 2000
"""documents for the cache"""
LONG = 2_000_000
"""characters of the long text"""


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for count in (most // 10, most):
        seconds, peak = apart(by_rules, count)
        print(f"{count} documents by rules: {count / seconds:.0f} a second, peak {peak:.0f} MiB")
    with tempfile.TemporaryDirectory() as folder:
        first, second = (apart(with_cache, Path(folder))[0] for _ in range(2))
    print(f"{TAGGED} documents with the tagger: {first:.2f} s; again, from the cache: {second:.2f} s")
    seconds, peak = apart(one_text, LONG)
    print(f"one text of {LONG / 1e6:.0f} MB by rules: {LONG / 1e6 / seconds:.2f} MB/s, peak {peak:.0f} MiB")


def by_rules(count: int) -> None:
    for _ in mask_stream(documents(count), RULES, "en", "local"):
        pass


def with_cache(folder: Path) -> None:
    masking, key = Masking(), b"k" * 64
    with Cache(key, masking, "en", folder) as cache:
        for _ in mask_stream(documents(TAGGED), masking, "en", "local", key, cache):
            pass


def one_text(length: int) -> None:
    Masker.from_params(RULES, "en").mask(["\n".join(documents(length // 50))[:length]])


def documents(count: int) -> Iterator[str]:
    (table,) = tables(Ingest())
    rows = islice(table.read({"text": "ingest.columns.text"}), 5000)
    texts = [str(row.cells["text"]) for row in rows if row.cells]
    return (f"{number} {texts[number % len(texts)]}" for number in range(count))


def apart(work: Callable[..., None], argument: object) -> tuple[float, float]:
    """Processor seconds and peak memory, in MiB, of `work` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measured, args=(work, argument, theirs))
    process.start()
    theirs.close()
    found: tuple[float, float] = ours.recv()
    process.join()
    return found


def _measured(work: Callable[..., None], argument: object, answer: Connection) -> None:
    started = time.process_time()
    work(argument)
    seconds = time.process_time() - started
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


if __name__ == "__main__":
    main()
