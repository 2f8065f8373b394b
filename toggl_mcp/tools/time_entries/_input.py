"""From the arguments about an entry to the body of a request: names become ids, and texts become times."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from toggl_mcp.errors import InvalidArguments, TogglError
from toggl_mcp.models.base import REF_NONE
from toggl_mcp.models.tasks import Task
from toggl_mcp.models.text import fold
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.lookup import exactly_one, naming_deleted, not_found_error, resolve, resolve_id
from toggl_mcp.tools.support.problems import collect_problems, join_problems
from toggl_mcp.tools.time_entries._args import EditTimeEntries, EntryFields


class ResolvedTags(NamedTuple):
    """The names of tags, as Toggl spells them, and those of them that Toggl is to create."""

    names: list[str]
    new: list[str]


class PreparedEntry(NamedTuple):
    """The body of a request about entries, and the tags that Toggl creates with it."""

    body: TimeEntryBody
    new_tags: list[str]

    def continue_work(self, entry: TimeEntry | None) -> "PreparedEntry":
        """Return the body with the work of another entry where it names none; billable goes with the project."""
        if entry is None:
            return self
        fields = ["description", "tags"]
        if self.body.project_id is None and self.body.task_id is None:
            fields += ["project_id", "task_id", "billable"]
        values = {field: getattr(entry, field) for field in fields if getattr(self.body, field) is None}
        return self._replace(body=self.body.model_copy(update=values))


async def prepare_entry(args: EntryFields, workspace_id: int, call: CallContext) -> PreparedEntry:
    """Resolve names to ids and return the request body; nothing is sent that changes anything.

    Raises:
        NotFound: A name has no match; the message lists the closest names.
        Ambiguous: A name has several matches; the message lists their ids.
        InvalidArguments: The task belongs to another project, or several names have problems of several kinds.
    """
    problems: list[TogglError] = []
    tags = project_id = task = None
    with collect_problems(problems):
        tags = None if args.tags is None else await _resolve_tags(args.tags, args, workspace_id, call)
    with collect_problems(problems):
        project_id = await resolve_id(args.project, call.toggl.projects(workspace_id).reserved, call.name_index)
        if args.task is not None and args.task != REF_NONE:
            task = await _resolve_task(args.task, project_id, workspace_id, call)
            if project_id not in (None, task.project_id):
                raise _wrong_project_error(task)
    if problems:
        raise join_problems(problems)
    body = TimeEntryBody(
        description=args.description,
        billable=args.billable,
        tags=None if tags is None else tags.names,
        project_id=project_id if task is None else task.project_id,
        task_id=task.id if task is not None else 0 if args.task == REF_NONE else None,
    )
    return PreparedEntry(body, [] if tags is None else tags.new)


async def prepare_new_entry(
    args: EntryFields, like: TimeEntry | None, workspace_id: int, call: CallContext
) -> PreparedEntry:
    """Return the body of a new entry, with the work of another one, and billable as its project is.

    Raises:
        NotFound, Ambiguous, InvalidArguments: As for `prepare_entry`.
    """
    prepared = (await prepare_entry(args, workspace_id, call)).continue_work(like)
    body = prepared.body
    workspace = (await call.workspaces()).get(workspace_id)
    if body.billable is not None or not body.project_id or not (workspace and workspace.allows("paid")):
        return prepared
    # Toggl's apps make an entry billable with its project; its API does not.
    projects = await call.name_index.find_by_id(call.toggl.projects(workspace_id).reserved, [body.project_id])
    is_billable = any(project.billable for project in projects.values())
    return prepared._replace(body=body.model_copy(update={"billable": is_billable or None}))


@asynccontextmanager
async def settle_references(prepared: PreparedEntry, workspace_id: int, call: CallContext) -> AsyncGenerator[None]:
    """Run a request, invalidate the cached tags if it may have created some, and name what Toggl has deleted.

    Raises:
        NotFound: The request failed, and Toggl has deleted its project or task.
    """
    body, toggl = prepared.body, call.toggl
    try:
        async with (
            naming_deleted(body.project_id, toggl.projects(workspace_id).reserved, call.name_index),
            naming_deleted(body.task_id, toggl.tasks(workspace_id).reserved, call.name_index),
        ):
            yield
    finally:
        if prepared.new_tags:
            await call.toggl.tags(workspace_id).invalidate()


async def _resolve_task(ref: str, project_id: int | None, workspace_id: int, call: CallContext) -> Task:
    """Return the only match of a task's name or id, within a project if one is given.

    Raises:
        NotFound: There is none.
        Ambiguous: There are several; the message lists their ids.
        InvalidArguments: The only matches belong to other projects.
    """
    tasks = call.toggl.tasks(workspace_id).reserved
    if project_id is None:
        return await resolve(ref, tasks, call.name_index)
    matches, collection = await call.name_index.resolve(tasks, ref)
    in_project = [task for task in matches if task.project_id == project_id]
    if matches and not in_project:
        raise _wrong_project_error(matches[0])
    return exactly_one(in_project, ref, collection, tasks)


def _wrong_project_error(task: Task) -> InvalidArguments:
    message = (
        f"task: “{task.name}” ({task.id}) belongs to project {task.project_id}. Give that project, or omit project."
    )
    return InvalidArguments(message)


async def _resolve_tags(refs: list[str], args: EntryFields, workspace_id: int, call: CallContext) -> ResolvedTags:
    """Return the tags that these names and ids mean.

    Raises:
        NotFound: There are no such tags, and none may be created.
        Ambiguous: Several tags match; the message lists their ids.
        InvalidArguments: Some tags are not there, and several match others.
    """
    resolved: list[str] = []
    new: list[str] = []
    problems: list[TogglError] = []
    endpoint = call.toggl.tags(workspace_id).reserved
    for ref in refs:
        matches, collection = await call.name_index.resolve(endpoint, ref)
        parts = [part.strip() for part in ref.split(",")]
        with collect_problems(problems):
            if matches:
                resolved.append(exactly_one(matches, ref, collection, endpoint).name)
            elif len(parts) > 1 and all(collection.find_by_ref(part) for part in parts):
                matches_by_part = {part: collection.find_by_ref(part) for part in parts}
                resolved += [
                    exactly_one(items, part, collection, endpoint).name for part, items in matches_by_part.items()
                ]
            elif args.create_missing_tags and fold(ref) not in map(fold, new):
                resolved.append(ref)
                new.append(ref)
            elif not args.create_missing_tags:
                is_removal = isinstance(args, EditTimeEntries) and args.tag_action == "remove"
                hint = "Omit it." if is_removal else "create_missing_tags: true creates it."
                raise not_found_error(ref, [endpoint], collection.items.values(), hint)
    if problems:
        raise join_problems(problems)
    return ResolvedTags(list(dict.fromkeys(resolved)), new)
