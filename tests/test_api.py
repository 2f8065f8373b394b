"""The Python API: the names that `toggl_mcp` has, what importing it costs, and that it is typed."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import toggl_mcp

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "toggl_mcp" / "__init__.py"


def typed_names() -> dict[str, str]:
    """Return the names that a type checker sees, each with its origin as `module:attribute`."""
    imports = [node for node in ast.walk(ast.parse(PACKAGE.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in imports
        for alias in node.names
        if node.module and node.module.startswith("toggl_mcp.")
    }


def test_type_checkers_see_the_names_of_the_api() -> None:
    assert sorted(typed_names()) == sorted(toggl_mcp.__all__)


@pytest.mark.parametrize("name", toggl_mcp.__all__)
def test_a_name_of_the_api_is_what_type_checkers_see(name: str) -> None:
    module, _, attribute = typed_names()[name].partition(":")

    assert getattr(toggl_mcp, name) is getattr(sys.modules[module], attribute)
    assert name in dir(toggl_mcp)


def test_every_error_is_in_the_api() -> None:
    errors = ast.parse((ROOT / "toggl_mcp" / "errors.py").read_text("utf-8")).body

    assert {node.name for node in errors if isinstance(node, ast.ClassDef)} <= set(toggl_mcp.__all__)


def test_a_name_outside_the_api_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Timesheet'"):
        getattr(toggl_mcp, "Timesheet")  # noqa: B009 - a name that a type checker would refuse


def test_import_loads_neither_httpx_nor_pydantic() -> None:
    script = "import sys, toggl_mcp; print([name for name in ('httpx', 'pydantic', 'mcp') if name in sys.modules])"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 - ours

    assert process.stdout.strip() == "[]"


def test_the_wheel_holds_the_typing_marker_and_the_apps(tmp_path: Path) -> None:
    command = ["uv", "build", "--wheel", "--offline", "--quiet", "--out-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours

    (wheel,) = tmp_path.glob("*.whl")
    files = set(zipfile.ZipFile(wheel).namelist())
    assert {f"toggl_mcp/apps/static/{path.name}" for path in (ROOT / "toggl_mcp/apps/static").iterdir()} <= files
    assert "toggl_mcp/py.typed" in files
