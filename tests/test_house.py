"""The house's own rules."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("toggl_mcp", "tests", "benchmarks", "scripts")
MODULES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts
)


def functions(module: Path) -> list[tuple[str, int]]:
    tree = ast.parse(module.read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in found]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_under_250_lines_and_functions_under_30(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= 250
    assert [(name, lines) for name, lines in functions(module) if lines > 30] == []


def test_no_test_sleeps() -> None:
    pattern = re.compile(r"(anyio|asyncio|time)\.sleep\(|\btime\.time\(\)|\bmock\b|MagicMock")
    asleep = [path.name for path in MODULES if "tests" in path.parts and pattern.search(path.read_text("utf-8"))]

    assert asleep in ([], [Path(__file__).name])
