"""Whether each promise is held by what it names, and the README makes these promises and no others."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.promises import PROMISES, Promise, table

ROOT = Path(__file__).parent.parent
TESTS = sorted(path for path in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in path.parts)


def find_markers(module: Path) -> Iterator[tuple[str, str]]:
    """Yield the test and the id of every marker in a module."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise":
                yield f"{module.relative_to(ROOT).as_posix()}::{node.name}", ast.literal_eval(mark.args[0])


@pytest.fixture(scope="module")
def markers() -> dict[str, set[str]]:
    """The promises by the tests that say that they hold them."""
    promises: defaultdict[str, set[str]] = defaultdict(set)
    for module in TESTS:
        for test, promise in find_markers(module):
            promises[test].add(promise)
    return promises


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_promise_source_is_a_marked_test_or_a_benchmark(promise: Promise, markers: dict[str, set[str]]) -> None:
    assert promise.id in markers[promise.source] if promise.tested else (ROOT / promise.source).is_file()


def test_promise_markers_match_the_sources(markers: dict[str, set[str]]) -> None:
    named = {(test, promise) for test, promises in markers.items() for promise in promises}

    assert named <= {(promise.source, promise.id) for promise in PROMISES}


def test_promise_ids_and_sentences_are_unique() -> None:
    assert len({promise.id for promise in PROMISES}) == len({promise.sentence for promise in PROMISES}) == len(PROMISES)


def test_promise_table_matches_the_readme() -> None:
    _, _, after = (ROOT / "README.md").read_text("utf-8").partition("## Promises\n")
    rows = [line for line in after.partition("\n## ")[0].splitlines() if line.startswith("|")]

    assert "\n".join(rows) == table()
