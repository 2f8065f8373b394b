"""The documentation: what is made of code is up to date, links lead somewhere, and its Python runs."""

import json
import re
import tomllib
from collections.abc import Generator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import toggl_mcp
from scripts.docs import documents, with_sections
from tests.process.server import run, serve_sandbox
from toggl_mcp import errors
from toggl_mcp.errors import TogglError
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.install.hosts import HOSTS
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox
from toggl_mcp.settings import describe_setting, variable_name

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SCRIPTS = [
    (page, script)
    for page in PAGES
    if page.name != "agents.md"  # `.ci/run agents` runs its own, which need other packages.
    for script in re.findall(r"^```python\n(.+?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]


def test_generated_documents_are_up_to_date() -> None:
    stale = [path.name for path, text in documents().items() if path.read_text("utf-8") != text]

    assert stale == [], "run: uv run python -m scripts.docs"


def test_document_without_its_section_is_refused() -> None:
    with pytest.raises(ValueError, match="0 sections named 'tools'"):
        with_sections("# No markers", {"tools": "| tool |"})


def test_readme_stays_within_120_lines() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_page_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in headings(linked), target


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    lines = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_page_names_exist(page: Path) -> None:
    names = re.findall(r"`((?:scripts|benchmarks|docs|\.github|\.ci)/[\w./-]+)`", page.read_text("utf-8"))

    assert [name for name in names if not (ROOT / name).exists()] == []


def test_help_describes_every_setting() -> None:
    help_text = " ".join(run("--help").stdout.split())

    for name, field in HttpSettings.model_fields.items():
        has_flag = name not in ("token", "api_url", "secret_keys")
        assert (f"--{name.replace('_', '-')} " in help_text) is has_flag
        assert variable_name(name, HttpSettings) in help_text
        assert describe_setting(field) in help_text


def test_hosts_are_given_json_that_starts_the_command() -> None:
    install = (ROOT / "docs" / "install.md").read_text("utf-8")
    blocks = re.findall(r"^```json\n(.+?)^```$", install, re.MULTILINE | re.DOTALL)

    assert blocks
    for block in blocks:
        hosts = json.loads(block)
        container = next(host.container for host in HOSTS.values() if host.container in hosts)
        server = hosts[container]["toggl"]
        assert (server["command"], server["args"][-1]) == ("uv", "toggl-mcp")
        assert "TOGGL_API_TOKEN" in server["env"]


def test_install_has_a_row_and_a_command_for_each_host() -> None:
    install = (ROOT / "docs" / "install.md").read_text("utf-8")

    assert re.findall(r"^\| \[`([a-z-]+)`\]\(https:", install, re.MULTILINE) == list(HOSTS)
    (toml,) = re.findall(r"^```toml\n(.+?)^```$", install, re.MULTILINE | re.DOTALL)
    server = tomllib.loads(toml)[HOSTS["codex"].container]["toggl"]
    assert server.items() >= {**HOSTS["codex"].fields, **HOSTS["codex"].token}.items()
    assert (server["command"], server["args"][-1]) == ("uv", "toggl-mcp")


def test_threats_name_tests_that_exist() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", (ROOT / "SECURITY.md").read_text("utf-8"), re.MULTILINE)[2:]
    tests = "\n".join(
        file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in file.parts
    )

    assert rows
    for threat, _, text in rows:
        names = re.findall(r"`(test_\w+)`", text)
        assert names, threat
        assert [name for name in names if f"def {name}(" not in tests] == [], threat


def test_install_names_the_bundle_of_this_version() -> None:
    install = (ROOT / "docs" / "install.md").read_text("utf-8")

    assert re.findall(r"toggl-mcp-server-([\d.]+)\.mcpb", install) == [version("toggl-mcp-server")]


def test_python_api_names_modules_that_have_the_stores() -> None:
    imports = re.findall(r"`from ([\w.]+) import (\w+)`", (ROOT / "docs" / "python-api.md").read_text("utf-8"))

    assert [name for module, name in imports if not hasattr(import_module(module), name)] == []
    assert "RedisStore" in [name for _, name in imports]


def test_python_api_lists_every_error_with_its_code() -> None:
    rows = (ROOT / "docs" / "python-api.md").read_text("utf-8").splitlines()
    names = [getattr(toggl_mcp, name) for name in toggl_mcp.__all__]
    classes = [item for item in names if isinstance(item, type) and issubclass(item, TogglError)]

    for error in classes:
        if error is not TogglError:
            (row,) = [row for row in rows if row.startswith("| `") and f"`{error.__name__}`" in row]
            assert f"`{error.code}`" in row


def test_error_tree_names_every_error_with_its_code_and_retry() -> None:
    rows = re.findall(r"^[ │├└─]+(\w+) +(\w+) +(corrected|later|no)  ", errors.__doc__ or "", re.MULTILINE)
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, TogglError)]

    assert sorted(rows) == sorted((item.__name__, item.code, item.retry) for item in classes)
    assert [item for item in classes if item.code == "internal"] == [TogglError]


def test_readme_has_two_set_up_commands_and_ci_runs_the_second() -> None:
    blocks = re.findall(r"^```sh\n(pip install .+)\n```$", README, re.MULTILINE)

    assert blocks == ["pip install uv && uv run toggl-mcp demo", "pip install uv && uv run pytest"]
    assert blocks[1] in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.fixture
def toggl(monkeypatch: pytest.MonkeyPatch) -> Generator[Sandbox]:
    """Toggl as a script finds it: at its usual address, with the token in the environment."""
    sandbox = Sandbox()
    with serve_sandbox(sandbox) as address:
        monkeypatch.setattr("toggl_mcp.api.connection.TOGGL_URL", address)
        monkeypatch.setenv("TOGGL_API_TOKEN", TOKEN)
        monkeypatch.setenv("TOGGL_WORKSPACE_ID", str(HARBOUR_STUDIO))
        yield sandbox


@pytest.mark.parametrize(("page", "script"), SCRIPTS, ids=[f"{page.name}-{n}" for n, (page, _) in enumerate(SCRIPTS)])
def test_python_of_page_runs_and_imports_from_toggl_mcp_alone(
    page: Path, script: str, toggl: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(script, page, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own documentation

    assert toggl.calls
    assert not re.search(r"^(?:from|import) toggl_mcp\.", script, re.MULTILINE)
