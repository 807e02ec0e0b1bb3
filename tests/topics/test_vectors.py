"""The sentence model itself, where the extra is installed; its files, wherever."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.matching import read_set
from monitor.errors import MonitorError
from monitor.model import Match, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import compile_watchlist, judge_article
from monitor.topics.nearness import BACKGROUND_MAX, Meanings
from monitor.topics.vectors import ModelFiles, find_model, load_installed, load_meanings
from tests.topics.articles import article, topic

HAS_RUNTIME = find_spec("onnxruntime") is not None
needs_runtime = pytest.mark.skipif(not HAS_RUNTIME, reason="onnxruntime is not installed (extra `semantic`)")


@pytest.fixture(scope="module")
def model() -> ModelFiles:
    """The installed model, or a visible skip."""
    found = find_model()
    if found is None:
        pytest.skip("the extra `semantic` is not installed")
    return found


@pytest.fixture(scope="module")
def meanings(model: ModelFiles) -> Meanings:
    """The model, ready."""
    return load_meanings(model)


def cosine(meanings: Meanings, one: str, other: str) -> float:
    """How alike two texts are."""
    return sum(a * b for a, b in zip(meanings.encode(one), meanings.encode(other), strict=True))


def test_it_tells_what_means_the_same_from_what_does_not(meanings: Meanings) -> None:
    """Without one word in common."""
    same = cosine(meanings, "hostage negotiations", "Envoys discuss the freeing of captives")
    assert same > 0.4 > 0.2 > cosine(meanings, "hostage negotiations", "The striker signs for a new club")


def test_the_same_text_has_the_same_vector(meanings: Meanings) -> None:
    """Whatever was read before: scores do not depend on company."""
    before = meanings.encode("Ferries stay in port")
    meanings.encode("something else " * 300)
    assert meanings.encode("Ferries stay in port") == before
    assert len(before) == 384
    assert sum(number * number for number in before) == pytest.approx(1.0, abs=1e-4)


def test_a_folder_of_the_configuration_is_a_model_too(model: ModelFiles, tmp_path: Path) -> None:
    """With word pieces of its own, or with those that come along; the same file is the same model."""
    shutil.copy(model.model, tmp_path / "model.onnx")
    found = find_model(tmp_path)
    assert found == ModelFiles(tmp_path / "model.onnx", None)
    assert load_installed(tmp_path).model == load_meanings(model).model
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    with pytest.raises(MonitorError, match=r"vocab\.txt: the sentence model cannot be read: it holds no \[CLS\]"):
        load_installed(tmp_path)


@needs_runtime
def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    """With its place and what to do."""
    (tmp_path / "model.onnx").write_bytes(b"half a file")
    with pytest.raises(
        MonitorError, match=r"model\.onnx: the sentence model cannot be read: .*Install the extra again"
    ):
        load_installed(tmp_path)
    with pytest.raises(MonitorError, match="the sentence model cannot be read"):
        load_installed(tmp_path / "elsewhere")


def test_a_library_that_does_not_load_here_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there, but made for another machine."""
    (tmp_path / "numpy.py").write_text("raise ImportError('libopenblas.so: cannot open shared object file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    with pytest.raises(MonitorError, match=r"cannot be run: libopenblas\.so"):
        load_meanings(ModelFiles(tmp_path / "model.onnx", None))


def test_without_the_extra_it_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library, no model, no error until somebody insists."""
    monkeypatch.setattr("monitor.topics.vectors.find_spec", lambda name: None)
    assert find_model() is None
    assert find_model(Path("somewhere")) is None
    with pytest.raises(MonitorError, match=r"pip install 'news-monitor\[semantic\]'"):
        load_installed()


def test_the_real_article_answers_as_the_notes_ask_with_the_model_too(corpus: Path, meanings: Meanings) -> None:
    """More is found by meaning, but nothing that only shares a word."""
    news = read_set(corpus / "topics", "ecb", "ecb_theme").articles
    meanings.learn(map(meanings.read, list(news.values())[:BACKGROUND_MAX:2]))
    text = (corpus / "topics" / "hostage-talks.txt").read_text()
    yes = "hostage negotiations|hostage talks|Trump Netanyahu|hostage release|captive release talks"
    no = "football transfer news|interest rates|cybersecurity breach|climate talks|salary negotiations"
    no += "|trade negotiations|bank robbery hostages|hostage drama film"
    topics = tuple(map(topic, f"{yes}|{no}".split("|")))
    compiled = compile_watchlist(Watchlist(topics), replace(load_lexicon(), asks_meaning=True))
    known = article(text.split("\n", 1)[0], text)
    judged = judge_article(compiled, known, meanings.nearness(known))
    assert [one.topic for one in judged if isinstance(one, Match)] == yes.split("|")
