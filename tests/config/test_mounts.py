"""A file that is mounted read-only: an edit is refused before it is noted, with the place where the file is kept."""

import subprocess
from pathlib import Path

import pytest

from monitor.config.edit import add_feed, remove_feed
from monitor.config.edit_restore import restore_file
from monitor.config.edit_whole import hash_of, write_whole
from monitor.config.mounts import find_source, say_kept
from monitor.errors import ConfigError
from monitor.model import FeedSpec
from tests.config.folder import WATCHLIST, write_folder

MOUNTS = """\
22 1 0:20 / / rw - overlay overlay rw
23 22 0:21 / /proc rw - proc proc rw
31 22 8:1 /home/ann/our\\040desk/config /config ro,relatime - ext4 /dev/sda1 rw
32 22 8:1 /var/lib/kubelet/pods/1-2/volumes/kubernetes.io~configmap/desk-files /etc/desk ro - ext4 /dev/sda1 rw
33 31 8:1 /srv/feeds.toml /config/feeds.toml ro - ext4 /dev/sda1 rw
34 22 0:40 / /mnt/nfs ro - nfs4 files:/desk ro
broken
"""


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/config/watchlist.toml", "/home/ann/our desk/config/watchlist.toml"),
        ("/config/feeds.toml", "/srv/feeds.toml"),
        ("/mnt/nfs/watchlist.toml", ""),
        ("/configured/watchlist.toml", ""),
    ],
)
def test_the_source_of_a_mount_is_found(path: str, source: str) -> None:
    """The innermost mount counts; a whole file system has no folder to name."""
    assert find_source(Path(path), MOUNTS) == source


def test_a_config_map_is_named() -> None:
    """By the volume it is mounted as; elsewhere the folder is."""
    assert "in the ConfigMap behind the volume desk-files:" in say_kept(Path("/etc/desk/feeds.toml"), MOUNTS)
    assert "in /srv/feeds.toml of the machine" in say_kept(Path("/config/feeds.toml"), MOUNTS)
    assert "where /mnt/nfs is mounted from:" in say_kept(Path("/mnt/nfs/feeds.toml"), MOUNTS)


def test_no_edit_is_noted_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The real thing, where the machine lets a test mount."""
    folder = write_folder(tmp_path / "config")
    mounting = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False)
    if mounting.returncode:
        pytest.skip("this user may not mount")
    noted: list[bytes] = []
    nothing = lambda bodies: None  # noqa: E731
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        said = "watchlist.toml: is mounted read-only here, so nothing was written. Edit it where it is kept, in "
        with pytest.raises(ConfigError, match="is mounted read-only here"):
            add_feed(folder, FeedSpec("New", "https://new.example/rss"), note=noted.append)
        with pytest.raises(ConfigError, match="is mounted read-only here"):
            remove_feed(folder, "Gulf Wire", note=noted.append)
        with pytest.raises(ConfigError, match=said):
            write_whole(
                folder,
                "watchlist.toml",
                b"# new\n",
                expected=hash_of(WATCHLIST.encode()),
                load_instead=nothing,
                note=noted.append,
            )
        with pytest.raises(ConfigError, match=said):
            restore_file(
                folder,
                "watchlist.toml",
                b"# old\n",
                load_instead=nothing,
                is_known=lambda body: False,
                note=noted.append,
                force=True,
            )
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert noted == []
    assert (folder / "watchlist.toml").read_text() == WATCHLIST
