"""Whether the README is true."""

import ast
import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

from toggl_mcp.cli import main
from toggl_mcp.endpoints.blocking import ClientEndpoint
from toggl_mcp.settings import Settings
from toggl_mcp.toolsets import enabled_tools

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_readme_lists_every_tool_with_its_first_sentence() -> None:
    sentences = dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", README, re.MULTILINE))

    assert list(sentences) == [spec.handler.__name__ for spec in enabled_tools(Settings.model_construct())]
    for spec in enabled_tools(Settings.model_construct()):
        assert (spec.handler.__doc__ or "").startswith(sentences[spec.handler.__name__])


def test_readme_lists_every_setting_and_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--version", "--sandbox"}
    rows = re.findall(r"^\| `(TOGGL_\w+)` \| (?:`(--[a-z-]+)`)?", README, re.MULTILINE)

    fields = Settings.model_fields.values()
    assert [name for name, _ in rows] == [field.validation_alias for field in fields if field.validation_alias]
    assert {flag for _, flag in rows if flag} == flags


def test_readme_has_two_set_up_commands_and_ci_runs_the_second() -> None:
    blocks = re.findall(r"^```sh\n(pip install .+)\n```$", README, re.MULTILINE)

    assert blocks == ["pip install uv && uv run toggl-mcp demo", "pip install uv && uv run pytest"]
    assert blocks[1] in (ROOT / ".ci" / "run").read_text("utf-8")


def test_readme_links_and_scripts_exist() -> None:
    files = [*re.findall(r"\]\((?!http)([^)#]+)\)", README), *re.findall(r"`((?:scripts|benchmarks)/[\w.]+)`", README)]

    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert f"toggl-mcp-server-{version('toggl-mcp-server')}.mcpb" in README


def test_readme_python_uses_existing_names() -> None:
    (script,) = re.findall(r"^```python\n(.+?)^```$", README, re.MULTILINE | re.DOTALL)
    tree = ast.parse(script)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert all(hasattr(import_module(str(node.module)), name.name) for node in imports for name in node.names)
    assert called <= set(dir(ClientEndpoint))
