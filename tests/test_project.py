"""The project's files: what they promise of Python versions, commands and checks is what the others say."""

import re
import tomllib
from pathlib import Path
from typing import Any

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


def test_every_url_is_of_one_repository() -> None:
    assert all(url.startswith(PROJECT["urls"]["Homepage"]) for url in PROJECT["urls"].values())
