"""What a console can show: its width, colours where it is a terminal, and characters that its encoding has."""

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TextIO
from unicodedata import combining, east_asian_width

MIN_WIDTH, MAX_WIDTH = 40, 88
"""Columns between which text is laid out; a narrower terminal breaks the lines itself."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SUBSTITUTES = str.maketrans({"█": "#", "▒": "+", "·": "-", "…": "...", "“": "'", "”": "'"})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_COLORS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class UnwritableOutput(Exception):
    """Standard output cannot be written, as on a full disk; the message says why."""


class Console(NamedTuple):
    """A console: whether it shows colours, its encoding, and its columns."""

    has_color: bool = False
    encoding: str = "utf-8"
    width: int = MAX_WIDTH

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str]) -> "Console":
        """Return the console of a stream."""
        if not stream.isatty():
            return cls(encoding=stream.encoding)
        # Windows has consoles that show the codes themselves; those that do not say so by one of the two.
        is_capable = environment.get("TERM", "dumb") != "dumb" or "WT_SESSION" in environment
        has_color = is_capable and not environment.get("NO_COLOR")
        width = max(MIN_WIDTH, min(shutil.get_terminal_size().columns, MAX_WIDTH))
        return cls(has_color, stream.encoding, width)

    @property
    def has_unicode(self) -> bool:
        """Whether the encoding has every character."""
        return self.encoding.lower().replace("-", "").startswith("utf")

    def color(self, text: str, name: str) -> str:
        """Return a text in a color, or bold or dim, where the console shows that."""
        return f"\x1b[{_COLORS[name]}m{text}\x1b[0m" if self.has_color else text

    def bar(self, share: float, columns: int) -> str:
        """Return a bar that fills this share of the columns, to an eighth of one where the encoding allows."""
        eighths = round(max(0.0, min(share, 1.0)) * columns * 8)
        if not self.has_unicode:
            return "#" * round(eighths / 8)
        return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()

    def fit(self, text: str) -> str:
        """Return a text in characters that the console has, `?` for one that it has no substitute for."""
        if self.has_unicode:
            return text
        return text.translate(_SUBSTITUTES).encode(self.encoding, "replace").decode(self.encoding)

    def fit_json(self, text: str) -> str:
        """Return JSON in characters that the console has, all others escaped, so that a pipe loses nothing."""
        if self.has_unicode:
            return text
        return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)


def write_output(text: str = "") -> None:
    """Write a text, and what was written before, to standard output at once.

    Raises:
        BrokenPipeError: Nobody reads it.
        UnwritableOutput: It cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwritableOutput(error.strerror) from error


def write_line(line: str) -> None:
    """Write a line as `write_output` writes a text."""
    write_output(f"{line}\n")


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines with aligned columns; those of `right` end, and all others begin, at one place."""
    widths = [max(map(count_columns, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(pad(cell, widths[number], right=number in right) for number, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text with blanks after it, or before it, so that it takes so many columns."""
    blanks = " " * (columns - count_columns(text))
    return blanks + text if right else text + blanks


def count_columns(text: str) -> int:
    """Return the columns of a text in a terminal, where East Asian characters take two."""
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)
