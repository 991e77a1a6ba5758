"""The candidate bundle, the registry, and the server. What the server imports is free of torch and pandas."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stages.deploy.families import Served


def open_release(name: str, registry: str | None = None, trusted: Sequence[str] = ()) -> "Served":
    """The live version of a model, checked and ready to answer, masking included.

    Args:
        name: the model's name.
        registry: a folder or URL; by default what `params.yaml` says, which then says whom to trust too.
        trusted: public keys that are believed besides this machine's own.

    Raises:
        StageError: nothing is live, or it is damaged or not signed by a key that is trusted.
        ParamsError: there is no registry given, and no usable `params.yaml`.
    """
    from stages.artifacts import StageError
    from stages.deploy.model import open_bundle
    from stages.deploy.registry import Registry

    if registry is None:
        from stages.params import load

        registry, trusted = (settings := load().deploy).registry, [*trusted, *settings.trusted]
    store = Registry(registry, name, trusted)
    version = store.live()
    if version is None:
        raise StageError(f"{store.place}: nothing is live; run `retort release` first")
    with store.fetched(version) as folder:
        return open_bundle(folder)


__all__ = ["open_release"]
