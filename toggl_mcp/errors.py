"""Everything that can go wrong, on one screen.

    TogglError                   code               what is known
    ├── InvalidArguments         invalid_arguments  nothing was sent, or Toggl refused the values
    │   └── NamingError          invalid_arguments  a name is missing where one is needed
    ├── NoCache                  invalid_arguments  a cache was asked for where there is none
    ├── NoToken                  no_token           nothing was sent
    ├── BadToken                 bad_token          Toggl does not know the token
    ├── Forbidden                forbidden          Toggl knows the token, but not for this
    ├── NotFound                 not_found          there is no such thing
    ├── Ambiguous                ambiguous          there are several such things
    ├── DuplicateName            duplicate_name     the name is taken
    ├── Overlap                  overlap            it would overlap other time entries, or may; nothing was sent
    ├── PlanRequired             plan_required      the workspace's plan lacks this
    ├── QuotaSpent               quota_spent        the hour's requests are used up; `resets_in_seconds`
    ├── RateLimited              rate_limited       too many at once; `retry_after_seconds`
    ├── Unreachable              unreachable        Toggl could not be asked; nothing was changed
    ├── OutcomeUnknown           outcome_unknown    a change was sent and never confirmed
    ├── Declined                 declined           the person said no; nothing was sent
    └── CacheBusy                internal           another process holds the cache file

Each message is read by a model or a person who decides what to do next, so each says what that is.
Toggl's own words are never repeated: whoever can write there could speak to the model.
"""

from typing import ClassVar


class TogglError(Exception):
    """The root: catch this to catch everything that this package raises on purpose."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    resets_in_seconds: int | None = None
    retry_after_seconds: int | None = None


class InvalidArguments(TogglError, ValueError):
    """The values are at fault: change them before asking again."""

    code = "invalid_arguments"


class NamingError(InvalidArguments):
    """A name is needed and none was given."""


class NoCache(TogglError):
    """The cache was asked for, and the endpoint was made without one."""

    code = "invalid_arguments"


class NoToken(TogglError):
    """No usable token is configured."""

    code = "no_token"


class BadToken(TogglError):
    """Toggl refused the token."""

    code = "bad_token"


class Forbidden(TogglError):
    """The token is good, but not for this workspace or action."""

    code = "forbidden"


class NotFound(TogglError):
    """Toggl has no such thing, or this token may not see it."""

    code = "not_found"


class Ambiguous(TogglError):
    """More than one thing fits; the message lists their ids."""

    code = "ambiguous"


class DuplicateName(TogglError):
    """Toggl refused a name that is already taken."""

    code = "duplicate_name"


class Overlap(TogglError):
    """A time entry would overlap others or repeat one, or that could not be checked."""

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
    """Toggl wants a pause of `retry_after_seconds`; nothing was changed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = max(1, round(retry_after_seconds))


class Unreachable(TogglError):
    """Toggl could not be asked or gave no usable answer; nothing was changed."""

    code = "unreachable"
    retryable = True


class OutcomeUnknown(TogglError):
    """A change was sent and never confirmed: asking again may do it twice."""

    code = "outcome_unknown"


class Declined(TogglError):
    """The person was asked and said no; nothing was sent."""

    code = "declined"


class CacheBusy(TogglError):
    """Another process has held the cache file for longer than we wait."""

    retryable = True
