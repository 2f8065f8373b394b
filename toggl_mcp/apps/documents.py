"""The HTML of each app, made of the files in static/: one document that needs nothing else and may load nothing."""

import base64
import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

AppName = Literal["week", "totals", "burn-down"]

SCHEME = "ui://"
APP_NAMES: tuple[AppName, ...] = get_args(AppName)
_STATIC = Path(__file__).parent / "static"
_SHARED_SCRIPTS = ("bridge.js", "elements.js", "times.js")
_SCRIPTS: Mapping[AppName, tuple[str, ...]] = {
    "week": ("entries.js", "actions.js", "panel.js", "timeline.js", "grid.js", "week.js"),
    "totals": ("totals.js",),
    "burn-down": ("burn-down.js",),
}


def app_uri(name: AppName) -> str:
    """Return the URI of an app's resource."""
    return f"{SCHEME}{name}"


def compose_document(name: AppName, tool_names: Collection[str]) -> str:
    """Return an app's document; its policy allows its own style and script by their digests, and no request.

    It has no buttons for tools that are not among these names.
    """
    style = _read("theme.css") + _read(f"{name}.css")
    scripts = "".join(map(_read, (*_SHARED_SCRIPTS, *_SCRIPTS[name])))
    tools = f"const TOOLS = {json.dumps(sorted(tool_names))};\n"
    script = f'(() => {{\n"use strict";\n{tools}{scripts}}})();\n'
    parts = {
        "title": f"Toggl Track: {name}",
        "policy": (
            f"default-src 'none'; script-src {_source_digest(script)}; style-src {_source_digest(style)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        "style": style,
        "script": script,
    }
    document = _read("page.html")
    for placeholder, text in parts.items():
        document = document.replace(f"{{{{{placeholder}}}}}", text)
    return document


def _read(file: str) -> str:
    return (_STATIC / file).read_text("utf-8")


def _source_digest(text: str) -> str:
    """Return a source of a content security policy: what allows this text alone."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
