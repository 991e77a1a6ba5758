"""The teacher and how it is trained."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class Network(Section):
    hidden: int = Field(128, ge=1)
    """width of embeddings and hidden layers (all but pretrained)"""
    layers: int = Field(2, ge=1, le=48)
    """depth (all but pretrained)"""
    heads: int = Field(4, ge=1)
    """attention heads (transformer)"""
    ngrams: int = Field(1, ge=1, le=6)
    """longest run of tokens that has an embedding of its own (mlp, lstm; transformer that writes text)"""
    buckets: int = Field(50000, ge=100, le=2000000)
    """embeddings that runs of two and more tokens share by hashing (mlp, lstm)"""
    kernel: int = Field(3, ge=1, le=31)
    """width of the convolution (cnn)"""
    patch: int = Field(4, ge=1, le=64)
    """side of the squares that an image is read by, in pixels (transformer on images)"""
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    """recurrent cell (lstm)"""
    bidirectional: bool = True
    """read both ways (lstm)"""
    activation: Literal["sigmoid", "tanh", "relu", "gelu"] = "relu"
    """non-linearity (all but lstm and pretrained)"""
    positions: Literal["rotary", "learned"] = "rotary"
    """how a transformer that writes text tells where a token stands"""
    tied: bool = True
    """whether a network that writes text scores tokens with their own embeddings"""
    dropout: float = Field(0.1, ge=0, lt=1)
    """share of units left out in training"""


class Privacy(Section):
    epsilon: float = Field(8.0, gt=0, le=100)
    """largest privacy loss of a training row: the smaller, the more private and the less accurate"""
    delta: float = Field(1e-5, gt=0, lt=0.1)
    """probability with which that may fail; well below one over the number of rows"""


class Lora(Section):
    rank: int = Field(8, ge=1, le=1024)
    """inner width of the adapters"""
    alpha: int = Field(16, ge=1)
    """their outputs are scaled by alpha / rank"""
    dropout: float = Field(0.05, ge=0, lt=1)
    """share of their inputs left out in training"""


class Train(Section):
    architecture: Literal["mlp", "cnn", "lstm", "transformer", "pretrained"] = "pretrained"
    """the teacher's network"""
    weights: str = Field("minilm", min_length=1)
    """for pretrained: minilm (shipped by pip), a folder, or a hub id"""
    frozen: int = Field(0, ge=0, le=96)
    """for pretrained: lowest layers that keep their weights, as do the embeddings; 0 trains all"""
    lora: Lora | None = None
    """for pretrained: adapters {rank: 8, alpha: 16, dropout: 0.05} learn instead of the encoder; or null"""
    start_from: str | None = Field(None, min_length=1)
    """begin with the weights of another run's teacher, but its head: a folder, a git revision, or null"""
    retriever: str | None = Field(None, min_length=1)
    """for question-answering: encoder that finds passages beside BM25: minilm, a folder, a hub id, or null"""
    network: Network = Network()
    members: int = Field(1, ge=1, le=32)
    """networks that start differently, learn side by side and answer as one: more accurate, and slower"""
    epochs: int = Field(2, ge=1)
    """most epochs"""
    batch_size: int = Field(32, ge=1)
    """rows in a batch, on each device"""
    learning_rate: float = Field(5e-5, gt=0, le=10)
    """peak learning rate"""
    layer_decay: float = Field(1.0, gt=0, le=1)
    """learning rate of each layer over that of the layer above it; 1 is the same for all"""
    unfreeze: float = Field(0.0, ge=0, le=1)
    """share of the steps over which the layers begin to learn, the head first; 0 trains all from the start"""
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw"] = "adamw"
    """how the weights move"""
    momentum: float = Field(0.9, ge=0, lt=1)
    """momentum (sgd, rmsprop)"""
    weight_decay: float = Field(0.01, ge=0)
    """decay of the weights, biases and norms aside"""
    l1: float = Field(0.0, ge=0)
    """weight of the L1 penalty"""
    schedule: Literal["constant", "linear", "cosine", "plateau"] = "linear"
    """how the learning rate falls after the warm-up"""
    warmup: float = Field(0.1, ge=0, lt=1)
    """share of the steps in which the learning rate rises"""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """probability taken from the true label and spread over all"""
    mixup: float = Field(0.0, ge=0, le=10)
    """blend rows in pairs (embeddings, pixels), by shares of a beta distribution of this strength; or 0"""
    class_weights: Literal["none", "balanced"] = "none"
    """weigh classes by the inverse of their frequency"""
    clip: float | None = Field(1.0, gt=0)
    """largest norm of the gradient; null does not clip"""
    accumulate: int = Field(1, ge=1)
    """batches whose gradients are added before a step"""
    patience: int | None = Field(3, ge=1)
    """epochs without a better validation loss before stopping; null never stops early"""
    precision: Literal["auto", "32", "bf16", "16"] = "auto"
    """number format; auto takes bf16 where the processor gains from it"""
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    """what computes"""
    devices: int = Field(1, ge=1)
    """devices on each node"""
    nodes: int = Field(1, ge=1)
    """machines"""
    strategy: Literal["auto", "ddp"] = "auto"
    """how several devices share the work"""
    privacy: Privacy | None = None
    """budget {epsilon: 8.0, delta: 1.0e-5} for the teacher's training rows (DP-SGD); null does without"""
