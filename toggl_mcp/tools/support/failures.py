"""What a caller is told of a failure: by a tool as its result, by everything else as an error of the protocol."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from toggl_mcp.errors import InvalidArguments, NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.tools.support.results import CandidateOut, to_error_data

_log = logging.getLogger(__name__)

MAX_CALL_SECONDS = 20.0
"""Seconds that a call may take in all."""


def to_toggl_error(error: Exception, name: str, *, is_read_only: bool) -> TogglError:
    """Return the error for a failure that nothing raised on purpose: the end of a call's time, or a bug."""
    if not isinstance(error, TimeoutError):
        _log.error("%s failed", name, exc_info=error)
        return TogglError("This is a bug in toggl_mcp; its log (stderr) has the details. Do not retry.")
    if is_read_only:
        return Unreachable(f"Toggl did not answer within {MAX_CALL_SECONDS:.0f} s. Try again in a minute.")
    return OutcomeUnknown("Toggl did not confirm in time. Read the data with refresh: true before you repeat the call.")


@contextmanager
def as_protocol_errors(name: str, uri: str | None = None) -> Generator[None]:
    """Raise the failures of a read as errors of the protocol, with the fields that the error of a tool has.

    Raises:
        MCPError: What is in the context failed; the message says what to do next.
    """
    try:
        yield
    except MCPError:
        raise
    except TogglError as error:
        raise _to_protocol_error(error, uri) from error
    except Exception as error:
        raise _to_protocol_error(to_toggl_error(error, name, is_read_only=True), uri) from error


def _to_protocol_error(error: TogglError, uri: str | None) -> MCPError:
    fields = to_error_data(error, [CandidateOut.of(candidate, {}, {}) for candidate in error.candidates])
    # The protocol has no code of its own for what does not exist.
    code = INVALID_PARAMS if isinstance(error, NotFound | InvalidArguments) else INTERNAL_ERROR
    return MCPError(code, fields["message"], fields if uri is None else {"uri": uri, **fields})
