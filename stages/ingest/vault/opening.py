"""Finding a project's vault and the master key that opens it."""

from pathlib import Path

from sqlalchemy import insert, select

from stages.artifacts import ERASURES as CERTIFICATES
from stages.artifacts import StageError, read_json
from stages.ingest.key import Key, key_file, load_key, load_or_make_key, read_key
from stages.ingest.sources.sql import parse_url
from stages.ingest.vault.base import FACTS, Base
from stages.ingest.vault.log import append, now
from stages.ingest.vault.vault import ROOT, Vault
from stages.ingest.vault.wrapping import Wrapper, random_key

FORMAT = b"1"


def vault_file(project: str) -> Path:
    """Where a project's vault lies by default: beside the key's file, outside git and DVC."""
    return key_file().with_name(f"{key_file().name}.{project}.vault")


def next_key_file() -> Path:
    """The key that a rotation under way is about to put in place."""
    return key_file().with_name(f"{key_file().name}.next")


def base_of(project: str, url: str | None) -> Base:
    """The database of a project's vault.

    Args:
        project: `project.name`.
        url: `ingest.vault`.
    """
    return Base(parse_url(url or f"sqlite:///{vault_file(project).absolute()}", "ingest.vault"))


def find_vault(project: str, url: str | None) -> Vault | None:
    """The vault, or None where there is none yet.

    Raises:
        StageError: as `open_vault`.
    """
    base = base_of(project, url)
    return _open(base, project) if base.exists() else None


def open_vault(project: str, url: str | None) -> Vault:
    """Opens the vault.

    Raises:
        StageError: there is none; it can be read by others, is damaged or of another project; the master
            key that wraps it is lost, wrong or open to others.
    """
    found = find_vault(project, url)
    if found is None:
        shown = base_of(project, url).shown
        raise StageError(
            f"the vault {shown} is missing; put it back from your copy, or `dvc repro --force source ingest` "
            "seals the source anew with a new one"
        )
    return found


def open_or_make_vault(project: str, url: str | None) -> tuple[Vault, list[str]]:
    """Opens the vault; makes it, and the master key, where there is none.

    Returns:
        The vault, and what was made just now, for the user to copy.

    Raises:
        StageError: as `open_vault`; or the vault is gone though people were erased from it, of whom a new one
            would know nothing.
    """
    if found := find_vault(project, url):
        return found, []
    base = base_of(project, url)
    _refuse_to_forget_erasures(base)
    key, made = load_or_make_key()
    base.make()
    with base.transaction(exclusive=True) as connection:
        if connection.execute(select(FACTS)).first() is None:  # of two makers one wins
            vault, root = random_key().hex()[:12], random_key()
            facts = {
                "format": FORMAT,
                "id": vault.encode(),
                "project": project.encode(),
                "master": key.id.encode(),
                "made": now().encode(),
                ROOT: Wrapper(key, vault).wrap(root, ROOT),
            }
            connection.execute(
                insert(FACTS), [{"name": name, "value": value} for name, value in facts.items()]
            )
    opened = _open(base, project)
    with base.transaction(exclusive=True) as connection:
        append(connection, opened.identity, "make", 1)
    return opened, [str(path) for path in (made, base.shown) if path]


def master_of(facts: dict[str, bytes], shown: str) -> Key:
    """The key at hand that wraps the vault.

    Raises:
        StageError: it is not at hand. Nothing makes another one then: it would open nothing.
    """
    wanted = facts["master"].decode()
    if not key_file().exists() and next_key_file().exists():
        at_hand = read_key(next_key_file())
    else:
        try:
            at_hand = load_key()
        except StageError as error:
            raise StageError(
                f"{error}; the vault {shown} is wrapped by the key {wanted}, and what it seals is lost "
                "without it"
            ) from None
        if at_hand.id != wanted and next_key_file().exists():
            at_hand = read_key(next_key_file())
    if at_hand.id != wanted:
        raise StageError(
            f"the vault {shown} is wrapped by the key {wanted}, but the key at hand ({key_file()} or "
            f"RETORT_KEY) is {load_key().id}; put the former back from your copy"
        )
    return at_hand


def _open(base: Base, project: str) -> Vault:
    with base.transaction() as connection:
        facts = {row.name: bytes(row.value) for row in connection.execute(select(FACTS))}
    if facts.get("format") != FORMAT:
        raise StageError(f"the vault {base.shown} is empty or of another format; put it back from your copy")
    owner = facts["project"].decode()
    if owner != project:
        raise StageError(
            f"the vault {base.shown} belongs to the project {owner}, not to {project}; check ingest.vault "
            "and project.name"
        )
    return Vault(base, master_of(facts, base.shown), facts)


def _refuse_to_forget_erasures(base: Base) -> None:
    for path in sorted(CERTIFICATES.glob("*.json")):
        raise StageError(
            f"the vault {base.shown} is missing, but vault {read_json(path)['vault']} has erased "
            f"people, whom a new one would let in again; put it back, or, to begin anew, move "
            f"{CERTIFICATES} away"
        )
