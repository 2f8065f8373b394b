"""Text that other people wrote, or pasted, without the characters that a reader cannot see."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from unicodedata import name, normalize

ItemT = TypeVar("ItemT")

_LETTERS = "\u0590-\u109f\u1200-\u137f\u1780-\u18af\ua800-\ua8ff\ufb1d-\ufdff\ufe70-\ufefc"
_PICTURES = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_REGIONS = ("gbeng", "gbsct", "gbwls")  # The flags of tags that Unicode recommends; other tags can hide a text.
_TAGS = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in _REGIONS)
_FLAG = f"\U0001f3f4(?:{_TAGS})\U000e007f"
_INVISIBLE = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but for tab and line breaks
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # blanks and marks without a shape
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero width, direction, separators
    "\ufe00-\ufe0d\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # notes, selectors, tags
    f"{_NONCHARACTERS}]"  # code points that are no characters
)
_VARIANT = (
    "(?<=[\u1820-\u18aa])[\u180b-\u180f]"  # the form of a Mongolian letter
    f"|(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe02\U000e0100-\U000e01ef]"  # or of a Chinese or Japanese one, as in names
)
_MARK = "[\u061c\u200e\u200f]"  # direction, where letters run from right to left
_IN_ANSWERS = re.compile(f"({_FLAG})|{_INVISIBLE}")
_IN_INPUT = re.compile(f"({_FLAG}|{_VARIANT})|{_INVISIBLE}")
_IN_RIGHT_TO_LEFT_INPUT = re.compile(f"({_FLAG}|{_VARIANT}|{_MARK})|{_INVISIBLE}")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_VALID_JOINER = (
    f"(?<=[{_LETTERS}])[\u200c\u200d](?=[{_LETTERS}])"  # joiners shape Arabic, Persian and Indic words
    f"|(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])"  # and make one picture out of several
    f"|(?<=[{_PICTURES}#*0-9])[\ufe0e\ufe0f]"  # selectors that draw a picture, in colour or as text
)
_JOINER = re.compile(f"({_VALID_JOINER})|[\u200c\u200d\ufe0e\ufe0f]")
_OVERRIDE = re.compile("[\u202d\u202e]")
_LINE_BREAKS = re.compile("[\t\n\r]")
_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic: Japanese marks make another sound
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc", "'''")


def strip_invisible(text: str) -> str:
    """Return the text without invisible, bidirectional, tag and control characters; emoji stay whole."""
    return _strip(text, _IN_ANSWERS)


def clean_text(value: object) -> object:
    """Return a text without the invisible characters that no writing system needs; anything else as it is.

    Raises:
        ValueError: The text holds characters that override the order in which it is read.
    """
    if not isinstance(value, str):
        return value
    if override := _OVERRIDE.search(value):
        character, position = override[0], override.start() + 1
        message = f"holds U+{ord(character):04X} {name(character)} at position {position}; send the text without it"
        raise ValueError(message)
    return _strip(value, _IN_RIGHT_TO_LEFT_INPUT if _RIGHT_TO_LEFT.search(value) else _IN_INPUT)


def _strip(text: str, invisible: re.Pattern[str]) -> str:
    """Return the text without invisible characters, but for those that the pattern keeps in its group."""
    if text.isascii() and text.isprintable():
        return text
    text = invisible.sub(lambda match: match[1] or "", text)
    while (shorter := _JOINER.sub(lambda match: match[1] or "", text)) != text:
        text = shorter  # What held a joiner in place may itself have gone.
    return text


def fold(text: str) -> str:
    """Return the form of a name that is compared: visible, trimmed, composed (NFC), without case."""
    return normalize("NFC", normalize("NFC", strip_invisible(text).strip()).casefold())


def fold_accents(text: str) -> str:
    """Return the folded form of a name without its accents, its apostrophes as a typewriter has them."""
    folded = fold(text).translate(_APOSTROPHES)
    return folded if folded.isascii() else _ACCENTS.sub("", normalize("NFD", folded))


def filter_by_part(items: Iterable[ItemT], part: str, get_text: Callable[[ItemT], str]) -> list[ItemT]:
    """Return the items whose folded text has a part: case is ignored, and so are accents where no text has them."""
    texts = [(item, get_text(item)) for item in items]
    folded, plain = fold(part), fold_accents(part)
    matches = [item for item, text in texts if folded in text]
    return matches or [item for item, text in texts if plain and plain in fold_accents(text)]


def fold_spelling(text: str) -> str:
    """Return the form in which names look alike: without case, accents and spaces."""
    return "".join(fold_accents(text).split())


def require_one_line(text: str) -> str:
    """Return the text unchanged, or raise ValueError if it is not one line."""
    if _LINE_BREAKS.search(text):
        message = "has to be one line, without tabs"
        raise ValueError(message)
    return text
