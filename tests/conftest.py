"""What every test may ask for."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of captured feeds and labelled articles, or a visible skip where there is none."""
    folder = os.environ.get("MONITOR_CORPUS", "")
    if not folder:
        pytest.skip("MONITOR_CORPUS is not set: captured feeds are not at hand")
    return Path(folder)
