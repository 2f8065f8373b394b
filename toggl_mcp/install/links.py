"""Links that install this server with one click, in hosts that take such links."""

import json
from base64 import b64encode
from urllib.parse import quote, urlencode

from toggl_mcp.install.hosts import HOSTS, NAME
from toggl_mcp.install.plan import build_entry
from toggl_mcp.install.server_command import DISTRIBUTION, ServerCommand

_SERVER = ServerCommand("uvx", (DISTRIBUTION,), "from the package index")


def build_cursor_link() -> str:
    """Return the page that opens Cursor and asks whether to install the server."""
    cursor = HOSTS["cursor"]
    config = b64encode(_dump(build_entry(cursor, _SERVER, (), cursor.token)).encode()).decode()
    return f"https://cursor.com/en/install-mcp?{urlencode({'name': NAME, 'config': config}, quote_via=quote)}"


def build_vscode_link() -> str:
    """Return the page that opens VS Code and asks whether to install the server."""
    vscode = HOSTS["vscode"]
    config = _dump(build_entry(vscode, _SERVER, (), vscode.token))
    query = {"name": NAME, "inputs": _dump([*vscode.inputs.values()]), "config": config}
    return f"https://insiders.vscode.dev/redirect/mcp/install?{urlencode(query, quote_via=quote)}"


def _dump(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))
