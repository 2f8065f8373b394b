"""The tree of errors, on one screen.

    TogglError                   code               what happened
    ├── InvalidArguments         invalid_arguments  nothing was sent, or Toggl refused the values
    │   ├── NamingError          invalid_arguments  a name is missing where one is needed
    │   └── InvalidConnection    invalid_arguments  the environment's address, proxy or certificates; `variable`
    ├── NoCache                  invalid_arguments  the endpoint was made without a cache
    ├── NoToken                  no_token           nothing was sent
    ├── BadToken                 bad_token          Toggl does not accept the token
    ├── Forbidden                forbidden          the token is not allowed to do this
    ├── NotFound                 not_found          nothing has that id or name
    ├── Ambiguous                ambiguous          several things have that name
    ├── DuplicateName            duplicate_name     the name is in use
    ├── Overlap                  overlap            the time entry overlaps others, or may; nothing was sent
    ├── PlanRequired             plan_required      the workspace's plan does not include this
    ├── QuotaSpent               quota_spent        the hour's requests are used up; `resets_in_seconds`
    ├── RateLimited              rate_limited       too many at once; `retry_after_seconds`
    ├── Unreachable              unreachable        Toggl sent no usable response; nothing was changed
    ├── OutcomeUnknown           outcome_unknown    a change was sent and never confirmed
    ├── Declined                 declined           the person declined; nothing was sent
    └── CacheBusy                internal           another process has locked the cache file

Each message is read by a model or a person, and says what to do next. Toggl's texts are never repeated: whoever can
write to Toggl could otherwise give instructions to the model.
"""

from typing import ClassVar


class TogglError(Exception):
    """The root: everything that this package raises on purpose."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    resets_in_seconds: int | None = None
    retry_after_seconds: int | None = None


class InvalidArguments(TogglError, ValueError):
    """A value is invalid: change it before you try again."""

    code = "invalid_arguments"


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


class NoToken(TogglError):
    """No usable token is configured."""

    code = "no_token"


class BadToken(TogglError):
    """Toggl refused the token."""

    code = "bad_token"


class Forbidden(TogglError):
    """The token is valid, but not allowed to do this, or in this workspace."""

    code = "forbidden"


class NotFound(TogglError):
    """Toggl has nothing with that id, or this token may not see it."""

    code = "not_found"


class Ambiguous(TogglError):
    """Several things have that name; the message lists their ids."""

    code = "ambiguous"


class DuplicateName(TogglError):
    """The name is in use."""

    code = "duplicate_name"


class Overlap(TogglError):
    """A time entry would overlap others, exists already, or could not be compared with others."""

    code = "overlap"


class PlanRequired(TogglError):
    """The workspace's plan does not include this."""

    code = "plan_required"


class QuotaSpent(TogglError):
    """The hour's requests are used up until `resets_in_seconds` have passed."""

    code = "quota_spent"
    retryable = True

    def __init__(self, message: str, resets_in_seconds: float) -> None:
        super().__init__(message)
        self.resets_in_seconds = max(1, round(resets_in_seconds))


class RateLimited(TogglError):
    """A pause of `retry_after_seconds` is needed; nothing was changed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = max(1, round(retry_after_seconds))


class Unreachable(TogglError):
    """Toggl could not be reached or sent no usable response; nothing was changed."""

    code = "unreachable"
    retryable = True


class OutcomeUnknown(TogglError):
    """A change was sent and never confirmed: repeating it may do it twice."""

    code = "outcome_unknown"


class Declined(TogglError):
    """The person declined; nothing was sent."""

    code = "declined"


class CacheBusy(TogglError):
    """Another process has locked the cache file for longer than this one waits."""

    retryable = True
