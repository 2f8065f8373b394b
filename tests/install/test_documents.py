"""Configurations as people write them: edits of every layout, by example and by property."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.install.machine import SERVER, Machine
from toggl_mcp.install import jsonc
from toggl_mcp.install.document import Place

ITEM = {"command": "uvx", "args": ["toggl-mcp-server"]}
PLACES = (Place("mcpServers", "toggl"), Place("inputs", "toggl", is_list=True))
BLANKS = ("", " ", "\n", "\n\t", "\r\n  ", " /* c */ ", "// c\n  ")
# Without what a comment or a trailing comma is recognised by below.
TEXTS = st.text(st.characters(exclude_characters="/,]}", codec="utf-8"), max_size=3)
NAMES = TEXTS.filter(lambda name: name not in ("toggl", "id"))
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
ROOTS = st.fixed_dictionaries(
    {},
    optional={
        "mcpServers": st.dictionaries(NAMES, VALUES, max_size=3),
        "inputs": st.lists(VALUES, max_size=3),
        "theme": VALUES,
    },
)


class Written(NamedTuple):
    """A document, and what it says."""

    content: dict[str, Any]
    text: str


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """Return an object as JSON with spaces, comments and trailing commas anywhere."""

    def write(value: object) -> str:
        if isinstance(value, dict):
            members = cast("dict[str, object]", value).items()
            return write_members([f"{json.dumps(key)}{blank()}:{blank()}{write(item)}" for key, item in members], "{}")
        if isinstance(value, list):
            return write_members([write(item) for item in cast("list[object]", value)], "[]")
        return json.dumps(value)

    def write_members(members: list[str], brackets: str) -> str:
        end = draw(st.sampled_from(["", ","])) if members else ""
        inner = ",".join(f"{blank()}{member}{blank()}" for member in members)
        return f"{brackets[0]}{inner}{end}{blank()}{brackets[1]}"

    def blank() -> str:
        return draw(st.sampled_from(BLANKS))

    content = draw(ROOTS)
    return Written(content, f"{blank()}{write(content)}{blank()}")


def read(text: str) -> object:
    """Return what a document says, read in another way than the code reads it."""
    without_comments = re.sub(r"/\* c \*/|// c\r?\n", " ", text)
    return json.loads(re.sub(r",(?=\s*[\]}])", "", without_comments))


def is_subsequence(part: str, whole: str) -> bool:
    characters = iter(whole)
    return all(character in characters for character in part)


def squeeze(text: str) -> str:
    return re.sub(r"[\s,]", "", text)


@settings(max_examples=60, deadline=None)
@given(documents(), st.sampled_from(PLACES))
def test_put_item_adds_to_any_document_and_remove_item_takes_out_that_alone(document: Written, place: Place) -> None:
    item = {"id": "toggl", **ITEM} if place.is_list else ITEM
    empty: Any = [] if place.is_list else {}
    container = document.content.get(place.container, empty)

    added = jsonc.put_item(document.text, place, item)
    removed = jsonc.remove_item(added, place)

    expected = [*container, item] if place.is_list else {**container, "toggl": item}
    assert read(added) == {**document.content, place.container: expected}
    assert jsonc.find_item(added, place) == item
    assert jsonc.put_item(added, place, item) == added
    assert is_subsequence(document.text, added)
    assert read(removed) == {**document.content, place.container: container}
    assert is_subsequence(removed, added)
    if place.container in document.content:
        assert squeeze(removed) == squeeze(document.text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "mcpServers": {\n    "toggl": ITEM\n  }\n}\n'),
        ("{}", '{\n  "mcpServers": {\n    "toggl": ITEM\n  }\n}'),
        ("// mine\n", '// mine\n{\n  "mcpServers": {\n    "toggl": ITEM\n  }\n}\n'),
        ('{"a":1}', '{"a":1, "mcpServers": {"toggl": ITEM}}'),
        ('{\n    "a": 1 // one\n}', '{\n    "a": 1, // one\n    "mcpServers": {\n        "toggl": ITEM\n    }\n}'),
        ('{\n\t"mcpServers": {},\n}', '{\n\t"mcpServers": {\n\t\t"toggl": ITEM\n\t},\n}'),
        (
            '{\n  "mcpServers": {\n    "a": {}, // a\n  }\n}',
            '{\n  "mcpServers": {\n    "a": {}, // a\n    "toggl": ITEM,\n  }\n}',
        ),
    ],
)
def test_put_item_follows_the_layout_of_the_document(before: str, after: str) -> None:
    place = PLACES[0]

    text = jsonc.put_item(before, place, {})

    assert text == after.replace("ITEM", "{}")


def test_put_item_again_keeps_the_comments_in_it() -> None:
    before = (
        '{"mcpServers": {"toggl": { // mine\n  "command": "x", // path\n  "args": ["-1"], // options\n'
        '  "note": 1, // a note\n  "env": {"A": "1"} // last\n}}}'
    )

    text = jsonc.put_item(before, PLACES[0], {"command": "x", "args": [], "env": {"A": "1"}, "type": "stdio"})

    assert text == (
        '{"mcpServers": {"toggl": { // mine\n  "command": "x", // path\n  "args": [], // options\n   // a note\n'
        '  "env": {"A": "1"}, // last\n  "type": "stdio"\n}}}'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"mcpServers": {"toggl": {}, "a": 1}}', '{"mcpServers": { "a": 1}}'),
        ('{"mcpServers": { // c\n  "toggl": {}, "a": 1}}', '{"mcpServers": { // c\n   "a": 1}}'),
        ('{"mcpServers": {"a": 1, // a\n  "toggl": {} // mine\n}}', '{"mcpServers": {"a": 1 // a\n   // mine\n}}'),
    ],
)
def test_remove_item_keeps_comments_and_what_stands_beside(before: str, after: str) -> None:
    assert jsonc.remove_item(before, PLACES[0]) == after


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": []}',
        "[]",
        '{"mcpServers": {"toggl": 1}}',
        '{"a": NaN}',
        '{"mcpServers": {}, "mcpServers": {}}',
        '{"mcpServers": {"toggl": {}, "toggl": {}}}',
    ],
)
def test_install_refuses_a_document_of_another_shape_and_leaves_it(text: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write(text.encode())

    result = machine.install()

    assert not result.is_ok
    assert re.search(r"cannot be edited \(.*(is no|once)", result.output)
    assert machine.file.read_bytes() == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers = 1",
        "mcp_servers = { other = {} }",
        'mcp_servers = { toggl = { command = "toggl-mcp" } }',
        '[mcp_servers]\ntoggl = { command = "toggl-mcp" }',
        '[mcp_servers.toggl]\ncommand = "toggl-mcp"\nsince = [\n2026-01-01]',
        'text = """\n[mcp_servers.toggl]\n"""\n[mcp_servers."toggl"]\ncommand = "toggl-mcp"',
    ],
)
def test_install_refuses_tables_that_cannot_be_edited_and_leaves_them(text: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path, "codex")
    machine.write(text.encode())

    result = machine.install()

    assert not result.is_ok
    assert "cannot be edited" in result.output
    assert machine.file.read_bytes() == text.encode()


def test_install_again_replaces_the_tables_of_the_server_where_they_are(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "codex")
    machine.write(
        b'[mcp_servers.toggl] # mine\r\ncommand = "toggl-mcp"\r\n[mcp_servers.toggl.tools.undo]\r\n'
        b'approval_mode = "prompt"\r\n\r\n# next\r\n[mcp_servers.toggl2]\r\ncommand = "x"\r\n'
    )

    assert machine.install("--read-only").is_ok

    content = machine.file.read_bytes()
    servers = tomllib.loads(content.decode())["mcp_servers"]
    assert servers["toggl"]["tools"] == {"undo": {"approval_mode": "prompt"}}
    assert servers["toggl"]["args"] == ["--read-only"]
    assert content.endswith(b'\r\n\r\n# next\r\n[mcp_servers.toggl2]\r\ncommand = "x"\r\n')
    assert machine.uninstall().is_ok
    assert machine.file.read_bytes() == b'\r\n# next\r\n[mcp_servers.toggl2]\r\ncommand = "x"\r\n'


def test_install_again_keeps_comments_in_the_table_of_the_server(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "codex")
    table = """\
[mcp_servers.toggl] # mine
# Which one it is.
command = "toggl-mcp" # "from" the package # index
args = [] # read later
env_vars = ["TOGGL_API_TOKEN"]  # kept
since = 2026-01-01

[mcp_servers.toggl.env] # sub
# A language.
LANG = "C" # C
"""
    machine.write(table.encode())

    assert machine.install("--read-only").is_ok

    assert machine.file.read_text() == (
        table.replace('"toggl-mcp"', '"/opt/toggl/toggl-mcp"')
        .replace("[] # read", '["--read-only"] # read')
        .replace("01-01\n", "01-01\nstartup_timeout_sec = 60\n")
    )
    machine.write(b"# other\n" + machine.file.read_bytes())
    assert machine.uninstall().is_ok
    assert machine.file.read_text() == "# other\n"


def test_install_again_writes_a_table_anew_whose_values_take_several_lines(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "codex")
    machine.write(b'[mcp_servers.toggl]\n# mine\ncommand = "toggl-mcp"\nargs = [\n  "--sandbox",\n]\nenv.LANG = "C"\n')

    assert machine.install("--read-only").is_ok

    (server,) = tomllib.loads(machine.file.read_text())["mcp_servers"].values()
    assert (server["command"], server["args"], server["env"]) == (SERVER.command, ["--read-only"], {"LANG": "C"})
