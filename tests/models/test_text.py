"""Which characters a reader cannot see, and which of those mean something."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.text import clean_text, strip_invisible

VISIBLE = {
    "plain": "Acme & Co. <b>",
    "accents": "Größe, naïve, Łódź",
    "composed from two": "Cafe\u0301",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "Chinese, Japanese, Korean": "株式会社みなと 서울",
    "a no-break space": "a\u00a0b",
    "Persian, not joined": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi, joined": "\u0915\u094d\u200d\u0937",
    "Sinhala, joined": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "a person at a computer": "👩\u200d💻 studio",
    "a family": "👨\u200d👩\u200d👧\u200d👦",
    "a heart in colour": "love ❤\ufe0f",
    "a rainbow flag": "🏳\ufe0f\u200d🌈",
    "a skin tone": "👍🏽",
    "a key cap": "1\ufe0f\u20e3",
    "a heart as text": "❤\ufe0e",
    "the flag of England": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "the flag of Wales": "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f!",
    "a flag of a country": "🇳🇿🇵🇱",
    "for private use": "\ue000",
    "a Braille letter": "\u2801",
    "next to what are no characters": "\ufdcf \ufffd",
}
INVISIBLE = {
    "a control": "a\x07b",
    "an escape": "\x1b[31mred",
    "a null": "a\x00b",
    "a delete": "a\x7fb",
    "a second control": "a\x9bb",
    "a soft hyphen": "soft\u00adhyphen",
    "a zero-width space": "Acme\u200b Ltd",
    "a joiner between letters that do not join": "a\u200db",
    "a non-joiner between letters that do not join": "a\u200cb",
    "a joiner at the end": "👩\u200d",
    "a word joiner": "a\u2060b",
    "a byte order mark": "\ufeffa",
    "a mark from left to right": "a\u200eb",
    "a mark for Arabic": "a\u061cb",
    "an isolate": "\u2066evil\u2069",
    "a line separator": "a\u2028b",
    "a paragraph separator": "a\u2029b",
    "an invisible operator": "a\u2062b",
    "a filler for Korean": "a\u3164b",
    "half a filler": "a\uffa0b",
    "a selector after a letter": "a\ufe0fb",
    "a far selector": "a\U000e0100b",
    "a tag": "tag\U000e0041\U000e0042ged",
    "a text in tags on a flag": "🏴\U000e0065\U000e0076\U000e0069\U000e006c\U000e007f",
    "a mark in music": "a\U0001d173b",
    "a note without a head": "a\U0001d159b",
    "a blank in Braille": "a\u2800b",
    "no character among the Arabic ones": "a\ufdd0\ufdefb",
    "no character at the end of a plane": "a\ufffe\uffffb",
    "no character at the end of the last plane": "a\U0010fffe\U0010ffffb",
    "a joiner between two that are no characters": "\ufdd0\u200d\ufdd0",
    "an annotation": "a\ufff9b",
    "a Mongolian selector": "a\u180bb",
    "an embedding, as a path from Windows has it": "\u202aC:/Work\u202c",
    "an embedding in Hebrew": "ab\u202b\u05d0\u202c",
    "an end of none": "\u05d0\u202c",
    "joiners behind what goes": "\u061c\u200c\u061c\u200d\u061c\u200d\u061c",
    "a selector behind what goes": "a\u2060\ufe0fb",
    "a joiner between two that go": "\u3164\u200d\u3164",
    "a joiner after a selector after a letter": "a\ufe0f\u200db",
}
EMOJI = [
    "👩\u200d💻",
    "👨\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f",
    "🏳\ufe0f\u200d🌈",
    "👍🏽",
    "1\ufe0f\u20e3",
    "🇳🇿",
    VISIBLE["the flag of England"],
]
WRITTEN = {
    "a mark after Hebrew": "\u05e9\u05dc\u05d5\u05dd\u200f!",
    "a mark before Latin in Hebrew": "\u05e9\u05dc\u05d5\u05dd \u200eC++",
    "a mark in Arabic": "\u0645\u0631\u062d\u0628\u0627 \u061c1",
    "a form of a Mongolian letter": "\u182d\u180b\u1820",
    "a Mongolian separator": "\u182d\u180e\u1820",
    "a form of a Japanese letter": "葛\U000e0100城",
    "a form of a Chinese letter": "\u6d77\ufe00",
}
OVERRIDES = {
    "an override": ("\u202eevil\u202c", "U+202E RIGHT-TO-LEFT OVERRIDE at position 1;"),
    "an override from left to right": ("a\u202dbc", "U+202D LEFT-TO-RIGHT OVERRIDE at position 2;"),
}


@pytest.mark.parametrize("text", VISIBLE.values(), ids=VISIBLE)
def test_strip_invisible_keeps_visible_and_shaping_characters(text: str) -> None:
    assert strip_invisible(text) == text
    assert ClientBody(name=text, notes=text, external_reference=text).name == text


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_client_body_keeps_what_writing_systems_need(text: str) -> None:
    assert ClientBody(name=text, notes=text, external_reference=text).notes == text
    assert strip_invisible(text) != text


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_client_body_drops_other_invisible_characters(text: str) -> None:
    body = ClientBody(name=f"x{text}x", notes=text, external_reference=text)

    assert body.name == f"x{strip_invisible(text)}x"
    assert body.notes == body.external_reference == strip_invisible(text)


@pytest.mark.parametrize(("text", "character"), OVERRIDES.values(), ids=OVERRIDES)
@pytest.mark.parametrize("field", ["name", "notes", "external_reference"])
def test_client_body_characters_that_override_its_order_are_refused_by_name(
    field: str, text: str, character: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"holds {character}")):
        ClientBody.model_validate({field: text})


def test_client_body_name_of_invisible_characters_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        ClientBody(name="\u200b \ufeff")


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_strip_invisible_removes_invisible_characters_only(text: str) -> None:
    stripped = strip_invisible(text)
    assert stripped != text
    assert [character for character in stripped if is_invisible(character)] == []
    assert stripped == "".join(character for character in text if not is_invisible(character))


def is_invisible(character: str) -> bool:
    """Tell whether Unicode says that a character has no shape; the other fillers and selectors are named."""
    extra = "\u2800\u3164\uffa0\ufe0e\ufe0f\u180b\U0001d159"
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cn", "Zl", "Zp")
        or character in extra
        or character >= "\U000e0000"
    )


@given(
    text=st.text(st.sampled_from("a1\u0645\u0915👩❤\ufe0e\ufe0f\u200b\u200c\u200d\u061c\u2060\u3164\u180b\U000e0041"))
)
def test_strip_invisible_is_idempotent(text: str) -> None:
    assert strip_invisible(strip_invisible(text)) == strip_invisible(text)


PARTS = [*VISIBLE.values(), *INVISIBLE.values(), *WRITTEN.values()]


@given(parts=st.lists(st.sampled_from(PARTS) | st.text(st.characters(exclude_characters="\u202d\u202e"))))
def test_clean_text_is_idempotent_and_loses_nothing_that_an_answer_shows(parts: list[str]) -> None:
    text = "".join(parts)
    cleaned = clean_text(text)

    assert clean_text(cleaned) == cleaned
    assert strip_invisible(str(cleaned)) == strip_invisible(text)


@given(emoji=st.lists(st.sampled_from(EMOJI), min_size=1))
def test_strip_invisible_keeps_emoji_whole(emoji: list[str]) -> None:
    for text in ("".join(emoji), " and ".join(emoji)):
        assert strip_invisible(text) == clean_text(text) == text


@given(text=st.text(max_size=20))
@settings(max_examples=50)
def test_strip_invisible_keeps_order_and_visible_characters(text: str) -> None:
    remaining = iter(text)
    assert all(character in remaining for character in strip_invisible(text))
    assert [*filter(is_visible, strip_invisible(text))] == [*filter(is_visible, text)]


def is_visible(character: str) -> bool:
    """Tell whether Unicode calls a character a letter, number, mark of punctuation or symbol; fillers are none."""
    return unicodedata.category(character)[0] in "LNPS" and character not in "\u115f\u1160\u2800\u3164\uffa0\U0001d159"


@pytest.mark.parametrize("text", ["two\nlines", "a\ttab", "a\rreturn"])
def test_client_body_newlines_and_tabs_are_allowed_in_notes_only(text: str) -> None:
    assert ClientBody(notes=text).notes == text
    for field in ("name", "external_reference"):
        with pytest.raises(ValidationError, match="has to be one line, without tabs"):
            ClientBody.model_validate({field: text})


def test_client_body_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError, match="unicode"):
        ClientBody(name="\ud800")
