"""Where secrets come from, and that they go nowhere else."""

import pickle
from pathlib import Path

import pytest

from monitor.config.load import ConfigFaults, load
from monitor.config.secrets import SECRET_BYTES_MAX, Secret
from tests.config.folder import write_folder
from tests.config.test_load import faults_of

SLACK = "[channels.desk]\nkind = 'slack'\nchannel = 'C1'\n"


def write_secret(path: Path, body: bytes, mode: int = 0o600) -> Path:
    """A secret file with a mode."""
    path.write_bytes(body)
    path.chmod(mode)
    return path


def test_a_secret_shows_where_it_comes_from_and_never_itself() -> None:
    """Neither printing a secret nor printing what holds it gives it away, and it cannot be written down."""
    secret = Secret("hunter2", "$PASSWORD")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} { {'a': secret} }"
    assert "$PASSWORD" in repr(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_file_s_newline_is_no_part_of_the_secret(tmp_path: Path) -> None:
    """Most editors and `echo` end a file with a newline that no server would accept."""
    path = write_secret(tmp_path / "token", b"xoxb-1\r\n")
    loaded = load(write_folder(tmp_path / "config", monitor=SLACK + f"token_file = '{path}'\n"), {})
    assert loaded.secrets["desk"].reveal() == "xoxb-1"  # type: ignore[index]  # a channel's name is a text
    assert path in loaded.files
    assert "xoxb-1" not in repr(loaded)


def test_a_relative_file_is_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    """Where the daemon was started from makes no difference."""
    folder = write_folder(tmp_path / "config", monitor=SLACK + "token_file = 'token'\n")
    write_secret(folder / "token", b"xoxb-1")
    assert len(load(folder, {}).secrets) == 1


def test_a_file_that_everybody_may_read_is_noted(tmp_path: Path) -> None:
    """Container platforms mount secrets that way, so it is no fault; on a shared machine it should be mended."""
    path = write_secret(tmp_path / "token", b"xoxb-1", 0o644)
    folder = write_folder(tmp_path / "config", monitor=SLACK + f"token_file = '{path}'\n")
    (note,) = load(folder, {}).notes
    assert note == f"{path} can be read by every user of this machine. Run: chmod o-rwx {path}"
    path.chmod(0o600)
    assert load(folder, {}).notes == ()


@pytest.mark.parametrize(
    ("body", "mode", "expected"),
    [
        (b" \n", 0o600, "holds no secret"),
        (b"\xff\xfe", 0o600, "holds no secret"),
        (b"x" * (SECRET_BYTES_MAX + 1), 0o600, "is too long for a secret"),
    ],
)
def test_secret_files_that_are_refused(tmp_path: Path, body: bytes, mode: int, expected: str) -> None:
    """An empty, odd or huge file is a mistake."""
    path = write_secret(tmp_path / "token", body, mode)
    (found,) = faults_of(write_folder(tmp_path / "config", monitor=SLACK + f"token_file = '{path}'\n"))
    assert found.startswith(f'monitor.toml:4: channel "desk": {path} ')
    assert expected in found


def test_files_that_are_none(tmp_path: Path) -> None:
    """A missing file and a folder are told by their name."""
    (missing,) = faults_of(write_folder(tmp_path / "a", monitor=SLACK + "token_file = 'none'\n"))
    assert "none cannot be read (No such file or directory)" in missing
    (folder,) = faults_of(write_folder(tmp_path / "b", monitor=SLACK + "token_file = '.'\n"))
    assert "is not a file" in folder


def test_an_empty_variable_is_told_apart_from_one_that_is_not_set(tmp_path: Path) -> None:
    """A variable that a deployment left empty is named so."""
    folder = write_folder(tmp_path / "config", monitor=SLACK + "token_env = 'T'\n")
    assert "$T is empty." in faults_of(folder, {"T": " \n"})[0]
    assert "$T is not set." in faults_of(folder)[0]


def test_the_database_s_password_goes_into_the_address_alone(tmp_path: Path) -> None:
    """The engine gets an address with the password, percent-encoded; nothing that is printed has it."""
    monitor = "[database]\nurl = 'postgresql://monitor@db.example.org/news'\npassword_env = 'P'\n"
    loaded = load(write_folder(tmp_path / "config", monitor=monitor), {"P": "p@ss/word"})
    assert loaded.database_url == "postgresql://monitor:p%40ss%2Fword@db.example.org/news"
    assert "p@ss" not in repr(loaded)
    assert "p%40ss" not in repr(loaded)


def test_a_command_that_only_looks_needs_no_token(tmp_path: Path) -> None:
    """The operator's shell rarely has the daemon's tokens; what sends still needs them all."""
    folder = write_folder(tmp_path / "config", monitor=SLACK + "token_env = 'SLACK_BOT_TOKEN'\n")
    assert load(folder, {}, needs_channels=False).secrets == {}
    with pytest.raises(ConfigFaults):
        load(folder, {})


def test_an_apps_token_is_kept_beside_the_bots(tmp_path: Path) -> None:
    """Of the channels that have one; a missing one is told with its line, and it is never shown."""
    monitor = (
        '[channels.desk]\nkind = "slack"\nchannel = "C0123456789"\ntoken_env = "BOT"\napp_token_file = "app"\n'
        '[channels.night]\nkind = "slack"\nchannel = "C0123456789"\ntoken_env = "BOT"\n'
    )
    folder = write_folder(tmp_path / "config", monitor=monitor)
    with pytest.raises(ConfigFaults, match=r"monitor\.toml:5: .*app cannot be read"):
        load(folder, {"BOT": "xoxb-1"})
    (folder / "app").write_text("xapp-1-secret\n")
    (folder / "app").chmod(0o644)
    loaded = load(folder, {"BOT": "xoxb-1"})
    assert {name: token.reveal() for name, token in loaded.app_tokens.items()} == {"desk": "xapp-1-secret"}
    assert folder / "app" in loaded.files
    assert "chmod o-rwx" in loaded.notes[0]
    assert "xapp-1" not in repr(loaded)
