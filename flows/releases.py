"""What `retort releases` and `retort diff` show, as lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.errors import FlowError
from stages.artifacts import read_json
from stages.deploy.manifest import MANIFEST, describe
from stages.deploy.registry import Registry

_ASIDE = ("metrics", "verdicts", "packages", "params", "name")
"""parts of a bundle's description that are shown apart, or say nothing of the model"""


def listed(store: Registry) -> Iterator[str]:
    """Versions, moves and keys."""
    state = store.state()
    history = store.history()
    if not history:
        raise FlowError(f"{store.place}: nothing was released yet; run `retort release`")
    yield f"{store.name} in {store.place}"
    for version in store.versions():
        about = "live" if version == state.live else ""
        if version in state.marked:
            about = f"{about + ', ' if about else ''}to be retired: {state.marked[version]}"
        yield f"  {version}  {about}".rstrip()
    for version, when in state.retired.items():
        yield f"  {version}  retired {when}"
    yield "moves, oldest first"
    for record in history:
        yield f"  {_move(record)}"
    yield "signed by (to trust a key elsewhere, put its public key into deploy.trusted there)"
    for key, public in store.signers().items():
        yield f"  {key}  {public}"


def differences(store: Registry, a: str, b: str) -> Iterator[str]:
    """In what version `b` differs from version `a`, both checked first."""
    with store.fetched(a) as one, store.fetched(b) as other:
        first, second = describe(one), describe(other)
        yield from _part("metrics", first.get("metrics"), second.get("metrics"))
        yield from _part("params", first.get("params"), second.get("params"))
        yield from _part("settings", _settings(first), _settings(second))
        yield from _part("packages", first.get("packages"), second.get("packages"))
        yield from _part("bytes", _sizes(one), _sizes(other))
        yield from _part("files", _digests(one), _digests(other))


def _move(record: dict[str, Any]) -> str:
    what = f"{record['when']}  {record['what']:<8}  "
    if record["versions"]:
        what += ", ".join(record["versions"])
    else:
        what += f"{record['version']} (before: {record['previous'] or 'none'})"
    passed = f"; passed: {', '.join(record['verdicts'])}" if record["verdicts"] else ""
    return f"{what}  by {record['who']}: {record['why']}{passed}"


def _part(title: str, a: Any, b: Any) -> Iterator[str]:
    before, after = dict(_flat("", a)), dict(_flat("", b))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    yield f"{title}: {'' if names else 'the same'}".rstrip()
    for name in sorted(names):
        old, new = before.get(name), after.get(name)
        yield f"  {name}: {_shown(old)} -> {_shown(new)}{_by(old, new)}"


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else key, part)
    else:
        yield name, value


def _settings(description: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in description.items() if name not in _ASIDE}


def _sizes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in _digests(folder)}


def _digests(folder: Path) -> dict[str, str]:
    files: dict[str, str] = read_json(folder / MANIFEST)["files"]
    return {name: digest[:12] for name, digest in files.items()}


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _by(a: Any, b: Any) -> str:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b))
    return f" ({b - a:+.6g})" if numbers else ""
