from pathlib import Path

import pandas as pd
import pytest

from stages.artifacts import StageError, write_table
from stages.clean.tables import sealed_rows


def test_the_ciphertext_is_copied_untouched(tmp_path: Path):
    for part in range(2):
        rows = {"row_id": [f"{part}{n}" for n in range(3)], "sealed": [bytes([part, n]) for n in range(3)]}
        write_table(tmp_path / f"part-0000{part}.parquet", pd.DataFrame(rows))
    found = sealed_rows(tmp_path, {"12": "late", "00": "early"})
    assert found.to_dict("list") == {
        "row_id": ["00", "12"],
        "sealed": [b"\x00\x00", b"\x01\x02"],
        "reason": ["early", "late"],
    }
    assert sealed_rows(tmp_path, {}).columns.tolist() == ["row_id", "sealed", "reason"]
    with pytest.raises(StageError, match="1 rows to quarantine are missing"):
        sealed_rows(tmp_path, {"99": "gone"})
