"""Projects, tags and tasks for scripts without asyncio: the verbs of their endpoints, one by one."""

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.blocking import ProjectEndpoint, TagEndpoint, TaskEndpoint
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.models.query import Query
from toggl_mcp.models.tags import TagBody
from toggl_mcp.models.tasks import TaskBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

WEB_SHOP = 201_500_302


@pytest.fixture
def projects(sandbox: Sandbox, clock: Clock) -> Iterator[ProjectEndpoint]:
    store = MemoryStore(clock=clock)
    with ProjectEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as endpoint:
        yield endpoint


@pytest.fixture
def tags(sandbox: Sandbox, clock: Clock) -> Iterator[TagEndpoint]:
    store = MemoryStore(clock=clock)
    with TagEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as endpoint:
        yield endpoint


@pytest.fixture
def tasks(sandbox: Sandbox, clock: Clock) -> Iterator[TaskEndpoint]:
    store = MemoryStore(clock=clock)
    with TaskEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as endpoint:
        yield endpoint


def test_projects_have_the_verbs(projects: ProjectEndpoint) -> None:
    made = projects.add(ProjectBody(name="Lamp"))
    edited = projects.edit(made, ProjectBody(color="#2da608"))
    assert edited is not None
    assert projects.get(made) == edited
    assert [project.name for project in projects.collect()][:2] == ["Autumn posters", "Bread labels"]
    assert projects.query(Query("name", "Lamp")) == [edited]
    projects.delete(made)
    assert projects.get(made) is None


def test_tags_have_the_verbs(tags: TagEndpoint) -> None:
    made = tags.add(TagBody(name="by night"))
    edited = tags.edit(made, TagBody(name="by day"))
    assert edited is not None
    assert edited in tags.collect()
    assert edited in tags.load_cache()
    tags.delete(made)
    assert tags.get(made) is None


def test_tasks_have_the_verbs(tasks: TaskEndpoint) -> None:
    made = tasks.add(WEB_SHOP, TaskBody(name="Search", estimated_seconds=60))
    edited = tasks.edit(made, TaskBody(active=False))
    assert edited is not None
    assert (edited.active, edited.estimated_seconds) == (False, 60)
    assert edited in tasks.collect()
    tasks.delete(made)
    assert tasks.get(made) is None
    assert tasks.edit(made, TaskBody(name="x")) is None


def test_a_closed_endpoint_says_so_whoever_closed_it(sandbox: Sandbox, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    endpoint = TagEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox))
    closers = [Thread(target=endpoint.close) for _ in range(8)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join()
    with pytest.raises(InvalidArguments, match="closed"):
        endpoint.collect()
