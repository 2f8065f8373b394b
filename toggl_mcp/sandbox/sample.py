"""A small studio to try things on: its user, workspaces, clients and projects."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from toggl_mcp.sandbox.quota import Plan
from toggl_mcp.sandbox.world import Row, World, stamp

TOKEN = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"  # noqa: S105 - The made-up token of the sample user.
HARBOUR_STUDIO = 4_102_001
NIGHT_SCHOOL = 4_102_002
PLANS: Mapping[int, Plan] = {HARBOUR_STUDIO: "premium", NIGHT_SCHOOL: "free"}

_USER = 7_301_001
_DAY = 86_400


def studio(clock: Callable[[], float], plans: Mapping[int, Plan]) -> World:
    """The sample world, its dates counted back from the clock's now."""
    now = clock()
    workspaces = [
        _workspace(HARBOUR_STUDIO, 3_901_001, "Harbour Studio", plans[HARBOUR_STUDIO], now - 40 * _DAY),
        _workspace(NIGHT_SCHOOL, 3_901_002, "Night School", plans[NIGHT_SCHOOL], now - 15 * _DAY),
    ]
    return World(clock, _user(now), workspaces=workspaces, clients=_clients(now), projects=_projects())


def _user(now: float) -> Row:
    return {
        "id": _USER,
        "api_token": TOKEN,
        "email": "marama@harbour-studio.example",
        "fullname": "Marama Quayle",
        "timezone": "Pacific/Auckland",
        "default_workspace_id": HARBOUR_STUDIO,
        "beginning_of_week": 1,
        "image_url": "https://assets.track.toggl.com/images/profile.png",
        "created_at": _fine_stamp(now - 900 * _DAY),
        "updated_at": _fine_stamp(now - 12 * _DAY),
        "openid_email": None,
        "openid_enabled": False,
        "country_id": None,
        "has_password": True,
        "at": _fine_stamp(now - 2 * _DAY),
        "intercom_hash": "5ec4e7a5" * 8,
        "oauth_providers": ["google"],
        "authorization_updated_at": _fine_stamp(now - 30 * _DAY),
    }


_ORDINARY: Row = {
    "admin": True,
    "role": "admin",
    "suspended_at": None,
    "default_hourly_rate": None,
    "rate_last_updated": None,
    "default_currency": "NZD",
    "only_admins_may_create_projects": False,
    "only_admins_may_create_tags": False,
    "only_admins_see_team_dashboard": False,
    "projects_billable_by_default": True,
    "projects_private_by_default": True,
    "projects_enforce_billable": False,
    "limit_public_project_data": False,
    "reports_collapse": True,
    "rounding": 0,
    "rounding_minutes": 0,
    "logo_url": "https://assets.track.toggl.com/images/workspace.jpg",
    "ical_enabled": True,
    "csv_upload": None,
    "subscription": None,
    "hide_start_end_times": False,
    "working_hours_in_minutes": None,
}


def _workspace(workspace_id: int, organization_id: int, name: str, plan: Plan, changed: float) -> Row:
    return _ORDINARY | {
        "id": workspace_id,
        "organization_id": organization_id,
        "name": name,
        "premium": plan != "free",
        "business_ws": plan == "premium",
        "last_modified": stamp(changed),
        "api_token": f"5ec4e75a{workspace_id:024d}",
        "at": stamp(changed),
        "ical_url": f"/ical/workspace_user/5ec4e75b{workspace_id:024d}",
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


def _client(client_id: int, workspace_id: int, name: str, at: float, **more: object) -> Row:
    row: Row = {"id": client_id, "wid": workspace_id, "archived": False, "name": name, "at": stamp(at)}
    return row | {"creator_id": _USER} | more


def _projects() -> list[Row]:
    return [
        _project(201_500_301, HARBOUR_STUDIO, 64_890_301, "Bread labels"),
        _project(201_500_302, HARBOUR_STUDIO, 64_890_301, "Web shop"),
        _project(201_500_303, HARBOUR_STUDIO, 64_890_301, "Shop sign", active=False),
        _project(201_500_304, HARBOUR_STUDIO, 64_890_302, "Season brochure"),
        _project(201_500_305, HARBOUR_STUDIO, 64_890_306, "Autumn posters", active=False),
        _project(201_500_306, HARBOUR_STUDIO, 64_890_306, "Programme booklet", active=False),
        _project(201_500_307, HARBOUR_STUDIO, None, "Studio upkeep"),
        _project(201_500_401, NIGHT_SCHOOL, 64_890_402, "Kiln course"),
    ]


def _project(project_id: int, workspace_id: int, client_id: int | None, name: str, *, active: bool = True) -> Row:
    return {"id": project_id, "workspace_id": workspace_id, "client_id": client_id, "name": name, "active": active}


def _fine_stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
