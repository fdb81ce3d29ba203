"""The mutation tool: the sample is fixed, the working tree stays as it is, and what tests notice is counted."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from benchmarks.mutants import generate, report, selection
from benchmarks.mutants.generate import Mutant
from benchmarks.mutants.trial import Copy, Outcome
from pixelparity.errors import InputError

ROOT = Path(__file__).parents[2]
SOURCE = '''"""A module."""

from functools import lru_cache


@lru_cache(maxsize=4)
def larger(a: int | None, b: int = 3) -> int | None:
    """Return the larger one."""
    return a if a > b else b
'''


def mutant(**changes: object) -> Mutant:
    """Return a mutant of a module that need not exist."""
    values = {
        "module": "helpers/pixelparity/recipes/one.py", "line": 9, "column": 18, "occurrence": 0,
        "operator": "ReplaceComparisonOperator_Gt_GtE", "text": "return a if a > b else b",
    }  # fmt: skip
    return Mutant(**{**values, **changes})  # type: ignore[arg-type]


def repository(folder: Path, test: str) -> Path:
    """Return a small repository with one module and one test of it."""
    module = folder / "helpers" / "pixelparity" / "recipes" / "one.py"
    tests = folder / "tests" / "recipes" / "test_one.py"
    for path in (module, tests):
        path.parent.mkdir(parents=True)
    module.write_text(SOURCE, encoding="utf-8")
    # The name of the package belongs to the real one: the test reads the file beside it.
    head = "import runpy\nfrom pathlib import Path\nROOT = Path(__file__).parents[2]\n"
    head += "larger = runpy.run_path(str(ROOT / 'helpers/pixelparity/recipes/one.py'))['larger']\n"
    tests.write_text(head + f"def test_larger():\n    {test}\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text("[project]\nname = 'small'\n", encoding="utf-8")
    return folder


def test_annotations_and_decorators_are_left_alone() -> None:
    """Of the module above only the default, the comparison and the condition are changed."""
    pytest.importorskip("cosmic_ray")
    made = list(generate.mutants("helpers/pixelparity/recipes/one.py", SOURCE))
    assert {m.line for m in made} == {7, 9}
    assert {m.operator for m in made if m.line == 7} == {"NumberReplacer"}
    assert {"ReplaceComparisonOperator_Gt_GtE", "ReplaceComparisonOperator_Gt_LtE", "AddNot"} <= {
        m.operator for m in made
    }


def test_a_mutant_changes_one_line() -> None:
    """Applying gives the source with one line changed; a place that is not there is an error."""
    pytest.importorskip("cosmic_ray")
    made = generate.apply(mutant(), SOURCE)
    pairs = zip(SOURCE.splitlines(), made.splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        ("    return a if a > b else b", "    return a if a >= b else b")
    ]
    with pytest.raises(ValueError, match="has no place 9"):
        generate.apply(mutant(occurrence=9), SOURCE)


def test_a_sample_is_fixed_by_its_seed() -> None:
    """The same seed draws the same places, another one others, and no place twice."""
    pytest.importorskip("cosmic_ray")
    first, again, other = (generate.sample(ROOT, 20, seed, ["recipes"]) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({(m.module, m.line, m.column) for m in first}) == 20
    assert {m.room for m in first} == {"recipes"}
    for one in first:
        source = (ROOT / one.module).read_text(encoding="utf-8")
        assert source.splitlines()[one.line - 1].strip() == one.text
        assert generate.apply(one, source) != source


@pytest.mark.parametrize(
    ("test", "result"),
    [
        ("assert larger(4, 3) == 4 and larger(1) == 3", "survived"),
        ("assert larger(True, 1) is 1", "killed"),  # equal numbers, and the second one is returned
        ("import time; time.sleep(60 if larger(True, 1) is True else 0)", "timeout"),
    ],
)
def test_what_becomes_of_a_mutant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, result: str) -> None:
    """A test that fails kills, one that passes does not, one that hangs is stopped; both trees are clean afterwards."""
    pytest.importorskip("cosmic_ray")
    monkeypatch.setattr("benchmarks.mutants.trial.LIMIT", 15.0)
    tree = repository(tmp_path / "tree", test)
    copy = Copy.of(tree, tmp_path / "copy")
    outcome = copy.test(mutant())
    assert outcome.result == result
    assert bool(outcome.killed_by) == (result == "killed")
    for root in (tree, copy.root):
        assert (root / "helpers/pixelparity/recipes/one.py").read_text(encoding="utf-8") == SOURCE


def test_tests_that_fail_without_a_mutant_are_said(tmp_path: Path) -> None:
    """Tests that are broken already would kill everything: such a mutant is counted on neither side, and they are named."""
    copy = Copy.of(repository(tmp_path / "tree", "assert larger(1, 2) == 1"), tmp_path / "copy")
    outcome = copy.test(mutant())
    assert (outcome.result, outcome.killed_by) == (
        "unclean", "tests/recipes/test_one.py::test_larger fails without any mutant; mend it first",
    )  # fmt: skip
    assert report.rates([outcome])["recipes"]["share"] is None
    assert "fails without any mutant" in report.text([outcome])


def test_a_module_without_tests_is_untested(tmp_path: Path) -> None:
    """No test file, no run: the mutant counts as unnoticed."""
    copy = Copy.of(repository(tmp_path / "tree", "assert True"), tmp_path / "copy")
    (copy.root / "tests/recipes/test_one.py").unlink()
    start = time.perf_counter()
    assert copy.test(mutant(module="helpers/pixelparity/recipes/one.py")).result == "untested"
    assert time.perf_counter() - start < 5


def test_every_module_has_test_files() -> None:
    """The mirror, the imports and the table find test files for each module of every room, the mirror first."""
    modules = [m for m in generate.modules(ROOT) if not m.endswith("__main__.py")]
    assert [m for m in modules if not selection.tests_of(ROOT, m)] == []
    readers = selection.tests_of(ROOT, "helpers/pixelparity/diagnosis/thresholds/fit.py")
    assert "tests/diagnosis/fit/test_fit_values.py" in readers
    found = selection.tests_of(ROOT, "helpers/pixelparity/sources/dali/windows.py")
    assert found[0] == "tests/sources/dali/test_windows.py"
    assert "tests/sources/test_dali_recipe.py" in found
    assert all((ROOT / "tests" / name).is_file() for names in selection.SHARED.values() for name in names)


def test_rates_by_room() -> None:
    """A timeout is noticed, an accepted survivor counts on neither side, an untested one is not noticed."""
    others = {"survived": 2, "killed": 5, "timeout": 1, "untested": 1}
    outcomes = [
        Outcome(mutant=mutant(line=n, text=f"{result} {n}"), result=result, seconds=1.0)
        for result, count in others.items()
        for n in range(count)
    ]
    known = [mutant(text="survived 0").key]
    row = report.rates(outcomes, known)["recipes"]
    assert (row["killed"], row["timeout"], row["survived"], row["accepted"], row["untested"]) == (5, 1, 1, 1, 1)
    assert row["share"] == 6 / 8
    text = report.text(outcomes, known)
    assert "75%" in text
    assert "survived 1" in text
    assert "survived 0" not in text


def test_accepted_survivors_have_reasons_and_places(tmp_path: Path) -> None:
    """Each names a line that is there and says why no test can see it; one without a reason is refused."""
    for module, line, operator in report.accepted():
        assert line in [text.strip() for text in (ROOT / module).read_text(encoding="utf-8").splitlines()]
        assert operator in generate.OPERATORS
    file = tmp_path / "accepted.json"
    file.write_text(json.dumps([{"module": "m", "line": "x", "operator": "o", "reason": " "}]), encoding="utf-8")
    with pytest.raises(InputError, match="no reason"):
        report.accepted(file)


def test_figures_are_written(tmp_path: Path) -> None:
    """The JSON holds the rates and every outcome, and is read back."""
    out = tmp_path / "reports" / "mutants.json"
    outcomes = [Outcome(mutant=mutant(), result="killed", seconds=1.0, killed_by="t")]
    report.write(outcomes, out, seed=3)
    assert report.read(out) == outcomes
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content["rooms"]["recipes"]["share"] == 1.0
    assert content["seed"] == 3
    assert content["outcomes"][0]["mutant"]["operator"] == "ReplaceComparisonOperator_Gt_GtE"
