"""The packages that answering depends on, as a CycloneDX list (https://cyclonedx.org, version 1.6)."""

from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "dependencies.cdx.json"
"""its name in a bundle"""


def dependencies(packages: Iterable[str], name: str) -> dict[str, Any]:
    """The installed packages and all that they require in turn. Equal environments give equal lists.

    Args:
        packages: names of distributions, which must be installed.
        name: of the model that they serve.
    """
    found = _closure(packages)
    refs = {key: f"pkg:pypi/{key}@{own.version}" for key, own in found.items()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "machine-learning-model", "name": name, "bom-ref": name}},
        "components": [_component(key, own, refs[key]) for key, own in found.items()],
        "dependencies": [
            {
                "ref": name,
                "dependsOn": sorted(refs[canonicalize_name(one)] for one in packages),
            },
            *(
                {"ref": refs[key], "dependsOn": [refs[other] for other in _required(own) if other in refs]}
                for key, own in found.items()
            ),
        ],
    }


def _closure(packages: Iterable[str]) -> dict[str, Distribution]:
    found = {str(canonicalize_name(name)): distribution(name) for name in packages}
    waiting = list(found)
    while waiting:
        for name in _required(found[waiting.pop()]):
            if name in found:
                continue
            try:
                found[name] = distribution(name)
            except PackageNotFoundError:  # settled by the lock without it
                continue
            waiting.append(name)
    return dict(sorted(found.items()))


def _required(own: Distribution) -> list[str]:
    """What a distribution requires here, without its extras."""
    required = (Requirement(line) for line in own.requires or ())
    here = (one for one in required if one.marker is None or one.marker.evaluate({"extra": ""}))
    return sorted({str(canonicalize_name(one.name)) for one in here})


def _component(name: str, own: Distribution, ref: str) -> dict[str, Any]:
    licences = own.metadata.get_all("License-Expression") or []
    return {
        "type": "library",
        "name": name,
        "version": own.version,
        "bom-ref": ref,
        "purl": ref,
        **({"licenses": [{"expression": licences[0]}]} if licences else {}),
    }
