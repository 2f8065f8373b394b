"""What would change in a configuration, as a diff that shows this server's own values and nobody else's."""

import difflib
import json
import re
from collections.abc import Collection, Sequence

from toggl_mcp.install.document import Item
from toggl_mcp.install.files import Configuration
from toggl_mcp.install.plan import Change, read_environment

_MASK = '"…"'
_URL_WITH_LOGIN = re.compile(r"://[^/]*@")
# A string of JSON or TOML, and whether it is a key.
_STRING = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*')(\s*[:=])?""")


def format_diff(configuration: Configuration, change: Change) -> list[str]:
    """Return the lines that change, with one around them; tokens, and values of other servers, are masked."""
    before, after = (configuration.text or "").splitlines(), (change.text or "").splitlines()
    name = str(configuration.path)
    visible = _find_visible_strings(change.items)

    def mask(match: re.Match[str]) -> str:
        return match[0] if match[2] or match[1] in visible else _MASK

    return [_STRING.sub(mask, line) for line in difflib.unified_diff(before, after, name, name, n=1, lineterm="")]


def _find_visible_strings(items: Sequence[Item]) -> Collection[str]:
    """Return the strings of items of this server as files have them: no login, and of the environment references."""
    texts: list[str] = []
    for item in items:
        references = [value for value in read_environment(item).values() if str(value).startswith("$")]
        texts.append(json.dumps({**item, "env": references}, ensure_ascii=False))
    strings = {match[1] for text in texts for match in _STRING.finditer(text)}
    return {string for string in strings if not _URL_WITH_LOGIN.search(string)}
