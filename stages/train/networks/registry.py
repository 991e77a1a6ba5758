"""Builds the network that params or a saved description name."""

from typing import Any

from torch import nn

from stages import tasks
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta
from stages.train.networks.cnn import Cnn
from stages.train.networks.decoder import Decoder
from stages.train.networks.ensemble import Ensemble
from stages.train.networks.images import ImageCnn, ImageMlp, ImageTransformer
from stages.train.networks.lstm import Lstm
from stages.train.networks.lstm_writer import LstmWriter
from stages.train.networks.mlp import Mlp
from stages.train.networks.transformer import Transformer

_NETWORKS: dict[str, type[nn.Module]] = {"mlp": Mlp, "cnn": Cnn, "lstm": Lstm, "transformer": Transformer}
_WRITERS: dict[str, type[nn.Module]] = {"lstm": LstmWriter, "transformer": Decoder}
"""what an architecture is where text is written"""
_IMAGES: dict[str, type[nn.Module]] = {"mlp": ImageMlp, "cnn": ImageCnn, "transformer": ImageTransformer}
"""networks of the same names for images: their descriptions have a shape"""


def names() -> frozenset[str]:
    """The architectures that can be built."""
    return frozenset({*_NETWORKS, "pretrained"})


def describe(params: Train, meta: Meta, outputs: int) -> dict[str, Any]:
    """The arguments of the network's class, as plain JSON, for networks trained from scratch."""
    net = params.network
    if tasks.get(meta.task).writes:
        return describe_writer(params.architecture, net, meta)
    if meta.shape is not None:
        return _describe_image(params, meta.shape, outputs)
    common = {"vocabulary": meta.vocabulary, "outputs": outputs, "hidden": net.hidden, "layers": net.layers}
    common["dropout"] = net.dropout  # type: ignore[assignment]
    # named only where it is so: a saved description says what its network needs, and no more
    grams = {"ngrams": net.ngrams, "buckets": net.buckets} if net.ngrams > 1 else {}
    extra: dict[str, dict[str, Any]] = {
        "mlp": {"nonlinearity": net.activation, "ngrams": net.ngrams, "buckets": net.buckets},
        "cnn": {"nonlinearity": net.activation, "kernel": net.kernel},
        "lstm": {"bidirectional": net.bidirectional, "cell": net.cell, **grams},
        "transformer": {"nonlinearity": net.activation, "heads": net.heads, "max_length": meta.max_length},
    }
    whole = {"per_token": True} if tasks.get(meta.task).per_token else {}
    return {**common, **extra[params.architecture], **whole}


def describe_writer(architecture: str, net: Network, meta: Meta) -> dict[str, Any]:
    """The same for a network that writes text."""
    common = {
        "vocabulary": meta.vocabulary,
        "max_length": meta.max_length,
        "hidden": net.hidden,
        "layers": net.layers,
        "dropout": net.dropout,
        "tied": net.tied,
    }
    grams = {"ngrams": net.ngrams, "buckets": net.buckets} if net.ngrams > 1 else {}
    extra: dict[str, dict[str, Any]] = {
        "lstm": {},
        "transformer": {
            "nonlinearity": net.activation,
            "heads": net.heads,
            "positions": net.positions,
            **grams,
        },
    }
    return {**common, **extra[architecture], "writes": True}


def _describe_image(params: Train, shape: list[int], outputs: int) -> dict[str, Any]:
    net = params.network
    extra: dict[str, dict[str, Any]] = {
        "mlp": {},
        "cnn": {"kernel": net.kernel},
        "transformer": {"heads": net.heads, "patch": net.patch},
    }
    return {
        "shape": shape,
        "outputs": outputs,
        "hidden": net.hidden,
        "layers": net.layers,
        "nonlinearity": net.activation,
        "dropout": net.dropout,
        **extra[params.architecture],
    }


def _plain(architecture: str, description: dict[str, Any]) -> nn.Module:
    return (_IMAGES if "shape" in description else _NETWORKS)[architecture](**description)


def build(params: Train, meta: Meta, outputs: int) -> tuple[nn.Module, dict[str, Any]]:
    """A network ready to be trained, and the description that `rebuild` needs.

    Raises:
        StageError: the pretrained weights are missing, or have too few layers to freeze.
    """
    if params.members > 1:
        built = [_build(params, meta, outputs) for _ in range(params.members)]
        return Ensemble([network for network, _ in built]), {**built[0][1], "members": params.members}
    return _build(params, meta, outputs)


def _build(params: Train, meta: Meta, outputs: int) -> tuple[nn.Module, dict[str, Any]]:
    if params.architecture == "pretrained":
        # transformers takes seconds to import, and only this network needs it
        from stages.train.networks import pretrained

        if tasks.get(meta.task).writes:
            return _pretrained_writer(params, meta)
        encoder = pretrained.load_encoder(params.weights)
        whole = {"per_token": True} if tasks.get(meta.task).per_token else {}
        pretrained.freeze(encoder, params.frozen)
        description = {
            "outputs": outputs,
            "dropout": params.network.dropout,
            "encoder": pretrained.describe(encoder.config),
            **whole,
        }
        return pretrained.Pretrained(encoder, outputs, params.network.dropout, bool(whole)), description
    description = describe(params, meta, outputs)
    return rebuild(params.architecture, description), description


def _pretrained_writer(params: Train, meta: Meta) -> tuple[nn.Module, dict[str, Any]]:
    from stages.train.networks import pretrained, pretrained_writer

    decoder = pretrained_writer.load_decoder(params.weights)
    pretrained.freeze(decoder, params.frozen)
    description = {
        "max_length": meta.max_length,
        "decoder": pretrained.describe(decoder.config),
        "writes": True,
    }
    return pretrained_writer.PretrainedWriter(decoder, meta.max_length), description


def rebuild(architecture: str, description: dict[str, Any], attention: str = "sdpa") -> nn.Module:
    """The network of a saved description, its weights still untrained. Touches no network and no other file.

    Args:
        attention: for pretrained, `sdpa` or `eager`: the same numbers, traced differently by exporters.
    """
    if "members" in description:
        single = {name: value for name, value in description.items() if name != "members"}
        return Ensemble([rebuild(architecture, single, attention) for _ in range(description["members"])])
    if description.get("writes"):
        return _writer(
            architecture, {name: value for name, value in description.items() if name != "writes"}, attention
        )
    if architecture == "pretrained":
        from stages.train.networks import pretrained

        encoder = pretrained.blank_encoder(description["encoder"], attention)
        return pretrained.Pretrained(
            encoder, description["outputs"], description["dropout"], description.get("per_token", False)
        )
    return _plain(architecture, description)


def _writer(architecture: str, description: dict[str, Any], attention: str) -> nn.Module:
    if architecture == "pretrained":
        from stages.train.networks import pretrained_writer

        decoder = pretrained_writer.blank_decoder(description["decoder"], attention)
        return pretrained_writer.PretrainedWriter(decoder, description["max_length"])
    return _WRITERS[architecture](**description)
