"""What a caller of the Python API writes; pyright checks the types, and nothing here is run."""

from datetime import datetime
from pathlib import Path
from typing import Literal, assert_type

from toggl_mcp import (
    AsyncClientEndpoint,
    AsyncTimeEntryEndpoint,
    BasicAuth,
    BulkEditResult,
    Client,
    ClientBody,
    ClientEndpoint,
    Comparison,
    InvalidArguments,
    MemoryStore,
    Project,
    ProjectBody,
    ProjectEndpoint,
    Query,
    QuotaSpent,
    SqliteStore,
    Tag,
    TagBody,
    TagEndpoint,
    Task,
    TaskBody,
    TaskEndpoint,
    TimeEntry,
    TimeEntryBody,
    TimeEntryEndpoint,
    TimerStart,
    Toggl,
    TogglError,
    connect,
)

AUTH = BasicAuth("token", "api_token")


def clients(path: Path) -> None:
    with ClientEndpoint(7, AUTH, SqliteStore(path)) as endpoint:
        assert_type(endpoint, ClientEndpoint)
        assert_type(endpoint.add(ClientBody(name="Acme")), Client)
        assert_type(endpoint.edit(1, ClientBody(notes="")), Client | None)
        assert_type(endpoint.get(1), Client | None)
        assert_type(endpoint.collect(ClientBody(name="ac", status="both")), list[Client])
        assert_type(endpoint.query(Query("name", "Acme", Comparison.EQUAL)), list[Client])
        assert_type(endpoint.archive(1), list[int] | None)
        assert_type(endpoint.restore(1, restore_projects=True), Client)
        assert_type(endpoint.delete(1), None)


def other_resources() -> None:
    cache = MemoryStore(expire_after=60)
    with ProjectEndpoint(7, AUTH, cache) as projects, TagEndpoint(7, AUTH, cache) as tags:
        assert_type(projects.add(ProjectBody(name="Site")), Project)
        assert_type(projects.collect(refresh=True), list[Project])
        assert_type(tags.edit(1, TagBody(name="design")), Tag | None)
    with TaskEndpoint(7, AUTH) as tasks:
        assert_type(tasks.add(2, TaskBody(name="Draft")), Task)
        assert_type(tasks.load_cache(), list[Task])


def time_entries(start: datetime, end: datetime) -> None:
    with TimeEntryEndpoint(7, AUTH) as entries:
        assert_type(entries.start(TimeEntryBody(start=start)), TimerStart)
        assert_type(entries.start(TimeEntryBody(start=start)).stopped_entry, TimeEntry | None)
        assert_type(entries.stop_current(), TimeEntry | None)
        assert_type(entries.current(), TimeEntry | None)
        assert_type(entries.collect(start, end), list[TimeEntry])
        assert_type(entries.bulk_edit([1, 2], TimeEntryBody(billable=True)), BulkEditResult)


async def with_asyncio(start: datetime, end: datetime) -> None:
    async with AsyncClientEndpoint(7, AUTH) as endpoint:
        assert_type(await endpoint.get(1), Client | None)
        assert_type(await endpoint.collect(), list[Client])
    async with AsyncTimeEntryEndpoint(7, AUTH) as entries:
        assert_type(await entries.collect(start, end), list[TimeEntry])


async def one_account() -> None:
    toggl = Toggl(AUTH, MemoryStore(), client=connect())
    try:
        for workspace_id in (await toggl.account.workspaces()).collection.items:
            assert_type(workspace_id, int)
            assert_type(await toggl.clients(workspace_id).collect(), list[Client])
    except QuotaSpent as error:
        assert_type(error.resets_in_seconds, int | None)
    except InvalidArguments as error:
        assert_type(error.code, str)
    except TogglError as error:
        assert_type(error.retry, Literal["corrected", "later", "no"])
    finally:
        assert_type(await toggl.aclose(), None)
