"""`python -m stages.ingest.fingerprint`: data/source.json, which changes when the source does.

It holds digests and no times, so a file that was only touched reruns nothing. What it costs is kept low:
a file is read again only when its size, times or inode differ from those of the run before.
"""

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.artifacts import SOURCE, WORK, StageError, write_json
from stages.door import enter, say
from stages.ingest.sources.locate import is_sample, is_url
from stages.params import Params
from stages.params.ingest import Ingest

if TYPE_CHECKING:
    from stages.ingest.vault import Vault

MEMO = WORK / "source-digests.json"
# a file changed so short a time ago may change again without its times telling
_SETTLED = 2.0


def fingerprint(settings: Ingest, vault: "Vault") -> dict[str, Any]:
    """What is known of the source: equal for equal content, different for any change of it.

    The people who were erased are part of it, so that ingest runs again without them.

    Raises:
        StageError: the source cannot be found or read.
    """
    return {
        "format": 2,
        "vault": vault.id,
        "forgotten": vault.tombstones(),
        **_content(settings, vault),
    }


def _content(settings: Ingest, vault: "Vault") -> dict[str, Any]:
    source = settings.source
    if is_sample(source):
        from stages.ingest.sources.samples import package_of, path_of

        package = package_of(str(source))
        if package is None:
            with path_of(str(source)).open("rb") as file:
                return {"sample": source, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        return {"sample": source, "package": package[0], "version": package[1]}
    if is_url(source):
        return _query(str(source), settings, vault)
    from stages.ingest.sources import files_behind

    return {"files": _files(files_behind(settings))}


def _query(url: str, settings: Ingest, vault: "Vault") -> dict[str, Any]:
    """Reads the whole result, since a database changes without notice.

    The digest is keyed, and a sum over the rows: their order, which a database is free to change, does
    not count.
    """
    from stages.ingest.sources.sql import stream

    rows = stream(url, settings.query or "", settings.chunk_rows)
    names = next(rows)
    count = total = 0
    for values in rows:
        row = repr(values).encode("utf-8", "surrogateescape")
        total += int.from_bytes(hmac.digest(vault.identity.rows, row, "sha256"), "big")
        count += 1
    digest = f"{total % 2**256:064x}"
    return {"query": settings.query, "columns": names, "rows": count, "hmac_sha256_sum": digest}


def _files(paths: list[Path]) -> dict[str, Any]:
    """Size and SHA-256 of each file."""
    known = _remembered()
    fresh: dict[str, list[Any]] = {}
    found = {}
    for path in paths:
        try:
            state = path.stat()
            stamp = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
            entry = known.get(str(path))
            if entry and entry[:-1] == stamp:
                digest = entry[-1]
            else:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise StageError(f"{path}: cannot be read; check its owner and mode") from None
        found[path.as_posix()] = {"size": state.st_size, "sha256": digest}
        if time.time() - max(state.st_mtime, state.st_ctime) > _SETTLED:
            fresh[str(path)] = [*stamp, digest]
    if fresh != known:
        write_json(MEMO, fresh)
    return found


def _remembered() -> dict[str, list[Any]]:
    try:
        found = json.loads(MEMO.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def body(params: Params) -> None:
    """Writes `data/source.json`; makes key and vault where there are none, as it names the vault."""
    from stages.ingest.vault import open_or_make_vault

    vault, made = open_or_make_vault(params.project.name, params.ingest.vault)
    for path in made:
        say(
            "source",
            f"made {path} (mode 0600); keep a copy: without it, sealed data cannot be read",
        )
    write_json(SOURCE, fingerprint(params.ingest, vault))


if __name__ == "__main__":
    enter("source", body)
