"""All sections together, and the combinations that cannot work."""

from collections.abc import Iterator

from pydantic import ConfigDict, Field, model_validator

from stages.params.augment import Augment
from stages.params.base import Section
from stages.params.clean import Clean
from stages.params.deploy import Deploy
from stages.params.distill import Distill
from stages.params.evaluate import Evaluate
from stages.params.ingest import Ingest
from stages.params.optimise import Optimise
from stages.params.project import Project
from stages.params.schedule import Schedule
from stages.params.serve import Serve
from stages.params.tokenize import Tokenize
from stages.params.train import Train
from stages.params.validate import Validate

PUBLIC_TYPES = ("SECRET", "CRYPTO", "IBAN", "CARD", "NATIONAL_ID")
"""What is masked in public text too: it opens or names something whoever wrote it."""

PRIVATE_TASKS = ("text-classification", "multi-label-classification", "token-classification")
"""Tasks whose students learn from a private teacher alone, so that its promise holds for what is served."""


class Params(Section):
    """The whole of params.yaml."""

    model_config = ConfigDict(populate_by_name=True)

    project: Project = Project()
    ingest: Ingest = Ingest()
    clean: Clean = Clean()
    # `validate` is a name of pydantic's own
    validation: Validate = Field(Validate(), alias="validate")
    augment: Augment = Augment()
    tokenize: Tokenize = Tokenize()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    distill: Distill = Distill()
    deploy: Deploy = Deploy()
    serve: Serve = Serve()
    schedule: Schedule = Schedule()
    optimise: Optimise = Optimise()

    @property
    def cleaning(self) -> Clean:
        """`clean` as it is to be done: in public text, `PUBLIC_TYPES` and own types are masked, by rules."""
        if self.ingest.public is None:
            return self.clean
        masking = self.clean.masking.model_copy(update={"types": [*PUBLIC_TYPES], "tagger": "none"})
        return self.clean.model_copy(update={"masking": masking})

    @model_validator(mode="after")
    def _combinations(self) -> "Params":
        for complaint in conflicts(self):
            raise ValueError(complaint)
        return self


def conflicts(params: Params) -> Iterator[str]:
    """Yields a line for every combination that cannot work: `key: what was given; what is allowed`."""
    source = params.ingest.source
    is_url = isinstance(source, str) and "://" in source
    if is_url and params.ingest.query is None:
        yield "ingest.query: null, but ingest.source is a database URL; give the query"
    if not is_url and params.ingest.query is not None:
        yield "ingest.query: given, but ingest.source is no database URL; set it to null"
    if params.ingest.public is not None and params.clean.masking.types is not None:
        yield "clean.masking.types: given, but ingest.public says what is masked; set one of them to null"
    yield from image_conflicts(params)
    columns = params.ingest.columns
    single = (columns.text, columns.question, columns.title, columns.label, columns.start)
    named = [*(name for name in single if name is not None), *columns.groups]
    if columns.subject is not None:
        named.append(columns.subject)
    if len(set(named)) < len(named):
        yield "ingest.columns: the same column is named twice; each part needs a column of its own"
    reserved = {"row_id", "subject", "text", "label"} & set(columns.groups)
    if reserved:
        yield f"ingest.columns.groups: {sorted(reserved)[0]!r} is a name of Retort's own; rename the column"
    for name in ("demographic_parity", "equalised_odds"):
        if getattr(params.evaluate.gates, name) is not None and not columns.groups:
            yield f"evaluate.gates.{name}: given, but ingest.columns.groups names no column; name one"
    if params.train.architecture == "pretrained":
        for name, on in params.clean.normalise.model_dump().items():
            if on:
                yield (
                    f"clean.normalise.{name}: true, but train.architecture is pretrained, "
                    "which reads text as it was written; set it to false"
                )
    yield from teacher_conflicts(params)
    if params.ingest.columns.question is not None:
        for name in ("case", "punctuation", "stop_words"):
            if getattr(params.clean.normalise, name):
                yield (
                    f"clean.normalise.{name}: true, but ingest.columns.question is given, and answers are "
                    "quoted from their contexts as they were written; set it to false"
                )
    network = params.train.network
    if params.train.architecture == "transformer" and network.hidden % network.heads:
        yield f"train.network.hidden: {network.hidden} is no multiple of train.network.heads, {network.heads}"
    english_only = params.train.architecture == "pretrained" and params.train.weights == "minilm"
    if english_only and params.project.language != "en":
        yield "train.weights: 'minilm' reads English only, but project.language is 'zh'; train from scratch"
    if params.train.retriever is not None and params.ingest.columns.question is None:
        yield "train.retriever: given, but ingest.columns.question is null: nothing is asked; set it to null"
    if params.train.retriever == "minilm" and params.project.language != "en":
        yield "train.retriever: 'minilm' reads English only, but project.language is 'zh'; set it to null"
    student = params.distill
    if student.student == "transformer" and student.hidden % student.heads:
        yield f"distill.hidden: {student.hidden} is no multiple of distill.heads, {student.heads}"
    if params.validation.min_length > params.validation.max_length:
        yield "validate.min_length: greater than validate.max_length; swap them"
    yield from private_conflicts(params)
    if params.train.precision == "16" and params.train.accelerator == "cpu":
        yield "train.precision: '16' needs a GPU, but train.accelerator is 'cpu'; use 'bf16', '32' or 'auto'"


def image_conflicts(params: Params) -> Iterator[str]:
    """What of a project on images, or of one on texts, cannot be: one line each, with what to do."""
    image, train = params.ingest.image, params.train
    wanted = params.project.task == "image-classification"
    if wanted and image is None:
        yield "ingest.image: null, but project.task is image-classification; give {size: 28, channels: 1}"
    if not wanted and image is not None:
        yield f"ingest.image: given, but project.task is {params.project.task}; set it to null"
    if image is None:
        return
    if isinstance(params.ingest.source, str) and "://" in params.ingest.source:
        yield "ingest.source: images are read from files, not from a database; give a folder, table or array"
    if train.architecture == "transformer" and image.size % train.network.patch:
        yield f"train.network.patch: {train.network.patch} does not divide ingest.image.size, {image.size}"


def teacher_conflicts(params: Params) -> Iterator[str]:
    """What of `train` cannot be together: one line each, with what to do."""
    train = params.train
    if train.lora is not None and train.architecture != "pretrained":
        yield f"train.lora: given, but train.architecture is {train.architecture}; set it to null"
    if train.lora is not None and train.frozen:
        yield f"train.frozen: {train.frozen}, but train.lora keeps the whole encoder; set it to 0"
    if train.unfreeze and (train.devices > 1 or train.nodes > 1):
        yield "train.unfreeze: several devices must train the same layers at every step; set it to 0"


def private_conflicts(params: Params) -> Iterator[str]:
    """What cannot be together with `train.privacy`: one line each, with what to do."""
    train = params.train
    if train.privacy is None:
        return
    if params.project.task not in PRIVATE_TASKS:
        yield (
            f"train.privacy: given, but its promise is kept for {', '.join(PRIVATE_TASKS)} alone, and "
            f"project.task is {params.project.task}; set it to null"
        )
    if train.clip is None:
        yield "train.clip: null, but train.privacy clips the gradient of every row; give a norm, such as 1.0"
    if train.accumulate > 1:
        yield f"train.accumulate: {train.accumulate}, but train.privacy steps by one batch; set it to 1"
    if train.members > 1:
        yield f"train.members: {train.members}, but each would spend train.privacy anew; set it to 1"
    if train.devices > 1 or train.nodes > 1 or train.strategy == "ddp":
        yield "train.devices: train.privacy uses one device; set devices and nodes to 1, strategy to auto"
    if train.precision in {"bf16", "16"}:
        yield f"train.precision: '{train.precision}', but train.privacy computes in 32 bits; use auto or '32'"
    if train.l1 or train.mixup or train.class_weights != "none":
        yield (
            "train.l1, train.mixup, train.class_weights: they bind rows together, which train.privacy "
            "forbids; set them to 0 and none"
        )
    if train.unfreeze:
        yield "train.unfreeze: train.privacy needs a gradient of every weight that learns; set it to 0"
    if train.batch_size < 32:
        yield f"train.batch_size: {train.batch_size}; train.privacy draws batches at random; give 32 or more"
    if train.architecture == "transformer":
        yield (
            "train.architecture: transformer, whose positions have no gradient for each row, as "
            "train.privacy needs; use mlp, cnn, lstm or pretrained"
        )
    if train.architecture == "pretrained" and not train.frozen:
        yield "train.frozen: 0, but train.privacy cannot train positions; freeze at least 1 layer"
    if params.augment.when != "never":
        yield (
            f"augment.when: {params.augment.when}, but a copy of a row spends train.privacy once more; "
            "set it to never"
        )
