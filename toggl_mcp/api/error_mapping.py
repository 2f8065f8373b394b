"""What Toggl's refusals mean, in our own words: its texts are matched, never repeated."""

import re

from httpx import Response

from toggl_mcp.errors import (
    BadToken,
    DuplicateName,
    Forbidden,
    InvalidArguments,
    NamingError,
    NotFound,
    PlanRequired,
    TogglError,
)

_CREDENTIALS = re.compile(r"username and/or password|authentication data", re.IGNORECASE)
_TAKEN = re.compile(r"already (been taken|exists)", re.IGNORECASE)
_NAMELESS = re.compile(r"name (cannot|can't|must not) be (empty|blank)", re.IGNORECASE)
_NO_SUCH = re.compile(r"invalid (project|task|tag)[_ ]id|(project|task|tag) (?:was |is )?not found", re.IGNORECASE)
_TOO_LONG = re.compile(r"maximum length", re.IGNORECASE)


def refusal(answer: Response) -> TogglError:
    """Return the error for a 4xx answer that is neither a spent quota nor a request to slow down."""
    text = answer.text[:2000]
    match answer.status_code:
        case 401:
            return bad_token()
        case 403 if _CREDENTIALS.search(text):
            return bad_token()
        case 403:
            return Forbidden(
                "Toggl does not let this token do that. Check the workspace id (get_account lists the workspaces) "
                "and whether an admin has reserved this; `toggl-mcp check` tests the token."
            )
        case 402:
            return PlanRequired("The workspace's Toggl plan does not include this. Upgrade it, or do without.")
        case 404 | 410:
            return NotFound("Toggl has no such thing, or this token may not see it. Check the id and the workspace.")
        case status:
            return _invalid(status, text)


def bad_token() -> BadToken:
    """Return the error for a token that Toggl does not accept."""
    return BadToken(
        "Toggl does not accept the API token. Copy it anew from the end of https://track.toggl.com/profile "
        "into TOGGL_API_TOKEN, then restart the server; `toggl-mcp check` tests it."
    )


def _invalid(status: int, text: str) -> TogglError:
    if _TAKEN.search(text):
        return DuplicateName("That name is already taken, perhaps by something archived. Choose another.")
    if _NAMELESS.search(text):
        return NamingError("Toggl needs a name for this. Give one.")
    if _TOO_LONG.search(text):
        return InvalidArguments("Toggl finds the name too long. Give a shorter one.")
    if unknown := _NO_SUCH.search(text):
        kind = (unknown[1] or unknown[2]).lower()
        which = f"no such {kind}, or an archived one," if "archived" in text.lower() else f"no such {kind}"
        return InvalidArguments(
            f"Toggl has {which} and changed nothing. list_{kind}s(refresh: true) has those that there are."
        )
    return InvalidArguments(f"Toggl refused the values ({status}) and changed nothing. Change them before retrying.")
