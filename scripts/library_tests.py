"""Run the integration tests of toggl-api-wrapper against the sandbox, over a loopback socket.

The tests are those of a checkout of the library, run by a Python that has the library's own test dependencies:
`python -m scripts.library_tests CHECKOUT PYTHON [ARGUMENT OF PYTEST…]`.
"""

import os
import socket
import subprocess
import sys
import threading

import uvicorn

from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Behaviors, Sandbox
from toggl_mcp.sandbox.state import State

# The library names its base URLs in class attributes, which reports override.
RUNNER = """
import sys
import httpx, pytest
from toggl_api import meta, reports
from toggl_api.asyncio import _async_endpoint, _async_reports
url = sys.argv[1]
meta.TogglEndpoint.BASE_ENDPOINT = f"{url}/api/v9/"
reports.ReportEndpoint.BASE_ENDPOINT = f"{url}/reports/api/v3/"
_async_endpoint.TogglAsyncEndpoint.BASE_ENDPOINT = httpx.URL(f"{url}/api/v9/")
_async_reports.AsyncReportEndpoint.BASE_ENDPOINT = httpx.URL(f"{url}/reports/api/v3/")
sys.exit(pytest.main(["-m", "integration", *sys.argv[2:]]))
"""


def main() -> None:
    """Serve an empty account without limits on the number of requests, and exit as the tests do."""
    checkout, python, *arguments = sys.argv[1:]
    # The library takes no null for an empty list.
    sandbox = Sandbox(behaviors=Behaviors(burst=10**6, empty_list="[]"))
    for window in sandbox.quota.windows():
        window.total = 10**6
    account = prepare_account(sandbox.state)
    server = uvicorn.Server(uvicorn.Config(sandbox, log_level="error", ws="none", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            command = [python, "-c", RUNNER, f"http://127.0.0.1:{listener.getsockname()[1]}", *arguments]
            run = subprocess.run(command, cwd=checkout, env=os.environ | account, check=False)  # noqa: S603 - as named
        finally:
            server.should_exit = True
            thread.join()
    sys.exit(run.returncode)


def prepare_account(state: State) -> dict[str, str]:
    """Empty an account, give it the names that the tests expect, and return their settings for it."""
    for rows in (state.clients, state.projects, state.tags, state.tasks, state.entries):
        rows.clear()
    organization_id: int = state.workspaces[HARBOUR_STUDIO]["organization_id"]
    state.organizations[organization_id]["name"] = "Do-Not-Delete"
    state.me["fullname"] = "dk-test"
    return {
        "TOGGL_API_TOKEN": TOKEN,
        "TOGGL_PASSWORD": "api_token",
        "TOGGL_ORGANIZATION_ID": str(organization_id),
        "TOGGL_USER_ID": str(state.me["id"]),
        "TOGGL_WORKSPACE_ID": str(HARBOUR_STUDIO),
    }


if __name__ == "__main__":
    main()
