"""The problems of a call's arguments, which are named at once."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from toggl_mcp.errors import REFUSALS, Ambiguous, InvalidArguments, Overlap, TogglError
from toggl_mcp.tools.support.lookup import MAX_CANDIDATES

CORRECTABLE_ERRORS = (*REFUSALS, Ambiguous, Overlap)
"""The errors that a corrected call need not repeat."""


@contextmanager
def collect_problems(problems: list[TogglError]) -> Generator[None]:
    """Run a check, and add the problem that it finds to others."""
    try:
        yield
    except CORRECTABLE_ERRORS as error:
        problems.append(error)


def join_problems(problems: Sequence[TogglError], message: str | None = None) -> TogglError:
    """Return problems as one error: of their kind, or of invalid arguments if they are of several kinds."""
    if len(problems) == 1 and message is None:
        return problems[0]
    kinds = {type(problem) for problem in problems}
    kind = kinds.pop() if len(kinds) == 1 else InvalidArguments
    candidates = [item for problem in problems for item in problem.candidates]
    return kind(message or " ".join(map(str, problems)), candidates[:MAX_CANDIDATES])
