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


def test_blocking_project_verbs(projects: ProjectEndpoint) -> None:
    new_project = projects.add(ProjectBody(name="Lamp"))
    edited_project = projects.edit(new_project, ProjectBody(color="#2da608"))
    assert edited_project is not None
    assert projects.get(new_project) == edited_project
    assert [project.name for project in projects.collect()][:2] == ["Autumn posters", "Bread labels"]
    assert projects.query(Query("name", "Lamp")) == [edited_project]
    projects.delete(new_project)
    assert projects.get(new_project) is None


def test_blocking_tag_verbs(tags: TagEndpoint) -> None:
    new_tag = tags.add(TagBody(name="by night"))
    edited_tag = tags.edit(new_tag, TagBody(name="by day"))
    assert edited_tag is not None
    assert edited_tag in tags.collect()
    assert edited_tag in tags.load_cache()
    tags.delete(new_tag)
    assert tags.get(new_tag) is None


def test_blocking_task_verbs(tasks: TaskEndpoint) -> None:
    new_task = tasks.add(WEB_SHOP, TaskBody(name="Search", estimated_seconds=60))
    edited_task = tasks.edit(new_task, TaskBody(active=False))
    assert edited_task is not None
    assert (edited_task.active, edited_task.estimated_seconds) == (False, 60)
    assert edited_task in tasks.collect()
    tasks.delete(new_task)
    assert tasks.get(new_task) is None
    assert tasks.edit(new_task, TaskBody(name="x")) is None


def test_close_makes_later_calls_refused(sandbox: Sandbox, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    endpoint = TagEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox))
    closers = [Thread(target=endpoint.close) for _ in range(8)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join()
    with pytest.raises(InvalidArguments, match="closed"):
        endpoint.collect()
