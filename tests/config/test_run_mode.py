"""How the work is shared out: what the configuration may say of it."""

from pathlib import Path

import pytest

from monitor.config.load import ConfigFaults, load
from tests.config.folder import write_folder

DISTRIBUTED = '[run]\nmode = "distributed"\n\n[database]\nurl = "{}"\n'


def test_workers_over_a_file_are_a_fault_with_its_line(tmp_path: Path) -> None:
    """A SQLite file belongs to one process."""
    folder = write_folder(tmp_path, monitor=DISTRIBUTED.format("sqlite:///data/monitor.db"))
    with pytest.raises(ConfigFaults) as faults:
        load(folder, {})
    [problem] = faults.value.problems
    assert str(problem).startswith(f"{folder / 'monitor.toml'}:2: ")
    assert '`mode` is "distributed", but the database is a SQLite file' in str(problem)


def test_workers_without_a_database_named_are_a_fault_too(tmp_path: Path) -> None:
    """The default is a file."""
    folder = write_folder(tmp_path, monitor='[run]\nmode = "distributed"\n')
    with pytest.raises(ConfigFaults, match="SQLite file"):
        load(folder, {})


def test_workers_over_postgresql_are_fine(tmp_path: Path) -> None:
    """Nothing is asked of the database while the configuration is read."""
    folder = write_folder(tmp_path, monitor=DISTRIBUTED.format("postgresql://monitor@db.example.org/monitor"))
    assert load(folder, {}).settings.is_distributed
