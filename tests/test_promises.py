"""Whether each promise is held by what it names, and has the figures that its sentence needs."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from tests.figures import load_figures, load_measurements
from tests.promises import PROMISES, Promise

ROOT = Path(__file__).parent.parent
TESTS = sorted(path for path in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in path.parts)


def marked(module: Path) -> Iterator[tuple[str, str]]:
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
    promises_by_test: defaultdict[str, set[str]] = defaultdict(set)
    for module in TESTS:
        for test, promise in marked(module):
            promises_by_test[test].add(promise)
    return promises_by_test


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_what_is_promised_is_held_by_a_test_that_names_it_or_measured_by_a_command(
    promise: Promise, markers: dict[str, set[str]]
) -> None:
    assert promise.id in markers[promise.source] if promise.tested else (ROOT / promise.source).is_file()


def test_every_test_that_names_a_promise_is_its_source(markers: dict[str, set[str]]) -> None:
    named = {(test, promise) for test, promises in markers.items() for promise in promises}

    assert named <= {(promise.source, promise.id) for promise in PROMISES}


def test_no_promise_is_made_twice() -> None:
    assert len({promise.id for promise in PROMISES}) == len({promise.heading for promise in PROMISES}) == len(PROMISES)


def test_figures_are_of_the_promises() -> None:
    assert set(load_measurements()) == {promise.id for promise in PROMISES}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_figure_has_the_numbers_that_its_sentence_needs(promise: Promise) -> None:
    fields = {field for _, field, _, _ in Formatter().parse(promise.template) if field}

    assert fields == set(load_figures(promise.id))
    assert promise.figure


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_measurement_names_a_commit_and_its_day(promise: Promise) -> None:
    measurement = load_measurements()[promise.id]

    assert re.fullmatch(r"[0-9a-f]{7,}", measurement["commit"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measurement["date"])
