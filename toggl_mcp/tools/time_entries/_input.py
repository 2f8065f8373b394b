"""What is to be said of an entry: names become ids, words become moments, and nothing is made unless that is wanted."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from toggl_mcp.errors import InvalidArguments, NotFound
from toggl_mcp.models.base import REF_NONE
from toggl_mcp.models.period import parse_local_datetime
from toggl_mcp.models.tasks import Task
from toggl_mcp.models.text import fold
from toggl_mcp.models.time_entries import MAX_DURATION, TimeEntryBody
from toggl_mcp.tools.support.lookup import exactly_one, not_found_error, resolve, resolve_id
from toggl_mcp.tools.time_entries._args import EditTimeEntries, EntryFields

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

T = TypeVar("T")


class PreparedEntry(NamedTuple):
    """What is to be said of an entry, and the tags that Toggl makes along with it."""

    body: TimeEntryBody
    new_tags: list[str]


async def prepare_entry(args: EntryFields, workspace: int, toggl: "Toggl") -> PreparedEntry:
    """Return what is said with ids in the place of names, and nothing written yet.

    Raises:
        NotFound: A name means nothing; the message names those that come near.
        Ambiguous: A name means several; the message lists their ids.
        InvalidArguments: The task is another project's.
    """
    tags, new_tags = await _resolve_tags(args, workspace, toggl)
    project = await resolve_id(args.project, toggl.projects(workspace).reserved, toggl.name_index)
    task = None if args.task in (None, REF_NONE) else await _resolve_task(args.task or "", project, workspace, toggl)
    if task is not None and project not in (None, task.project_id):
        raise _wrong_project_error(task)
    body = TimeEntryBody(
        description=args.description,
        billable=args.billable,
        tags=tags,
        project_id=project if task is None else task.project_id,
        task_id=task.id if task is not None else 0 if args.task == REF_NONE else None,
    )
    return PreparedEntry(body, new_tags)


async def forgetting_new_tags(prepared: PreparedEntry, workspace: int, toggl: "Toggl", request: Awaitable[T]) -> T:
    """Return what a change returns, and forget the list of tags if it may have made some."""
    try:
        return await request
    finally:
        if prepared.new_tags:
            await toggl.tags(workspace).invalidate()


def parse_time_argument(field: str, text: str, calendar: "Calendar") -> "datetime":
    """Return the moment that an argument names.

    Raises:
        InvalidArguments: It names none, or two.
    """
    try:
        return parse_local_datetime(text, calendar)
    except ValueError as error:
        message = f"{field}: {error}."
        raise InvalidArguments(message) from error


def check_duration(start: "datetime", stop: "datetime") -> None:
    """Refuse an entry that stops before it starts, or that lasts longer than Toggl takes.

    Raises:
        InvalidArguments: It does.
    """
    if not timedelta() <= stop - start <= MAX_DURATION:
        message = "stop: has to come after start, by 999 hours at most."
        raise InvalidArguments(message)


async def _resolve_task(ref: str, project: int | None, workspace: int, toggl: "Toggl") -> Task:
    """Return the task that a name or an id means, of a project if one is named.

    Raises:
        NotFound: None is meant.
        Ambiguous: Several are; the message lists their ids.
    """
    tasks = toggl.tasks(workspace).reserved
    if project is None or ref.isdecimal():
        return await resolve(ref, tasks, toggl.name_index)
    matches, collection = await toggl.name_index.find_by_name(tasks, ref)
    in_project = [task for task in matches if task.project_id == project]
    if matches and not in_project:
        raise _wrong_project_error(matches[0])
    return exactly_one(in_project, ref, collection, tasks)


def _wrong_project_error(task: Task) -> InvalidArguments:
    message = f"task: “{task.name}” ({task.id}) belongs to project {task.project_id}. Name that, or leave it out."
    return InvalidArguments(message)


async def _resolve_tags(args: EntryFields, workspace: int, toggl: "Toggl") -> tuple[list[str] | None, list[str]]:
    """Return the tags as they are spelt at Toggl, and those of them that do not exist yet."""
    if args.tags is None:
        return None, []
    spellings: dict[str, str] = {}
    new_tags: list[str] = []
    tags = toggl.tags(workspace).reserved
    removing = isinstance(args, EditTimeEntries) and args.tag_action == "remove"
    hint = "Leave it out." if removing else "create_missing_tags: true makes it."
    for name in args.tags:
        matches, collection = await toggl.name_index.resolve(tags, name)
        exact = next((tag.name for tag in matches if tag.name == name), matches[0].name if matches else None)
        if exact is None and not args.create_missing_tags:
            message = f"{not_found_error(name, tags, f'workspace {workspace}', collection.items.values())} {hint}"
            raise NotFound(message)
        new_tags += [] if exact or fold(name) in spellings else [name]
        spellings.setdefault(exact or fold(name), exact or name)
    return list(spellings.values()), new_tags
