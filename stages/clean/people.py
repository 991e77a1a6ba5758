"""What holds a person's rows together in one split, without their name and without the key."""

import hashlib
from pathlib import Path

from stages.ingest.key import load_key
from stages.ingest.mapping import Mapped
from stages.ingest.sealing import Seal


def digests_of_people(raw: Path) -> dict[str, bytes]:
    """The keyless digest of each person's name, by the keyed hash they have in the data. Never stored.

    One record of each person is unsealed for it.

    Raises:
        StageError: the key is missing or wrong, or a record is forged.
    """
    import pyarrow.parquet as pq

    seal = Seal(load_key())
    found: dict[str, bytes] = {}
    for file in sorted(raw.glob("part-*.parquet")):
        with pq.ParquetFile(file) as part:
            for batch in part.iter_batches(batch_size=1000, columns=["row_id", "subject", "sealed"]):
                for row in batch.to_pylist():
                    if row["subject"] is not None and row["subject"] not in found:
                        name = Mapped.of(seal.unseal(row["sealed"], row["row_id"])).subject or ""
                        found[row["subject"]] = hashlib.sha256(name.encode()).digest()
    return found
