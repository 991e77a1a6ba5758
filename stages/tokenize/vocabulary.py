"""Tokenizers: the one that came with pretrained weights, or one learned from the masked training texts."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from stages.artifacts import StageError, read_json
from stages.tasks.text_generation.ends import END
from stages.tokenize.weights import locate, unreachable

PAD, UNKNOWN, START = "[PAD]", "[UNK]", "[CLS]"
_MASK = re.compile(r"\[[A-Z][A-Z_]{2,}\]")
_MOST_MASKS = 64
_ALPHABET = 1000


def learn(
    texts: Sequence[str],
    level: Literal["wordpiece", "character", "bytes"],
    size: int,
    separators: Sequence[str] = (),
) -> Tokenizer:
    """Learns a vocabulary of at most `size` tokens. The same texts give the same vocabulary.

    Tokens that masking left in the texts, such as [EMAIL], are special: never split, never lower-cased.
    Every sequence begins with [CLS], so that none is empty. `separators` are special too. Of bytes,
    none begins so, and there are no separators.
    """
    if level == "bytes":
        return _bytes(texts, [END, *_masks(texts)], size)
    special = [PAD, UNKNOWN, START, *separators, *_masks(texts)]
    tokenizer = _characters(texts, special, size) if level == "character" else _pieces(texts, special, size)
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A", special_tokens=[(START, tokenizer.token_to_id(START))]
    )
    return tokenizer


def _bytes(texts: Sequence[str], special: list[str], size: int) -> Tokenizer:
    """Pairs of bytes that were joined most often (Sennrich et al. 2016; of bytes, Radford et al. 2019).

    Every text can be written with it, and comes back as it was. All 256 bytes are in it, whatever its size.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer, length=len(texts))
    return tokenizer


def _characters(texts: Sequence[str], special: list[str], size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    )
    trainer = trainers.WordLevelTrainer(
        vocab_size=size, min_frequency=2, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer, length=len(texts))
    return tokenizer


def _pieces(texts: Sequence[str], special: list[str], size: int) -> Tokenizer:
    """WordPiece (Schuster and Nakajima 2012) on lower-cased words.

    The library numbers the pieces inside words as it meets them, in the random order of a hash map, and
    breaks ties between merges by those numbers: so they are numbered beforehand, as special tokens of a
    tokenizer that is thrown away.
    """
    learner = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    learner.normalizer = normalizers.BertNormalizer(lowercase=True)
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    counts = Counter(letter for text in texts for letter in learner.normalizer.normalize_str(text))
    letters = sorted(sorted(counts, key=lambda letter: (-counts[letter], letter))[:_ALPHABET])
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[*special, *(f"##{letter}" for letter in letters)],
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer, length=len(texts))
    tokenizer = Tokenizer(models.WordPiece(learner.get_vocab(), unk_token=UNKNOWN))
    tokenizer.normalizer, tokenizer.pre_tokenizer = learner.normalizer, learner.pre_tokenizer
    return tokenizer


def pretrained(weights: str, max_length: int) -> Tokenizer:
    """The tokenizer of pretrained weights. Mask tokens stay wordpieces: `[`, `email`, `]` mean something.

    Raises:
        StageError: there is no such folder or hub id, or the weights cannot read `max_length` tokens.
    """
    longest, tokenizer = _load(weights)
    if longest is not None and max_length > longest:
        raise StageError(
            f"tokenize.max_length: {max_length}, but {weights} reads at most {longest} tokens; lower it"
        )
    return tokenizer


def pad_token(tokenizer: Tokenizer) -> int:
    """The id that fills up a batch: that of the padding token, or 0 (masked anyway) where there is none."""
    for token in (PAD, "<pad>", "<|endoftext|>", "</s>"):
        found = tokenizer.token_to_id(token)
        if found is not None:
            return int(found)
    return 0


def _load(weights: str) -> tuple[int | None, Tokenizer]:
    """The longest sequence that the weights read (None: not known), and their tokenizer."""
    where = locate(weights)
    if isinstance(where, Path) and (where / "tokenizer.json").is_file():
        return read_json(where / "config.json").get("max_position_embeddings"), read(where / "tokenizer.json")
    # slow to import, and only needed for what lies on a hub or in an older format
    from transformers import AutoConfig, AutoTokenizer

    local = isinstance(where, Path)
    try:
        config = AutoConfig.from_pretrained(str(where), local_files_only=local)
        tokenizer = AutoTokenizer.from_pretrained(str(where), local_files_only=local).backend_tokenizer
    except (OSError, ValueError, AttributeError):
        raise unreachable(weights) from None
    return getattr(config, "max_position_embeddings", None), tokenizer


def read(path: Path) -> Tokenizer:
    """The tokenizer in a file.

    Raises:
        StageError: there is none.
    """
    try:
        return Tokenizer.from_file(str(path))
    except Exception:  # the library raises nothing narrower
        raise StageError(f"{path}: missing, or not a tokenizer of the tokenizers library") from None


def _masks(texts: Sequence[str]) -> list[str]:
    """The most frequent mask tokens, by name."""
    counts = Counter(token for text in texts for token in _MASK.findall(text))
    frequent = sorted(counts, key=lambda token: (-counts[token], token))[:_MOST_MASKS]
    return sorted(set(frequent) - {PAD, UNKNOWN, START})
