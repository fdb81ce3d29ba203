"""Draw mutants: one operator of cosmic-ray applied at one place of one module.

The places are drawn, not the mutants: cosmic-ray offers a dozen changes of one ``+`` and one of a ``not``, and a sample of
mutants would be a sample of pluses.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelparity.errors import MissingLibrary

#: The folders of the package that are mutated.
ROOMS = ("diagnosis", "recipes", "repair", "sources")
PACKAGE = Path("helpers/pixelparity")
#: Changes that a person could make by mistake; a shift in place of a plus ends every test at once and says nothing.
BINARY = {
    "Add": ("Sub",), "Sub": ("Add",), "Mul": ("Div",), "Div": ("Mul", "FloorDiv"), "FloorDiv": ("Div", "Mul"),
    "Mod": ("FloorDiv",), "Pow": ("Mul",), "BitOr": ("BitAnd",), "BitAnd": ("BitOr",),
}  # fmt: skip
COMPARISON = {
    "Eq": ("NotEq",), "NotEq": ("Eq",), "Lt": ("LtE", "GtE"), "LtE": ("Lt", "Gt"), "Gt": ("GtE", "LtE"),
    "GtE": ("Gt", "Lt"), "Is": ("IsNot",), "IsNot": ("Is",),
}  # fmt: skip
OTHER = (
    "ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Not", "AddNot", "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak", "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip
OPERATORS = (
    *(f"ReplaceBinaryOperator_{one}_{other}" for one, others in BINARY.items() for other in others),
    *(f"ReplaceComparisonOperator_{one}_{other}" for one, others in COMPARISON.items() for other in others),
    *OTHER,
)

Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True, order=True)
class Mutant:
    """One change: ``module`` by its path in the repository, ``line`` from 1, the ``occurrence`` of ``operator`` from 0.

    ``text`` is the line of the source that is changed.
    """

    module: str
    line: int
    column: int
    operator: str
    occurrence: int
    text: str

    @property
    def room(self) -> str:
        """Return the folder of the package that the module lies in."""
        return Path(self.module).relative_to(PACKAGE).parts[0]

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what names this mutant whatever stands above it: module, text of the line, operator."""
        return self.module, self.text, self.operator


def modules(root: Path, rooms: Sequence[str] = ROOMS) -> list[str]:
    """Return the modules of some rooms, as paths in the repository at ``root``."""
    found = (path for room in rooms for path in (root / PACKAGE / room).rglob("*.py"))
    return sorted(path.relative_to(root).as_posix() for path in found if "__pycache__" not in path.parts)


def sample(root: Path, count: int, seed: int, rooms: Sequence[str] = ROOMS) -> list[Mutant]:
    """Draw ``count`` places, or all there are, and one mutant of each; the same on every machine for one source and seed."""
    places: dict[tuple[str, int, int], list[Mutant]] = {}
    for module in modules(root, rooms):
        for mutant in mutants(module, (root / module).read_text(encoding="utf-8")):
            places.setdefault((module, mutant.line, mutant.column), []).append(mutant)
    rng = random.Random(seed)  # noqa: S311 - a sample to be drawn again
    drawn = rng.sample(sorted(places), min(count, len(places)))
    return [rng.choice(sorted(places[place])) for place in drawn]


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Iterate over the mutants of a module's source: of what runs, not of annotations and decorators."""
    nodes = list(_library("ast").ast_nodes(_library("ast").get_ast(source)))
    lines = source.splitlines()
    left_out = _left_out(ast.parse(source))
    for operator in OPERATORS:
        spans = [span for node in nodes for span in _operator(operator).mutation_positions(node)]
        for occurrence, (start, _) in enumerate(spans):
            if not any(first <= start < last for first, last in left_out):
                yield Mutant(
                    module=module, line=start[0], column=start[1], operator=operator, occurrence=occurrence,
                    text=lines[start[0] - 1].strip(),
                )  # fmt: skip


def apply(mutant: Mutant, source: str) -> str:
    """Return the module's source with the mutant in it; raise ``ValueError`` where the source holds no such place."""
    made = _library("mutating").mutate_code(source, _operator(mutant.operator), mutant.occurrence)
    if made is None:
        raise ValueError(f"{mutant.module} has no place {mutant.occurrence} for {mutant.operator}")
    return str(made)


def _left_out(tree: ast.Module) -> list[Span]:
    """Return the spans of annotations and decorators: what is only read by a type checker, or style more than behaviour."""
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        found += getattr(node, "decorator_list", [])
        found += [getattr(node, name, None) for name in ("annotation", "returns")]
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0))
        for node in found
        if node is not None
    ]


def _operator(name: str) -> Any:
    return _library("operators.provider").OperatorProvider()[name]()


def _library(part: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"cosmic_ray.{part}")
    except ImportError as error:
        raise MissingLibrary(
            f"mutants are made by cosmic-ray, which is not installed ({error}); pip install cosmic-ray"
        ) from error
