"""docs/migrating-from-toggl-api-wrapper.md: each behaviour is there once, and each test that it names exists.

That a named test shows what its row says is for a reader to judge.
"""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "migrating-from-toggl-api-wrapper.md"
DECISIONS = sorted((TESTS.parent / "docs" / "decisions").glob("*.md"))
ROWS = re.findall(r"^\| ([A-Z]\d+) \| .+ \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def numbered(**counts: int) -> list[str]:
    return [f"{letter}{number}" for letter, count in counts.items() for number in range(1, count + 1)]


EXPECTED = [
    *numbered(C=9, R=21),
    *numbered(B=5, A=5, G=9, E=6, X=5),
    *numbered(L=10, K=8, Q=5, M=5, U=4),
    *numbered(J=8, S=6, Y=6),
    *numbered(D=29),
]


def functions(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_behaviour_is_listed_once_and_in_order() -> None:
    assert [number for number, _ in ROWS] == EXPECTED


@pytest.mark.parametrize(("number", "cell"), ROWS, ids=[number for number, _ in ROWS])
def test_behaviour_names_existing_tests_or_does_not_apply(number: str, cell: str) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)

    assert bool(named) is (cell != "does not apply"), number
    assert [test for path, test in named if test not in functions(TESTS / path)] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_decision_has_number_and_title_of_its_file_and_40_lines_at_most(decision: Path) -> None:
    lines = decision.read_text("utf-8").splitlines()
    number, _, title = lines[0].removeprefix("# ").partition(": ")

    assert f"{number}-{title.lower().replace(' ', '-').replace(chr(39), '')}" == decision.stem
    assert len(lines) <= 40


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:3]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
