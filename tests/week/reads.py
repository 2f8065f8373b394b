"""What a person wants to know in a working week."""

from tests.week.session import Session, Task, count_seconds, list_days, to_local

THIS_WEEK = ("2025-10-13", "2025-10-15")
LAST_WEEK = ("2025-10-06", "2025-10-12")
SEPTEMBER = ("2025-09-01", "2025-09-30")


def read_timer(session: Session) -> bool:
    result = session.call("get_timer")
    (timer,) = (row for row in session.list_entries("2025-10-15") if row["duration"] < 0)
    return result["entry"]["id"] == timer["id"] and result["entry"]["seconds"] == session.sum_seconds(
        "2025-10-15", id=timer["id"]
    )


def total_today(session: Session) -> bool:
    return session.call("summarize_time", period="today")["total"]["seconds"] == session.sum_seconds("2025-10-15")


def total_by_client(session: Session) -> bool:
    groups = session.call("summarize_time", period="this week", group_by=["client"])["groups"]
    names = {row["id"]: row["name"] for row in session.state.clients.values()}
    expected: dict[str, int] = {}
    for row in session.list_entries(*THIS_WEEK):
        client_id = session.state.projects.get(row["project_id"], {}).get("client_id")
        name = names.get(client_id, "(no client)")
        expected[name] = expected.get(name, 0) + session.sum_seconds(*THIS_WEEK, id=row["id"])
    return {group["by"]["client"]: group["seconds"] for group in groups} == expected


def total_by_day(session: Session) -> bool:
    groups = session.call("summarize_time", period="last week", group_by=["day"], include_empty=True)["groups"]
    expected = {day: session.sum_seconds(day) for day in list_days(*LAST_WEEK)}
    return {group["by"]["day"][:10]: group["seconds"] for group in groups} == expected


def total_client(session: Session) -> bool:
    projects = session.get_project_ids("Café Miró")
    result = session.call("summarize_time", period="last month", client="Cafe Miro")
    return result["total"]["seconds"] == sum(session.sum_seconds(*SEPTEMBER, project_id=key) for key in projects)


def total_by_billable(session: Session) -> bool:
    groups = session.call("summarize_time", period="last week", group_by=["billable"])["groups"]
    seconds = sorted(group["seconds"] for group in groups)
    return seconds == sorted(session.sum_seconds(*LAST_WEEK, billable=value) for value in (True, False))


def list_yesterday(session: Session) -> bool:
    rows = session.call("list_time_entries", period="yesterday")["entries"]
    return {row["id"] for row in rows} == {row["id"] for row in session.list_entries("2025-10-14")}


def list_without_project(session: Session) -> bool:
    rows = session.call("list_time_entries", period="this week", missing=["project"])["entries"]
    expected = session.list_entries(*THIS_WEEK, project_id=None)
    return {row["id"] for row in rows} == {row["id"] for row in expected}


def list_longest(session: Session) -> bool:
    rows = session.call("list_time_entries", period="last 30 days", longer_than="3h", sort="longest")["entries"]
    expected = {row["id"] for row in session.list_entries("2025-09-16", "2025-10-15") if row["duration"] > 3 * 3600}
    return {row["id"] for row in rows} == expected


def find_overlaps(session: Session) -> bool:
    result = session.call("review_time", period="2025-09", limit=100)
    rows = sorted(session.list_entries(*SEPTEMBER), key=lambda row: row["start"])
    pairs = {
        frozenset((first["id"], second["id"]))
        for index, first in enumerate(rows)
        for second in rows[index + 1 :]
        if first["start"] < (second["stop"] or second["start"])
        and second["start"] < (first["stop"] or first["start"])
        and second["duration"]
    }
    overlaps = [finding for finding in result["findings"] if finding["kind"] == "overlap"]
    return {frozenset(finding["ids"]) for finding in overlaps} == pairs


def find_short_days(session: Session) -> bool:
    result = session.call("review_time", period="last week", expected=7)
    days = list(list_days("2025-10-06", "2025-10-10"))
    expected = {day for day in days if session.sum_seconds(day) < 7 * 3600}
    return {finding["day"][:10] for finding in result["findings"] if finding["kind"] == "short_day"} == expected


def compare_weeks(session: Session) -> bool:
    result = session.call("summarize_time", period="this week", compare="previous")
    return result["total"]["seconds"] == session.sum_seconds(*THIS_WEEK) and result["previous"][
        "seconds"
    ] == session.sum_seconds("2025-10-06", "2025-10-08")


def round_by_project(session: Session) -> bool:
    result = session.call("summarize_time", period="last week", group_by=["project"], rounding="up 15m per entry")
    quarters = sum(-(-session.sum_seconds(*LAST_WEEK, id=row["id"]) // 900) for row in session.list_entries(*LAST_WEEK))
    return result["total"]["rounded_seconds"] == quarters * 900


def export_client(session: Session) -> bool:
    result = session.call("list_time_entries", period="last month", client="Müller & Söhne", format="csv", limit=100)
    projects = session.get_project_ids("Müller & Söhne")
    starts = [to_local(row["start"]) for key in projects for row in session.list_entries(*SEPTEMBER, project_id=key)]
    return result["csv"].count("\n") - 1 == len(starts) and all(start in result["csv"] for start in starts)


def total_by_weekday(session: Session) -> bool:
    groups = session.call("summarize_time", period="last month", group_by=["weekday"])["groups"]
    return sum(group["seconds"] for group in groups) == session.sum_seconds(*SEPTEMBER)


def total_by_workspace(session: Session) -> bool:
    groups = session.call("summarize_time", period="last month", group_by=["workspace"])["groups"]
    expected = {
        row["name"]: session.sum_seconds(*SEPTEMBER, workspace_id=key) for key, row in session.state.workspaces.items()
    }
    return {group["by"]["workspace"]: group["seconds"] for group in groups} == expected


def total_earnings(session: Session) -> bool:
    result = session.call("summarize_time", period="last month", project="Messestand", amounts=True)
    hours = session.sum_seconds(*SEPTEMBER, project_id=session.get_id("projects", "Messestand")) / 3600
    return result["total"]["amounts"] == {"NZD": round(hours * 110, 2)}


def bill_client(session: Session) -> bool:
    result = session.call("prepare_statement", client="Müller & Söhne", period="last month")
    seconds = sum(session.sum_seconds(*SEPTEMBER, project_id=key) for key in session.get_project_ids("Müller & Söhne"))
    return sum(line["seconds"] for line in result["lines"]) == seconds


def read_budget(session: Session) -> bool:
    result = session.call("project_status", project="Web shop")
    return result["projects"][0]["id"] == session.get_id("projects", "Web shop")


def list_workers(session: Session) -> bool:
    rows = session.call("get_team_activity")["users"]
    expected = {row["user_id"] for row in session.state.entries.values() if row["duration"] < 0}
    return {row["user_id"] for row in rows if row["running"]} == expected


def list_projects(session: Session) -> bool:
    rows = session.call("list_projects", client="Müller & Söhne")["projects"]
    return {row["id"] for row in rows} == session.get_project_ids("Müller & Söhne")


def total_team(session: Session) -> bool:
    result = session.call("summarize_time", period="last week", user="all", project="Web shop", group_by=["user"])
    rows = [
        row for row in session.state.entries.values() if row["project_id"] == session.get_id("projects", "Web shop")
    ]
    seconds: dict[str, int] = {}
    for row in rows:
        if part := 0 if row["server_deleted_at"] else count_seconds(row, *LAST_WEEK):
            name = session.state.people[row["user_id"]]
            seconds[name] = seconds.get(name, 0) + part
    return {group["by"]["user"]: group["seconds"] for group in result["groups"]} == seconds


def read_plans(session: Session) -> bool:
    return {row["plan"] for row in session.call("get_account")["workspaces"]} == {"premium", "free"}


READS = [
    Task("What am I working on, and for how long?", 1, read_timer),
    Task("How much have I worked today?", 1, total_today),
    Task("My week so far, by client", 1, total_by_client),
    Task("Last week day by day, also the empty ones", 1, total_by_day),
    Task("Hours for Cafe Miro last month", 1, total_client),
    Task("How much of last week was billable?", 1, total_by_billable),
    Task("What did I do yesterday?", 1, list_yesterday),
    Task("Which entries of this week have no project?", 1, list_without_project),
    Task("Entries of more than three hours in the last 30 days, the longest first", 1, list_longest),
    Task("Where did I log time twice in September?", 1, find_overlaps),
    Task("Which days of last week were short of seven hours?", 1, find_short_days),
    Task("Am I ahead of last week?", 1, compare_weeks),
    Task("Last week by project, each entry rounded up to a quarter of an hour", 1, round_by_project),
    Task("A CSV of last month's entries for Müller & Söhne", 1, export_client),
    Task("On which weekdays did I work most last month?", 1, total_by_weekday),
    Task("How much went to each workspace last month?", 1, total_by_workspace),
    Task("What did Messestand earn last month?", 1, total_earnings),
    Task("The invoice for Müller & Söhne for last month", 1, bill_client),
    Task("How much of the web shop's budget is used?", 1, read_budget),
    Task("Who works on what now?", 1, list_workers),
    Task("Which projects does Müller & Söhne have?", 1, list_projects),
    Task("Who worked on the web shop last week?", 1, total_team),
    Task("Which plan am I on, and what remains of the quota?", 1, read_plans),
]
