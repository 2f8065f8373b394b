"""A small studio to try things on: its user, workspaces, clients, projects, tags and tasks."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from toggl_mcp.sandbox import rows
from toggl_mcp.sandbox.quota import Plan
from toggl_mcp.sandbox.rows import Row, fine_stamp, stamp
from toggl_mcp.sandbox.sample_entries import SampleEntries
from toggl_mcp.sandbox.state import State

TOKEN = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"  # noqa: S105 - The made-up token of the sample user.
HARBOUR_STUDIO = 4_102_001
NIGHT_SCHOOL = 4_102_002
PLANS: Mapping[int, Plan] = {HARBOUR_STUDIO: "premium", NIGHT_SCHOOL: "free"}

_USER = 7_301_001
PEOPLE: Mapping[int, str] = {
    _USER: "Marama Quayle",
    7_301_002: "Tāne Whitlock",
    7_301_003: "Inés Moreau",
    7_301_004: "Priya Natarajan",
    7_301_005: "Jonas Weber",
    7_301_006: "青木 愛子",
}
_DAY = 86_400


def sample_state(clock: Callable[[], float], plans: Mapping[int, Plan]) -> State:
    """The sample state, its dates counted back from the clock's now."""
    now = clock()
    workspaces = [
        rows.workspace(HARBOUR_STUDIO, 3_901_001, "Harbour Studio", plans[HARBOUR_STUDIO], now - 40 * _DAY),
        rows.workspace(NIGHT_SCHOOL, 3_901_002, "Night School", plans[NIGHT_SCHOOL], now - 15 * _DAY),
    ]
    projects = [_project(now, *project) for project in _PROJECTS]
    tags = [rows.tag(tag_id, workspace_id, name, now - 80 * _DAY, _USER) for tag_id, workspace_id, name in _TAGS]
    tasks = _tasks(now, {row["id"]: row for row in projects})
    state = State(
        clock,
        _user(now),
        workspaces=workspaces,
        clients=_clients(now),
        projects=projects,
        tags=tags,
        tasks=tasks,
        entries=lambda: [dict(row) for row in _sample_entries(now)],
    )
    state.people.update(PEOPLE)
    for row, people in zip(workspaces, (len(PEOPLE), 1), strict=True):
        organization = rows.organization(row["organization_id"], row["name"], plans[row["id"]], now - 800 * _DAY)
        state.organizations[organization["id"]] = organization | {"user_count": people}
    return state


# Writing a thousand rows takes long, and most tests begin at the same moment.
@lru_cache(maxsize=4)
def _sample_entries(now: float) -> list[Row]:
    """Every time entry of the studio, counted back from this moment; shared, so whoever changes rows copies them.

    The lists in a row are replaced, never changed.
    """
    return SampleEntries(now, _USER, HARBOUR_STUDIO, NIGHT_SCHOOL).entries(tuple(PEOPLE)[1:])


def _user(now: float) -> Row:
    return {
        "id": _USER,
        "api_token": TOKEN,
        "email": "marama@harbour-studio.example",
        "fullname": PEOPLE[_USER],
        "timezone": "Pacific/Auckland",
        "toggl_accounts_id": "5ec4e75d5ec4e75d5ec4e7",
        "default_workspace_id": HARBOUR_STUDIO,
        "beginning_of_week": 1,
        "image_url": "https://assets.track.toggl.com/images/profile.png",
        "created_at": fine_stamp(now - 900 * _DAY),
        "updated_at": fine_stamp(now - 12 * _DAY),
        "openid_email": None,
        "openid_enabled": False,
        "country_id": None,
        "has_password": True,
        "at": fine_stamp(now - 2 * _DAY),
        "2fa_enabled": False,
        "authorization_updated_at": fine_stamp(now - 30 * _DAY),
    }


def _clients(now: float) -> list[Row]:
    reference = "external_reference"
    invoices = {"notes": "Invoices on the first Monday of the month.", reference: "CRM-1001"}
    season = {"notes": "Season ended; may come back in spring."}
    return [
        _client(64_890_301, HARBOUR_STUDIO, "Aroha Bakery", now - 3 * _DAY, **invoices),
        _client(64_890_302, HARBOUR_STUDIO, "Blue Gull Charters", now - 11 * _DAY),
        _client(64_890_303, HARBOUR_STUDIO, "Café Miró", now - 25 * _DAY, **{reference: "CRM-1003"}),
        _client(64_890_304, HARBOUR_STUDIO, "Dockside Light & Power", now - 200 * _DAY, archived=True),
        _client(64_890_305, HARBOUR_STUDIO, "Müller & Söhne", now - 60 * _DAY, notes="Writes in German."),
        _client(64_890_306, HARBOUR_STUDIO, "Northwind Theatre", now - 95 * _DAY, archived=True, **season),
        _client(64_890_307, HARBOUR_STUDIO, "Ōtautahi Press", now - 7 * _DAY),
        _client(64_890_308, HARBOUR_STUDIO, "株式会社みなと", now - 1 * _DAY, **{reference: "CRM-1008"}),
        _client(64_890_401, NIGHT_SCHOOL, "Aroha Bakery", now - 18 * _DAY),
        _client(64_890_402, NIGHT_SCHOOL, "Evening Pottery", now - 45 * _DAY),
        _client(64_890_403, NIGHT_SCHOOL, "Język polski", now - 5 * _DAY, notes="Tuesdays and Thursdays."),
        _client(64_890_404, NIGHT_SCHOOL, "Summer Choir", now - 150 * _DAY, archived=True),
    ]


def _client(client_id: int, workspace_id: int, name: str, at: float, **fields: object) -> Row:
    row: Row = {"id": client_id, "wid": workspace_id, "archived": False, "name": name, "at": stamp(at)}
    return row | {"creator_id": _USER} | fields


_PROJECTS = [
    (201_500_301, HARBOUR_STUDIO, 64_890_301, "Bread labels", "#e36a00"),
    (201_500_302, HARBOUR_STUDIO, 64_890_301, "Web shop", "#0b83d9"),
    (201_500_303, HARBOUR_STUDIO, 64_890_301, "Shop sign", "#bf7000"),
    (201_500_304, HARBOUR_STUDIO, 64_890_302, "Season brochure", "#06a893"),
    (201_500_305, HARBOUR_STUDIO, 64_890_306, "Autumn posters", "#d92b2b"),
    (201_500_306, HARBOUR_STUDIO, 64_890_306, "Programme booklet", "#990099"),
    (201_500_307, HARBOUR_STUDIO, None, "Studio upkeep", "#525266"),
    (201_500_308, HARBOUR_STUDIO, 64_890_303, "Carte d'été", "#c7af14"),
    (201_500_309, HARBOUR_STUDIO, 64_890_305, "Messestand", "#465bb3"),
    (201_500_310, HARBOUR_STUDIO, 64_890_307, "Te reo reader", "#2da608"),
    (201_500_311, HARBOUR_STUDIO, 64_890_308, "港のロゴ", "#d94182"),
    (201_500_401, NIGHT_SCHOOL, 64_890_402, "Kiln course", "#c9806b"),
    (201_500_402, NIGHT_SCHOOL, 64_890_403, "Kurs dla początkujących", "#9e5bd9"),
    (201_500_403, NIGHT_SCHOOL, 64_890_404, "Summer concert", "#566614"),
]
_RATES = {201_500_302: 95, 201_500_309: 110}
_BUDGETS: Mapping[int, Row] = {
    201_500_302: {"estimated_hours": 440},
    201_500_304: {"estimated_hours": 240, "fixed_fee": 9000, "currency": "NZD"},
    201_500_308: {
        "estimated_hours": 40,
        "recurring": True,
        "recurring_parameters": [{"period": "monthly", "custom_period": None, "estimated_seconds": 144_000}],
    },
    201_500_309: {"estimated_hours": 160},
}
_WITH_END = 201_500_309
_ARCHIVED = (201_500_303, 201_500_305, 201_500_306, 201_500_403)
_TAGS = [
    (17_300_301, HARBOUR_STUDIO, "design"),
    (17_300_302, HARBOUR_STUDIO, "meeting"),
    (17_300_303, HARBOUR_STUDIO, "on site"),
    (17_300_304, HARBOUR_STUDIO, "réunion"),
    (17_300_305, HARBOUR_STUDIO, "to be invoiced"),
    (17_300_401, NIGHT_SCHOOL, "lesson"),
    (17_300_402, NIGHT_SCHOOL, "meeting"),
    (17_300_403, NIGHT_SCHOOL, "preparation"),
]


def _project(now: float, project_id: int, workspace_id: int, client_id: int | None, name: str, color: str) -> Row:
    fields: Row = {"client_id": client_id, "color": color, "active": project_id not in _ARCHIVED}
    fields["billable"] = workspace_id == HARBOUR_STUDIO and client_id is not None
    if project_id in _RATES:
        fields |= {"rate": _RATES[project_id], "currency": "NZD"}
    fields |= _BUDGETS.get(project_id, {})
    if project_id == _WITH_END:
        fields["end_date"] = stamp(now + 45 * _DAY)[:10]
    return rows.project(project_id, workspace_id, name, now - 70 * _DAY, **fields)


def _tasks(now: float, projects: Mapping[int, Row]) -> list[Row]:
    shop, brochure, stand = (projects[project_id] for project_id in (201_500_302, 201_500_304, 201_500_309))
    created = now - 50 * _DAY
    return [
        rows.task(80_400_301, shop, "Checkout", created, _USER, estimated_seconds=36_000, tracked_seconds=5_400_000),
        rows.task(80_400_302, shop, "Product photos", created, _USER, active=False, tracked_seconds=14_400_000),
        rows.task(80_400_303, shop, "Opening hours", created, _USER),
        rows.task(80_400_304, brochure, "Cover", created, _USER, estimated_seconds=18_000),
        rows.task(80_400_305, stand, "Entwürfe", created, _USER, external_reference="CRM-2305"),
    ]
