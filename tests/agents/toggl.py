"""An embedded Toggl on a port, in the project's environment: prints its address, and is slow to answer when told so.

`TOGGL_SLOW_SECONDS` is how long the response to the first creation of a time entry takes; what it asks is done at once.
"""

import os

import anyio
import uvicorn

from toggl_mcp.sandbox import Call, Fault, Sandbox

sandbox = Sandbox()
slow_seconds = float(os.environ.get("TOGGL_SLOW_SECONDS", "0"))


async def wait() -> None:
    with anyio.move_on_after(slow_seconds):
        await anyio.sleep_forever()


def fault(call: Call) -> Fault | None:
    creations = [past for past in sandbox.calls if past.method == "POST" and "time_entries" in past.path]
    is_first = call.method == "POST" and "time_entries" in call.path and len(creations) <= 1
    return Fault("slow", until=wait) if slow_seconds and is_first else None


sandbox.fault = fault
server = uvicorn.Server(uvicorn.Config(sandbox, port=0, log_level="error", ws="none", lifespan="off"))
listener = server.config.bind_socket()
print(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v9", flush=True)  # noqa: T201 - its answer
server.run([listener])
