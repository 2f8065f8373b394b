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
_NAME_TAKEN = re.compile(r"already (been taken|exists)", re.IGNORECASE)
_NAME_MISSING = re.compile(r"name (cannot|can't|must not) be (empty|blank)", re.IGNORECASE)
_UNKNOWN_ID = re.compile(r"invalid (project|task|tag)[_ ]id|(project|task|tag) (?:was |is )?not found", re.IGNORECASE)
_TOO_LONG = re.compile(r"maximum length", re.IGNORECASE)


def error_for_response(response: Response) -> TogglError:
    """Return the error for a 4xx answer that is neither a spent quota nor a request to slow down."""
    text = response.text[:2000]
    match response.status_code:
        case 401:
            return bad_token_error()
        case 403 if _CREDENTIALS.search(text):
            return bad_token_error()
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
            return _invalid_arguments_error(status, text)


def bad_token_error() -> BadToken:
    """Return the error for a token that Toggl does not accept."""
    return BadToken(
        "Toggl does not accept the API token. Copy it anew from the end of https://track.toggl.com/profile "
        "into TOGGL_API_TOKEN, then restart the server; `toggl-mcp check` tests it."
    )


def _invalid_arguments_error(status: int, text: str) -> TogglError:
    if _NAME_TAKEN.search(text):
        return DuplicateName("That name is already taken, perhaps by something archived. Choose another.")
    if _NAME_MISSING.search(text):
        return NamingError("Toggl needs a name for this. Give one.")
    if _TOO_LONG.search(text):
        return InvalidArguments("Toggl finds the name too long. Give a shorter one.")
    if match := _UNKNOWN_ID.search(text):
        kind = (match[1] or match[2]).lower()
        description = f"no such {kind}, or an archived one," if "archived" in text.lower() else f"no such {kind}"
        return InvalidArguments(
            f"Toggl has {description} and changed nothing. list_{kind}s(refresh: true) has those that there are."
        )
    return InvalidArguments(f"Toggl refused the values ({status}) and changed nothing. Change them before retrying.")
