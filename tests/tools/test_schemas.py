"""The schemas that the package holds are those of the tools' models."""

import json

from scripts.snapshots import build_schemas
from toggl_mcp.tools.support.schema import PACKAGED_SCHEMAS


def test_packaged_schemas_are_those_of_the_models() -> None:
    """Otherwise run scripts/snapshots.py."""
    assert json.loads(PACKAGED_SCHEMAS.read_text("utf-8")) == dict(build_schemas())
