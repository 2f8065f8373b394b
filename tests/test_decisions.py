"""The decisions about the founding library: complete, and each names tests that exist.

Whether a named test holds its decision is for its reader to judge; only that it exists is proved here.
"""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DECISIONS = TESTS.parent / "docs" / "decisions"
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \| (.+) \|$", re.MULTILINE)


def number_rows(**counts: int) -> list[str]:
    return [f"{letter}{number}" for letter, count in counts.items() for number in range(1, count + 1)]


TABLES: dict[str, list[str]] = {
    "001-the-founding-library-requests.md": number_rows(C=9, R=21),
    "002-the-founding-library-verbs.md": number_rows(B=5, A=5, G=9, E=6, X=5),
    "003-the-founding-library-collections.md": number_rows(L=10, K=8, Q=5, M=5, U=4),
    "004-the-founding-library-stores.md": number_rows(J=8, S=6, Y=6),
    "009-the-founding-librarys-defects.md": number_rows(D=29),
}


def read_rows(decision: str) -> list[tuple[str, str, str]]:
    return ROW.findall((DECISIONS / decision).read_text("utf-8"))


def read_function_names(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("decision", "expected"), TABLES.items(), ids=TABLES)
def test_decisions_number_each_behaviour_once_in_order(decision: str, expected: list[str]) -> None:
    assert [number for number, _, _ in read_rows(decision)] == expected


@pytest.mark.parametrize("decision", TABLES)
def test_decisions_name_existing_tests_or_do_not_apply(decision: str) -> None:
    missing: list[str] = []
    for number, _, cell in read_rows(decision):
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
        assert bool(named) is (cell != "does not apply"), number
        missing += [f"{path}::{test}" for path, test in named if not test.startswith("test_")]
        missing += [f"{path}::{test}" for path, test in named if test not in read_function_names(TESTS / path)]
    assert missing == []
