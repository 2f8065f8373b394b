"""The tree of errors, on one screen: class, code, which repeat can succeed, and what happened.

    TogglError                   internal           no         this server has a bug
    ├── InvalidArguments         invalid_arguments  corrected  nothing was sent, or Toggl refused the values
    │   ├── NamingError          invalid_arguments  corrected  a name is missing where one is needed
    │   └── InvalidConnection    invalid_arguments  corrected  an address, proxy or certificate is wrong; `variable`
    ├── NoCache                  invalid_arguments  corrected  the endpoint was made without a cache
    ├── NoToken                  no_token           no         nothing was sent
    ├── BadToken                 bad_token          no         Toggl does not accept the token
    ├── Forbidden                forbidden          no         the token is not allowed to do this
    │   └── ForeignWorkspace     forbidden          corrected  the token does not open the workspace
    ├── NotFound                 not_found          corrected  nothing has that id or name
    ├── Ambiguous                ambiguous          corrected  several things have that name
    ├── DuplicateName            duplicate_name     corrected  the name is in use
    ├── Overlap                  overlap            corrected  the time entry overlaps others, or may; nothing changed
    ├── PlanRequired             plan_required      no         the workspace's plan does not include this
    ├── QuotaSpent               quota_spent        later      the hour's requests are used up; `resets_in_seconds`
    ├── RateLimited              rate_limited       later      too many at once; `retry_after_seconds`
    ├── Unreachable              unreachable        later      Toggl sent no usable response; nothing was changed
    │   └── OversizedList        unreachable        no         Toggl's list is larger than what this process takes
    ├── OutcomeUnknown           outcome_unknown    no         a change was sent and never confirmed
    ├── Declined                 declined           no         the person declined; nothing was changed
    └── CacheBusy                cache_busy         later      another process has locked the cache file

`retry` says which repeat can succeed: a `corrected` call, the same one `later`, or `no` call.
Each message is read by a model or a person, and says what to do next. Toggl's texts are never repeated: whoever can
write to Toggl could otherwise give instructions to the model.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

Retry = Literal["corrected", "later", "no"]
"""Which repeat can succeed: a corrected call, the same one later, or none."""


class Candidate(NamedTuple):
    """What a name or an id may have meant."""

    id: int
    name: str
    workspace_id: int
    client_id: int | None = None
    archived: bool = False


class TogglError(Exception):
    """The root: everything that this package raises on purpose."""

    code: ClassVar[str] = "internal"
    retry: ClassVar[Retry] = "no"
    resets_in_seconds: int | None = None
    retry_after_seconds: int | None = None

    def __init__(self, message: str, candidates: Sequence[Candidate] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class InvalidArguments(TogglError, ValueError):
    """A value is invalid: change it before you try again."""

    code = "invalid_arguments"
    retry = "corrected"


class NamingError(InvalidArguments):
    """A name is required and missing."""


class InvalidConnection(InvalidArguments):
    """No connection can be made with what an environment variable says; `variable` is its name."""

    def __init__(self, message: str, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class NoCache(TogglError):
    """Cached data was requested from an endpoint that was made without a cache."""

    code = "invalid_arguments"
    retry = "corrected"


class NoToken(TogglError):
    """No usable token is configured."""

    code = "no_token"


class BadToken(TogglError):
    """Toggl refused the token."""

    code = "bad_token"


class Forbidden(TogglError):
    """The token is valid, but its owner's role does not allow this: a person has to change that."""

    code = "forbidden"


class ForeignWorkspace(Forbidden):
    """The token does not open that workspace: name another."""

    retry = "corrected"


class NotFound(TogglError):
    """Toggl has nothing with that id, or this token may not see it."""

    code = "not_found"
    retry = "corrected"


class Ambiguous(TogglError):
    """Several things have that name; the message lists their ids."""

    code = "ambiguous"
    retry = "corrected"


class DuplicateName(TogglError):
    """The name is in use."""

    code = "duplicate_name"
    retry = "corrected"


class Overlap(TogglError):
    """A time entry would overlap others, exists already, or could not be compared with others."""

    code = "overlap"
    retry = "corrected"


class PlanRequired(TogglError):
    """The workspace's plan does not include this."""

    code = "plan_required"


class QuotaSpent(TogglError):
    """The hour's requests are used up until `resets_in_seconds` have passed."""

    code = "quota_spent"
    retry = "later"

    def __init__(self, message: str, resets_in_seconds: float) -> None:
        super().__init__(message)
        self.resets_in_seconds = max(1, round(resets_in_seconds))


class RateLimited(TogglError):
    """A pause of `retry_after_seconds` is needed; nothing was changed."""

    code = "rate_limited"
    retry = "later"

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = max(1, round(retry_after_seconds))


class Unreachable(TogglError):
    """Toggl could not be reached or sent no usable response; nothing was changed."""

    code = "unreachable"
    retry = "later"


class OversizedList(Unreachable):
    """Toggl's list is larger than what this process takes, and is as large the next time."""

    retry = "no"


class OutcomeUnknown(TogglError):
    """A change was sent and never confirmed: repeating it may do it twice."""

    code = "outcome_unknown"


class Declined(TogglError):
    """The person declined; nothing was changed."""

    code = "declined"


class CacheBusy(TogglError):
    """Another process has locked the cache file for longer than this one waits."""

    code = "cache_busy"
    retry = "later"


REFUSALS = (InvalidArguments, DuplicateName, Forbidden, NotFound, PlanRequired)
"""The errors by which Toggl refuses a change; refusing a repeat, they do not say what the first attempt has done."""
