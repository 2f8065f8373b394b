"""What a person wants done in a working week."""

from tests.week.session import Row, Session, Task, to_local

STANDUPS = [f"2025-10-{day:02}" for day in range(6, 11)]


def get_entry(session: Session, description: str) -> Row:
    """Return the one entry of a description."""
    (row,) = (row for row in session.state.entries.values() if row["description"] == description)
    return row


def get_times(row: Row) -> tuple[str, str]:
    """Return when an entry starts and stops, on a clock in Auckland."""
    return to_local(row["start"]), to_local(row["stop"])


def is_deleted(session: Session, entry_id: int) -> bool:
    return bool(session.state.entries.get(entry_id, {"server_deleted_at": True})["server_deleted_at"])


def start_timer(session: Session) -> bool:
    session.call("start_timer", description="Label sketches", project="bread labels")
    row = get_entry(session, "Label sketches")
    return row["duration"] < 0 and row["project_id"] == session.get_id("projects", "Bread labels")


def stop_earlier(session: Session) -> bool:
    session.call("start_timer", description="Proofs", start="15:30", allow_overlap=True)
    session.call("stop_timer", stop="15:45")
    return get_times(get_entry(session, "Proofs")) == ("2025-10-15T15:30", "2025-10-15T15:45")


def continue_last(session: Session) -> bool:
    session.call("start_timer", like="last")
    session.call("stop_timer", discard=True)
    return all(row["duration"] >= 0 for row in session.list_entries("2025-10-15"))


def log_yesterday(session: Session) -> bool:
    entry = {"start": "yesterday 6:30", "stop": "yesterday 8:00", "description": "Bakery visit", "project": "Web shop"}
    session.call("create_time_entries", entries=[entry])
    return get_times(get_entry(session, "Bakery visit")) == ("2025-10-14T06:30", "2025-10-14T08:00")


def log_duration(session: Session) -> bool:
    session.call("create_time_entries", entries=[{"duration": "1h15", "description": "Mail pile"}], on_overlap="allow")
    return get_times(get_entry(session, "Mail pile")) == ("2025-10-15T14:45", "2025-10-15T16:00")


def log_a_week(session: Session) -> bool:
    entries = [{"start": f"{day}T08:00", "duration": "15m", "description": "Stand-up"} for day in STANDUPS]
    session.call("create_time_entries", entries=entries, on_overlap="allow")
    rows = [row for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"]
    return sorted(get_times(row) for row in rows) == [(f"{day}T08:00", f"{day}T08:15") for day in STANDUPS]


def log_as_before(session: Session) -> bool:
    model = session.list_entries("2025-10-14")[0]
    entry = {"like": model["id"], "start": "2025-10-15 06:00", "stop": "2025-10-15 06:30"}
    session.call("create_time_entries", entries=[entry])
    rows = [row for row in session.list_entries("2025-10-15") if to_local(row["start"]) == "2025-10-15T06:00"]
    return [(row["description"], row["project_id"]) for row in rows] == [(model["description"], model["project_id"])]


def move_to_a_project(session: Session) -> bool:
    count = len([row for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"])
    filters = {"period": "last week", "description": "Stand-up"}
    session.call("edit_time_entries", filters=filters, expected_count=count, project="Studio upkeep")
    project_id = session.get_id("projects", "Studio upkeep")
    rows = [row for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"]
    return len(rows) == count and all(row["project_id"] == project_id for row in rows)


def take_back(session: Session) -> bool:
    session.call("undo")
    rows = [row for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"]
    return bool(rows) and all(row["project_id"] is None for row in rows)


def correct_an_end(session: Session) -> bool:
    entries = session.call("list_time_entries", period="yesterday", description="Bakery visit")["entries"]
    session.call("edit_time_entries", ids=[entries[0]["id"]], stop="2025-10-14 07:45")
    return get_times(get_entry(session, "Bakery visit")) == ("2025-10-14T06:30", "2025-10-14T07:45")


def split_entry(session: Session) -> bool:
    entry_id = get_entry(session, "Bakery visit")["id"]
    session.call("split_time_entry", entry=entry_id, at="2025-10-14 07:00", second={"description": "Bakery lunch"})
    return get_times(get_entry(session, "Bakery lunch")) == ("2025-10-14T07:00", "2025-10-14T07:45")


def delete_by_filter(session: Session) -> bool:
    ids = [row["id"] for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"]
    session.call(
        "delete_time_entries", filters={"period": "last week", "description": "Stand-up"}, expected_count=len(ids)
    )
    return all(is_deleted(session, entry_id) for entry_id in ids)


def bring_back(session: Session) -> bool:
    session.call("undo")
    rows = [row for row in session.list_entries("2025-10-06", "2025-10-12") if row["description"] == "Stand-up"]
    return len(rows) == len(STANDUPS)


def set_up_a_client(session: Session) -> bool:
    session.call("create_client", name="Kererū Kayaks")
    session.call("create_project", name="Paddle logo", client="Kererū Kayaks")
    session.call("start_timer", description="First sketches", project="Paddle logo")
    project = session.state.projects[session.get_id("projects", "Paddle logo")]
    row = get_entry(session, "First sketches")
    return project["client_id"] == session.get_id("clients", "Kererū Kayaks") and row["project_id"] == project["id"]


def rename_a_project(session: Session) -> bool:
    session.call("edit_project", project="Te reo reader", name="Te reo primer")
    return "Te reo primer" in {row["name"] for row in session.state.projects.values()}


def merge_tags(session: Session) -> bool:
    tagged = {row["id"] for row in session.list_entries("2025-01-01", "2025-12-31") if "réunion" in row["tags"]}
    session.call("edit_tag", tag="réunion", merge_into="meeting")
    names = [row["name"] for row in session.state.tags.values()]
    return "réunion" not in names and all("meeting" in session.state.entries[key]["tags"] for key in tagged)


def archive_a_client(session: Session) -> bool:
    session.call("edit_client", client="Café Miró", archived=True)
    return session.state.clients[session.get_id("clients", "Café Miró")]["archived"] is True


CHANGES = [
    Task("Start the timer: label sketches, for the bread labels", 1, start_timer),
    Task("I began the proofs at half past three, and stopped a quarter of an hour ago", 2, stop_earlier),
    Task("Go on with what I did last. No, forget that", 2, continue_last),
    Task("Yesterday from half past six to eight I visited the bakery, for the web shop", 1, log_yesterday),
    Task("An hour and a quarter of mail until now", 1, log_duration),
    Task("The stand-up, a quarter of an hour from eight, each day of last week", 1, log_a_week),
    Task("From six to half past six today I did the same as that one yesterday", 1, log_as_before),
    Task("Put all stand-ups of last week on studio upkeep", 1, move_to_a_project),
    Task("Take that back", 1, take_back),
    Task("The bakery visit yesterday ended at a quarter to eight", 2, correct_an_end),
    Task("From seven on that was lunch with the bakery", 1, split_entry),
    Task("Delete the stand-ups of last week", 1, delete_by_filter),
    Task("No, bring them back", 1, bring_back),
    Task("A new client, a first project for it, and the timer on that", 3, set_up_a_client),
    Task("Call the Te reo reader a primer", 1, rename_a_project),
    Task("Make all réunion tags meeting", 1, merge_tags),
    Task("Archive Café Miró", 1, archive_a_client),
]
