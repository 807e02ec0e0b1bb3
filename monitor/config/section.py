"""What every table of the config files is: strict, frozen, and refusing keys it does not know.

Effects: none.
"""

from pydantic import BaseModel, ConfigDict

from monitor.config.values import ValueFault


class Section(BaseModel):
    """A table of a config file. Values are taken as written: "8" is never a number, 8 never a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def exactly_one(section: Section, stem: str, *, is_needed: bool, needed_for: str = "") -> None:
    """Of a secret's two keys one is used; raises `ValueFault` otherwise, or where none is and one is needed."""
    variable, file = getattr(section, f"{stem}_env"), getattr(section, f"{stem}_file")
    if variable and file:
        raise ValueFault(f"stands beside {stem}_env. Keep one of the two.", key=f"{stem}_file")
    if is_needed and not variable and not file:
        raise ValueFault(
            f"{stem}_env is missing{needed_for}. Name the variable that holds the {stem}, or use {stem}_file.",
            is_whole=True,
        )
