"""The forms of arguments that two clients of others send too (`tests/external/arguments.mjs`): one table for both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tools.host import Host, Result

pytestmark = pytest.mark.anyio

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "external" / "arguments.json").read_text("utf-8"))
FORMS = [(case, form) for case in CASES for form in case["forms"]]
REFUSALS = [(case["tool"], case["plain"], wrong) for case in CASES for wrong in case["refused"]]


async def call(host: Host, case: dict[str, Any], arguments: dict[str, Any]) -> Result:
    """Return the field of a call's result without the id of what it created, or its failure."""
    if "result" not in case:
        return await host.fail(case["tool"], **arguments)
    result = (await host.call(case["tool"], **arguments))[case["result"]]
    return {"rows": result} if isinstance(result, list) else {**result, "id": None}


@pytest.mark.parametrize(("case", "form"), FORMS, ids=str)
async def test_tool_with_a_lenient_form_does_what_it_does_with_the_plain_one(
    host: Host, case: dict[str, Any], form: dict[str, Any]
) -> None:
    assert await call(host, case, form) == await call(host, case, case["plain"])


@pytest.mark.parametrize(("tool", "plain", "wrong"), REFUSALS, ids=str)
async def test_tool_with_an_invalid_form_names_the_argument(
    host: Host, tool: str, plain: dict[str, Any], wrong: dict[str, Any]
) -> None:
    error = await host.fail(tool, **{**plain, **wrong})

    assert (error["code"], error["retry"]) == ("invalid_arguments", "corrected")
    assert re.match(rf"{next(iter(wrong))}(\[0\][.\w]*)?: ", error["message"])
