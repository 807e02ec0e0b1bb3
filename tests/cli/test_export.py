"""`monitor export`: every match for another tool, harmless in a spreadsheet."""

import csv
import io

import pytest
from msgspec.structs import replace

from monitor.cli.export import COLUMNS, safe_cell
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry


def test_a_told_match_is_one_line(newsroom: Newsroom) -> None:
    """Every key, in its order, with where it was told."""
    newsroom.read_first()
    newsroom.read(an_entry(1), an_entry(2, about="weather"))
    newsroom.tell()
    ended = newsroom.run("export")
    assert ended.code == 0
    [record] = ended.records
    assert tuple(record) == COLUMNS
    assert (record["topic"], record["title"], record["outlet"]) == ("hostages", an_entry(1).title, "Outlet 0")
    assert record["evidence"][0]["found"] == {"hostage": 2}
    assert [(told["channel"], told["update"]) for told in record["told"]] == [("console", False)]
    assert record["marks"] == []
    assert newsroom.run("export", "--json", "--topic", "hostages", "--since", "1d").records == [record]


def test_csv_has_a_header_and_the_same_columns(newsroom: Newsroom) -> None:
    """Lists are told in words; what a spreadsheet would reckon out is text."""
    newsroom.read_first()
    harmful = replace(an_entry(1), title='=HYPERLINK("http://evil.example","hostage")')
    newsroom.read(harmful)
    newsroom.tell()
    ended = newsroom.run("export", "--as", "csv")
    [row] = csv.DictReader(io.StringIO(ended.out))
    assert tuple(row) == COLUMNS
    assert row["title"] == "'" + harmful.title
    assert row["evidence"] == "hostage*: hostage 2"
    assert row["told"].startswith("console 20")
    assert int(row["score"]) > 0


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_begins_as_a_formula(begin: str) -> None:
    """Nothing else is changed."""
    assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"
    assert safe_cell("a=1") == "a=1"
    assert safe_cell(-5) == -5
    assert safe_cell(None) is None


def test_nothing_to_export_is_said(newsroom: Newsroom) -> None:
    """On standard error, so that the file is empty but for a header; an unknown topic is refused with what there is."""
    newsroom.read_first()
    ended = newsroom.run("export")
    assert (ended.code, ended.out, ended.err) == (0, "", "No match to export.\n")
    assert newsroom.run("export", "--as", "csv").out == ",".join(COLUMNS) + "\n"
    refused = newsroom.run("export", "--topic", "hostage")
    assert refused.code == 1
    assert "hostages" in refused.err
