"""The stage `tokenize`: `data/augmented/` to `data/tokens/`."""

import os

from stages import tasks
from stages.artifacts import AUGMENTED, SPLITS, TOKENIZER, TOKENS, new_folder, read_table, report, write_json
from stages.door import enter, say
from stages.params import Params
from stages.tokenize.arrays import write_meta, write_split


def body(params: Params) -> None:
    # said outright, since the library otherwise falls silent or warns whenever a process forks
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from stages.tokenize.run import run

    tables = {name: read_table(AUGMENTED / f"{name}.parquet") for name in SPLITS}
    weights = params.train.weights if params.train.architecture == "pretrained" else None
    encoded = run(
        tables, tasks.get(params.project.task), params.tokenize, weights, params.augment.image.model_dump()
    )
    with new_folder(TOKENS) as folder:
        if encoded.tokenizer is not None:
            encoded.tokenizer.save(str(folder / TOKENIZER))
        for name, split in encoded.splits.items():
            write_split(folder, name, split)
        write_meta(folder, encoded.meta)
    write_json(
        report("tokenize") / "metrics.json", {"vocabulary": encoded.meta.vocabulary, **encoded.metrics}
    )
    for name, found in encoded.metrics.items():
        say(
            "tokenize",
            f"{name}: {found['rows']} rows, {found['mean_length']} tokens a row, "
            f"{found['cut_share']:.1%} cut, {found['unknown_share']:.2%} unknown",
        )


if __name__ == "__main__":
    enter("tokenize", body)
