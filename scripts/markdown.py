"""Markdown that the pages made of code share."""

from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by `uv run python -m scripts.docs`; do not edit. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *rows))


def format_names(names: Iterable[str]) -> str:
    """Return names as code, with commas between; `none` of none."""
    return ", ".join(f"`{name}`" for name in names) or "none"
