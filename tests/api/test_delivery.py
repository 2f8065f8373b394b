"""The error of a request, by its delivery."""

import pytest

from toggl_mcp.api.transport import Delivery, error_for
from toggl_mcp.errors import (
    DuplicateName,
    InvalidArguments,
    NotFound,
    OutcomeUnknown,
    PlanRequired,
    QuotaSpent,
    RateLimited,
    TogglError,
    Unreachable,
)

REFUSALS = [
    NotFound("x"),
    InvalidArguments("x"),
    DuplicateName("x"),
    PlanRequired("x"),
    RateLimited("x", 1),
    QuotaSpent("x", 1),
]


@pytest.mark.parametrize("delivery", [Delivery.NOT_SENT, Delivery.SENT, Delivery.REJECTED])
@pytest.mark.parametrize("cause", REFUSALS, ids=lambda cause: type(cause).__name__)
def test_error_for_a_request_that_changed_nothing_is_the_cause(delivery: Delivery, cause: TogglError) -> None:
    assert error_for(delivery, cause) is cause


@pytest.mark.parametrize("delivery", [Delivery.NOT_SENT, Delivery.SENT, Delivery.REJECTED])
def test_error_for_a_request_without_a_cause_says_that_nothing_was_changed(delivery: Delivery) -> None:
    error = error_for(delivery, None)
    assert type(error) is Unreachable
    assert "nothing was changed" in str(error)


@pytest.mark.parametrize("cause", [*REFUSALS, None], ids=lambda cause: type(cause).__name__)
def test_error_for_a_change_that_may_be_applied_is_unknown_whatever_the_cause(cause: TogglError | None) -> None:
    assert type(error_for(Delivery.MAYBE_APPLIED, cause)) is OutcomeUnknown
