"""Maps Toggl's 4xx responses to errors; the texts are matched, never repeated.

`is_quota_response` distinguishes a 402 about the quota, which `rate_limit.py` records, from one about the plan. After
a response that `is_throttling_response`, such as a 429, `transport.py` sends the request again.
"""

import re
from http import HTTPStatus

from httpx import Response

from toggl_mcp.errors import (
    BadToken,
    DuplicateName,
    Forbidden,
    ForeignWorkspace,
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
_QUOTA_SPENT = "hourly limit for API calls"
_PAID_FEATURE = re.compile(r"premium|paid|feature|starter|enterprise|\bplans?\b", re.IGNORECASE)
_OWN_COLOR = re.compile(r"custom project colors", re.IGNORECASE)
_FOREIGN_WORKSPACE = re.compile(r"workspace not found", re.IGNORECASE)
_TOO_LONG = re.compile(r"maximum length", re.IGNORECASE)


def is_quota_response(response: Response) -> bool:
    """Return whether a 402 is about the hourly quota; any other is about the workspace's plan."""
    # The headers are on every response that is charged, so only their value distinguishes the two.
    is_spent = response.headers.get("X-Toggl-Quota-Remaining", "1").startswith(("0", "-"))
    return _QUOTA_SPENT in response.text or (is_spent and not _PAID_FEATURE.search(response.text))


def is_throttling_response(response: Response) -> bool:
    """Return whether Toggl carried out nothing because of too many requests at a time."""
    # The web server before Toggl has also refused haste by a 400.
    return response.status_code == HTTPStatus.TOO_MANY_REQUESTS or (
        response.status_code == HTTPStatus.BAD_REQUEST and is_page(response)
    )


def is_page(response: Response) -> bool:
    """Return whether a response is a page of the web server before Toggl, which does not know what Toggl has."""
    return response.text[:2000].lstrip("\ufeff \t\r\n").startswith("<")


def error_for_response(response: Response) -> TogglError:
    """Return the error for a 4xx response that is neither throttling nor about the quota."""
    text = response.text[:2000]
    match response.status_code:
        case 401:
            return bad_token_error()
        case 402:
            return _plan_required_error(text)
        case 403:
            return _forbidden_error(text)
        case 404 | 410:
            return NotFound(
                "Toggl has nothing with that id, or this token may not see it. Check the id and the workspace."
            )
        case status:
            return _invalid_arguments_error(status, text)


def bad_token_error() -> BadToken:
    """Return the error for a token that Toggl does not accept."""
    return BadToken(
        "Toggl does not accept the API token. Copy the token from the end of https://track.toggl.com/profile "
        "into TOGGL_API_TOKEN, then restart the server; `toggl-mcp check` tests it."
    )


def _plan_required_error(text: str) -> PlanRequired:
    if _OWN_COLOR.search(text):
        return PlanRequired(
            "The workspace's Toggl plan allows only the colors of Toggl's palette, such as #0b83d9 or #2da608. Choose "
            "one of these, or upgrade the plan."
        )
    return PlanRequired("The workspace's Toggl plan does not include this. Upgrade the plan, or leave it out.")


def _forbidden_error(text: str) -> TogglError:
    if _CREDENTIALS.search(text):
        return bad_token_error()
    if _FOREIGN_WORKSPACE.search(text):
        return ForeignWorkspace("This token does not open that workspace. get_account lists the ids of the workspaces.")
    return Forbidden(
        "The token's owner is not allowed to do that; perhaps only admins of the workspace are. Nothing was changed. "
        "Tell the person, who can ask an admin; get_account lists the workspaces, and what each does not allow."
    )


def _invalid_arguments_error(status: int, text: str) -> TogglError:
    if _NAME_TAKEN.search(text):
        return DuplicateName("That name is already in use, perhaps by something archived. Choose another name.")
    if _NAME_MISSING.search(text):
        return NamingError("A name is required. Give a name.")
    if _TOO_LONG.search(text):
        return InvalidArguments("The name is too long for Toggl. Give a shorter name.")
    if match := _UNKNOWN_ID.search(text):
        kind = (match[1] or match[2]).lower()
        description = f"no such {kind}, or only an archived one," if "archived" in text.lower() else f"no such {kind}"
        return InvalidArguments(
            f"Toggl has {description} and changed nothing. list_{kind}s(refresh: true) lists the ids."
        )
    return InvalidArguments(f"Toggl refused the values ({status}) and changed nothing. Change them before retrying.")
