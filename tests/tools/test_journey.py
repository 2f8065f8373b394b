"""What a call passes through while all that it reads is cached: few functions, and none without need."""

import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from inspect import CO_NEWLOCALS
from pathlib import Path
from types import FrameType

import pytest

import toggl_mcp
from tests.endpoints.support import AROHA
from tests.tools.host import Host

pytestmark = pytest.mark.anyio

PACKAGE = f"{Path(toggl_mcp.__file__).parent}/"
# A test that traces leaves its tracer to those after it, and only then are spans called.
UNCOUNTED = (f"{PACKAGE}sandbox/", f"{PACKAGE}tools/support/spans.py")
MAX_FUNCTIONS = {"get_client": 62, "list_clients": 60}


@contextmanager
def count_functions() -> Generator[Counter[str]]:
    """Count the calls of each of the package's functions, as long as the context lasts."""
    calls = Counter[str]()

    def count(frame: FrameType, event: str, _: object) -> None:
        path, is_function = frame.f_code.co_filename, frame.f_code.co_flags & CO_NEWLOCALS
        if event == "call" and is_function and path.startswith(PACKAGE) and not path.startswith(UNCOUNTED):
            calls[f"{path.removeprefix(PACKAGE)}:{frame.f_code.co_firstlineno} {frame.f_code.co_name}"] += 1

    former = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(former)


@pytest.mark.parametrize(("tool", "arguments"), [("get_client", {"client": str(AROHA)}), ("list_clients", {})])
async def test_warm_call_passes_few_functions(tool: str, arguments: dict[str, str], host: Host) -> None:
    await host.call(tool, **arguments)
    with count_functions() as calls:
        result = await host.call(tool, **arguments)
    assert result["source"] == "cache"
    assert len(calls) <= MAX_FUNCTIONS[tool], sorted(calls)


async def test_get_client_warm_looks_at_each_collection_once(host: Host) -> None:
    await host.call("get_client", client=str(AROHA))
    with count_functions() as calls:
        await host.call("get_client", client=str(AROHA))
    reads = {name.rpartition(" ")[2]: count for name, count in calls.items()}
    assert (reads["find_by_ref"], reads["get_version"]) == (1, 2)  # The versions of the account and of the clients.
