"""Trains the tiny model's byte-level BPE vocabulary and writes it in GPT-2's own two files."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path

# GPT-2's pre-tokenisation. `A-Za-z` and `0-9` stand for its \p{L} and \p{N}: the training text is ASCII.
WORDS = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
END = "<|endoftext|>"

Pair = tuple[str, str]


def byte_characters() -> dict[int, str]:
    """A visible character for each byte: itself where it is printable, else one from U+0100 on.

    In the order of GPT-2's encoder.json: first the printable bytes, then the others.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + index) for index, byte in enumerate(others)}


def merge(word: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    merged: list[str] = []
    index = 0
    while index < len(word):
        length = 2 if word[index : index + 2] == pair else 1
        merged.append("".join(word[index : index + length]))
        index += length
    return tuple(merged)


def train(text: str, size: int) -> tuple[dict[str, int], list[Pair]]:
    """Learns merges until the vocabulary has `size` entries, END included; the most frequent pair first."""
    characters = byte_characters()
    words = Counter(tuple(characters[byte] for byte in word.encode()) for word in WORDS.findall(text))
    merges: list[Pair] = []
    while 256 + len(merges) + 1 < size:
        pairs: Counter[Pair] = Counter()
        for word, count in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += count
        # Ties go to the pair that sorts first, so that the same text always gives the same vocabulary.
        best, count = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if count < 2:
            raise ValueError(f"the text is too short for {size} entries: it gives {256 + len(merges) + 1}")
        merges.append(best)
        joined: Counter[tuple[str, ...]] = Counter()
        for word, occurrences in words.items():
            joined[merge(word, best)] += occurrences
        words = joined
    tokens = [*characters.values(), *("".join(pair) for pair in merges), END]
    return {token: index for index, token in enumerate(tokens)}, merges


def write(directory: Path, encoder: dict[str, int], merges: list[Pair]) -> None:
    (directory / "encoder.json").write_text(json.dumps(encoder, indent=2) + "\n")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (directory / "vocab.bpe").write_text("\n".join(lines) + "\n", encoding="utf-8")
