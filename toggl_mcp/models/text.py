"""Text that other people wrote, without the characters that a reader cannot see."""

import re
from unicodedata import normalize

_LETTERS = "\u0590-\u109f\u1200-\u137f\u1780-\u18af\ua800-\ua8ff\ufb1d-\ufdff\ufe70-\ufefc"
_PICTURES = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but for tab and line breaks
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # blanks and marks without a shape
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero width, direction, separators
    "\ufe00-\ufe0e\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # notes, selectors, tags
    f"{_NONCHARACTERS}]"  # code points that are no characters
)
_VALID_JOINER = (
    f"(?<=[{_LETTERS}])[\u200c\u200d](?=[{_LETTERS}])"  # joiners shape Arabic, Persian and Indic words
    f"|(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])"  # and make one picture out of several
    f"|(?<=[{_PICTURES}#*0-9])\ufe0f"  # the selector that colours a picture
)
_JOINER = re.compile(f"({_VALID_JOINER})|[\u200c\u200d\ufe0f]")
_LINE_BREAKS = re.compile("[\t\n\r]")


def strip_invisible(text: str) -> str:
    """Return the text without invisible, bidirectional, tag and control characters."""
    if text.isascii() and text.isprintable():
        return text
    text = _INVISIBLE.sub("", text)
    while (shorter := _JOINER.sub(lambda found: found[1] or "", text)) != text:
        text = shorter  # What held a joiner in place may itself have gone.
    return text


def fold(name: str) -> str:
    """Return the form of a name that is compared: visible, trimmed, composed (NFC), without case."""
    return normalize("NFC", normalize("NFC", strip_invisible(name).strip()).casefold())


def require_visible(text: str) -> str:
    """Return the text unchanged, or raise ValueError if `strip_invisible` would change it."""
    if strip_invisible(text) != text:
        message = "holds invisible or control characters; send it without them"
        raise ValueError(message)
    return text


def require_one_line(text: str) -> str:
    """Return the text unchanged, or raise ValueError if it is not one visible line."""
    if _LINE_BREAKS.search(text):
        message = "has to be one line, without tabs"
        raise ValueError(message)
    return require_visible(text)
