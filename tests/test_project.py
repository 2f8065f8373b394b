"""The project's files: what they promise of Python versions, commands and checks is what the others say."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")


def test_distribution_name_is_a_second_name_of_the_command() -> None:
    assert PROJECT["scripts"][PROJECT["name"]] == PROJECT["scripts"]["toggl-mcp"]


def test_workflow_runs_ci_on_every_python_of_the_classifiers() -> None:
    versions = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]

    assert re.findall(r'"(3\.\d+)"', WORKFLOW) == versions
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert "run: .ci/run" in WORKFLOW


def test_hooks_run_the_linters_of_ci_through_uv() -> None:
    hooks = re.findall(r"entry: uv run --group lint (.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    commands = " ".join(hook.replace(" --force-exclude", "") for hook in hooks)

    assert commands == "ruff check ruff format pyright lint-imports"
    assert all(tool in (ROOT / ".ci" / "run").read_text("utf-8") for tool in commands.split())


def test_ci_without_that_step_names_those_that_it_has() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    result = subprocess.run([ROOT / ".ci" / "run", "lint"], capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert result.returncode == 2
    steps = result.stderr.partition("choose from ")[2].rstrip(".\n").split()
    assert [step for step in steps if f"\n{step}() " not in script] == []
    assert set(re.findall(r"steps: (\w+)", WORKFLOW)) <= {*steps}


@pytest.mark.parametrize(
    ("files", "status"),
    [
        (["toggl_mcp/cli/call.py"], 1),
        (["toggl_mcp/cli/call.py", "CHANGELOG.md"], 0),
        (["docs/tour.md", "tests/toggl_mcp/test_call.py"], 0),
    ],
)
def test_changelog_check_refuses_a_change_of_the_package_alone(files: list[str], status: int, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, check=True)  # noqa: S603, S607

    git("init", "--initial-branch=main")
    git("commit", "--allow-empty", "--message=Begin")
    git("checkout", "-b", "branch")
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    git("add", ".")
    git("commit", "--message=Change")
    script = ROOT / ".ci" / "changelog"
    result = subprocess.run([script, "main"], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603

    assert result.returncode == status
    assert ("Say there what changes for a user" in result.stderr) is bool(status)


def test_every_url_is_of_one_repository() -> None:
    assert all(url.startswith(PROJECT["urls"]["Homepage"]) for url in PROJECT["urls"].values())
