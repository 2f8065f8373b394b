"""What other people wrote is data: answers are cleaned, the cache is not, and input is held to the same rule."""

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

STRIPPED = [
    ("Acme\u200b Ltd", "Acme Ltd"),
    ("\u202eevil\u202c", "evil"),
    ("tag\U000e0041\U000e0042ged", "tagged"),
    ("bell\x07 and esc\x1b[31m", "bell and esc[31m"),
    ("soft\u00adhyphen \ufeffbom", "softhyphen bom"),
    ("variation\ufe01 selectors\U000e0100", "variation selectors"),
    ("\u0645\u0649\u200c\u062e\u0648", "\u0645\u0649\u200c\u062e\u0648"),
    ("👩\u200d💻 studio", "👩\u200d💻 studio"),
    ("love ❤\ufe0f", "love ❤\ufe0f"),
    ("love ❤\ufe0e", "love ❤\ufe0e"),
    (
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ),
    ("🏴\U000e0065\U000e0076\U000e0069\U000e006c\U000e007f", "🏴"),
    ("a\ufe0f\u200db", "ab"),
    ("Größe, naïve, 株式会社", "Größe, naïve, 株式会社"),
]


@pytest.mark.parametrize(("text", "expected"), STRIPPED)
async def test_get_client_strips_invisible_characters(host: Host, sandbox: Sandbox, text: str, expected: str) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Plain", notes=text, external_reference=text)
    sandbox.state.clients[row["id"]]["name"] = text

    result = await host.call("get_client", client=row["id"])

    assert {result["client"][field] for field in ("name", "notes", "external_reference")} == {expected}


async def test_create_client_and_time_entry_pasted_marks_are_dropped(host: Host, sandbox: Sandbox) -> None:
    client = await host.call("create_client", name="\u200eAcme\u200b Ltd\ufeff", notes="For 👩\u200d💻\u00ad")
    entry = await host.create_entry(
        start="\u200e2025-10-14T09:00",
        duration=60,
        description="\u2060Caf\u00e9",
        project="Web\u200b shop",
    )

    row = sandbox.state.clients[client["client"]["id"]]
    assert (row["name"], row["notes"]) == ("Acme Ltd", "For 👩\u200d💻")
    assert sandbox.state.entries[entry["id"]]["description"] == "Café"


async def test_edit_client_writes_no_stripped_text_back(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Odd\u200bname", notes="old")
    await host.call("list_clients")
    clock.now += 1

    await host.call("edit_client", client=row["id"], notes="new")

    assert sandbox.state.clients[row["id"]]["name"] == "Odd\u200bname"


async def test_get_client_resolves_the_stripped_name(host: Host, sandbox: Sandbox) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Good\u200b Name")

    result = await host.call("get_client", client="good name")

    assert result["client"]["id"] == row["id"]


async def test_list_clients_truncates_notes_and_get_client_does_not(host: Host, sandbox: Sandbox) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Wordy", notes="n" * 4000)

    list_result = await host.call("list_clients", name="wordy")
    get_result = await host.call("get_client", client=row["id"])

    assert list_result["clients"][0]["notes"] == "n" * 99 + "…"
    assert get_result["client"]["notes"] == "n" * 4000
