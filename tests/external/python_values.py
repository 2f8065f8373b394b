"""What both clients in Python give for arguments, and the completions that they have to get."""

VALUES = {"date": "today", "id": "Web%20shop"}
COMPLETIONS = {
    "client": ("AROHA", "Aroha Bakery"),
    "id": ("web", "Web shop"),
    "period": ("last w", "last week"),
    "toggl://day/{date}": ("tod", "today"),
    "toggl://week/{date}": ("this", "this_week"),
}


def get_completion(name: str, uri: str = "") -> tuple[str, list[str]]:
    """Return a part of a value and its first completion; of numbers and sentences there is nothing to complete."""
    part, *values = COMPLETIONS.get(uri) or COMPLETIONS.get(name) or ("",)
    return part, values
