"""Lists of time entries: which ones, in which order, and as CSV."""

import csv
import io

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, BROCHURE = 201_500_302, 201_500_304
TANE, INES = 7_301_002, 7_301_003
NINE, TEN, NOON = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T12:00"


@pytest.fixture
def work(sandbox: Sandbox, six_in_the_evening: None) -> None:  # noqa: ARG001 - it empties the diary first
    """A day's entries: one of each length, and one of a colleague."""
    add_entry(sandbox, NINE, TEN, "Cart", project_id=WEB_SHOP, tags=["design", "meeting"])
    add_entry(sandbox, TEN, NOON, "Cover", project_id=BROCHURE, tags=["design"])
    add_entry(sandbox, "2025-10-14T13:00", "2025-10-14T13:30", "", project_id=WEB_SHOP)
    add_entry(sandbox, "2025-10-14T14:00", "2025-10-14T17:00", "Clay", NIGHT_SCHOOL, tags=["meeting"])
    add_entry(sandbox, "2025-10-14T14:00", "2025-10-14T15:00", "Proofs", user_id=TANE, project_id=BROCHURE)


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"project": ["Web shop", BROCHURE]}, ["", "Cart", "Cover"]),
        ({"project": ["Web shop", "0"]}, ["", "Cart", "Clay"]),
        ({"project": '["Web shop"]'}, ["", "Cart"]),
        ({"tag": ["design", "meeting"]}, ["Cart", "Clay", "Cover"]),
        ({"tag": ["design", "meeting"], "tag_match": "all"}, ["Cart"]),
        ({"missing": ["project"]}, ["Clay"]),
        ({"missing": ["project", "description"]}, ["", "Clay"]),
        ({"missing": "tags"}, [""]),
        ({"longer_than": "1h"}, ["Clay", "Cover"]),
        ({"longer_than": "59m", "project": "Web shop"}, ["Cart"]),
        ({"user": "tāne whitlock"}, ["Proofs"]),
        ({"user": TANE, "project": "Web shop"}, []),
        ({"user": "Inés Moreau"}, []),
    ],
)
async def test_list_and_summarize_time_entries_select_the_same_matches(
    host: Host, filters: dict[str, object], expected: list[str]
) -> None:
    result = await host.call("list_time_entries", **filters)
    summary = await host.call("summarize_time", **filters)

    assert sorted(row.get("description", "") for row in result["entries"]) == expected
    assert summary["total"]["entries"] == len(expected)
    assert summary["total"]["seconds"] == sum(row["seconds"] for row in result["entries"])


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("filters", "code", "words"),
    [
        ({"project": ["Web shop", "Web shpo"]}, "not_found", "“Web shop”"),
        ({"longer_than": "long"}, "invalid_arguments", "longer_than: 'long' is not a duration"),
        ({"user": "Tane Whitlok"}, "not_found", "“Tāne Whitlock”"),
    ],
)
async def test_list_time_entries_unknown_reference_is_refused(
    host: Host, filters: dict[str, object], code: str, words: str
) -> None:
    error = await host.fail("list_time_entries", **filters)

    assert (error["code"], words in error["message"]) == (code, True)


async def test_list_time_entries_user_name_of_two_is_ambiguous(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.people[INES] = sandbox.state.people[TANE]
    for user in (TANE, INES):
        add_entry(sandbox, NINE, TEN, user_id=user)
    error = await host.fail("list_time_entries", user="Tāne Whitlock")

    assert error["code"] == "ambiguous"
    assert [item["id"] for item in error["candidates"]] == [TANE, INES]
    assert (await host.call("list_time_entries", user=INES))["total"] == 1


async def test_summarize_time_takes_the_labels_of_users_of_one_name_as_filters(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.people[INES] = sandbox.state.people[TANE]
    for user, stop in ((TANE, TEN), (INES, "2025-10-14T11:00")):
        add_entry(sandbox, NINE, stop, user_id=user)
    groups = (await host.call("summarize_time", user="all", group_by=["user"]))["groups"]

    assert len(groups) == 2
    for group in groups:
        total = (await host.call("summarize_time", user=group["by"]["user"]))["total"]
        assert total["hours"] == group["hours"]


@pytest.mark.usefixtures("work")
async def test_list_time_entries_user_of_a_workspace_without_admin_rights_is_incomplete(
    host: Host, sandbox: Sandbox
) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO]["admin"] = False
    result = await host.call("list_time_entries", user=TANE)

    assert result["complete"] is False
    assert "You are not an admin of Harbour Studio" in result["incomplete_reason"]
    assert "timers that are still running" in result["incomplete_reason"]


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("shape", [{}, {"format": "csv"}], ids=["json", "csv"])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["Clay", "", "Cover", "Cart"]),
        ("oldest", ["Cart", "Cover", "", "Clay"]),
        ("longest", ["Clay", "Cover", "Cart", ""]),
        ("shortest", ["", "Cart", "Cover", "Clay"]),
    ],
)
async def test_list_time_entries_sorted_pages_hold_each_entry_once(
    host: Host, sort: str, expected: list[str], shape: dict[str, str]
) -> None:
    result = await host.call("list_time_entries", sort=sort, limit=3, **shape)
    second = await host.call("list_time_entries", sort=sort, limit=3, cursor=result["next_cursor"], **shape)

    assert (result["remaining"], second["remaining"]) == (1, 0)
    if shape:
        rows = csv.DictReader(io.StringIO(result["csv"] + second["csv"], newline=""))
        assert [row["description"] for row in rows] == expected
    else:
        assert [row.get("description", "") for row in result["entries"] + second["entries"]] == expected


@pytest.mark.usefixtures("work")
async def test_list_time_entries_rows_have_a_stop_unless_they_run(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T17:30")
    result = await host.call("list_time_entries", sort="oldest")

    assert [row.get("stop") for row in result["entries"]] == [
        "2025-10-14T10:00:00",
        "2025-10-14T12:00:00",
        "2025-10-14T13:30:00",
        "2025-10-14T17:00:00",
        None,
    ]
    assert (result["starts_at"], result["ends_before"]) == ("2025-10-13T11:00:00Z", "2025-10-14T11:00:00Z")


async def test_list_time_entries_csv_is_rfc_4180_and_has_no_formulas(host: Host, sandbox: Sandbox) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\u200b=2", " =3", "＝4", 'He said "yes",\nthen left', "x" * 300]  # noqa: RUF001
    for number, text in enumerate(evil):
        row = add_entry(sandbox, f"2025-10-14T0{number}:00", f"2025-10-14T0{number}:30", project_id=WEB_SHOP)
        row["description"] = text
    result = await host.call("list_time_entries", format="csv", sort="oldest")
    header, *rows = csv.reader(io.StringIO(result["csv"], newline=""), strict=True)

    assert result["csv"].count("\r\n") == 1 + len(evil)
    assert (
        [row[header.index("description")] for row in rows]
        == [
            *("'=1+1", "'+1", "'-1", "'@SUM(A1)", "'=2", "' =3", "'＝4"),  # noqa: RUF001
            *evil[-2:],
        ]
    )
    assert rows[0][1:4] == ["2025-10-14T00:00:00", "2025-10-14T00:30:00", "1800"]
    assert rows[0][5:7] == ["Aroha Bakery", "Web shop"]
    assert "entries" not in result


async def test_list_time_entries_warm_sends_no_request(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    clock.now = at("2025-10-14T18:00")
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP, tags=["design"])
    filters = {"project": ["Web shop", "Season brochure"], "tag": "design", "longer_than": "30m"}
    cold = await host.call("list_time_entries", **filters)
    warm = await host.call("list_time_entries", **filters, format="csv")

    assert (cold["requests"] <= 4, warm["requests"], warm["total"]) == (True, 0, 1)


@pytest.mark.usefixtures("work")
async def test_list_time_entries_of_everybody_names_the_user_of_each_group(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, "Theirs", user_id=TANE)
    result = await host.call("list_time_entries", user="all")
    users = {group["group"]: group["user"] for group in result["groups"]}

    assert {users[entry["group"]] for entry in result["entries"] if entry.get("description") == "Theirs"} == {
        "Tāne Whitlock"
    }
    own = await host.call("list_time_entries", user="me")
    assert own["total"] < result["total"]
    assert not any("user" in group for group in own["groups"])
