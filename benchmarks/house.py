"""The import graph of a room: its parts, the arrows between them, the floors they stand on, and circles if there are any.

``python -m benchmarks.house [PACKAGE]`` prints it, by default for ``pixelparity.diagnosis``. A part is a folder of the package
or a module beside the folders; an arrow says that one part imports another; a floor is the longest way down to a part that
imports nothing of the package.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class House:
    """The parts of a package with what each imports, and each part's floor; ``circle`` names the parts of one, if any."""

    imports: Mapping[str, frozenset[str]]
    floors: Mapping[str, int]
    circle: tuple[str, ...] = ()

    @property
    def arrows(self) -> int:
        """Return how many pairs of parts import one another."""
        return sum(map(len, self.imports.values()))


def read(package: str) -> House:
    """Read the imports of a package from its source; nothing of it is run but its parents' ``__init__``."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is no package that can be found here")
    root = Path(next(iter(spec.submodule_search_locations)))
    parts = {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} - {
        "__init__",
        "__pycache__",
    }
    found: dict[str, set[str]] = {part: set() for part in parts}
    for file in sorted(root.rglob("*.py")):
        part = file.relative_to(root).parts[0].removesuffix(".py")
        if part != "__init__":
            found[part] |= _parts(file, package, parts) - {part}
    imports = {part: frozenset(names) for part, names in found.items()}
    try:
        order = list(TopologicalSorter(imports).static_order())
    except CycleError as error:
        return House(imports=imports, floors={}, circle=tuple(error.args[1]))
    floors: dict[str, int] = {}
    for part in order:
        floors[part] = 1 + max((floors[below] for below in imports[part]), default=0)
    return House(imports=imports, floors=floors)


def _parts(file: Path, package: str, parts: set[str]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    inner = {name.removeprefix(f"{package}.").split(".")[0] for name in names if name.startswith(f"{package}.")}
    return inner & parts


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the house, the highest floor first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.house", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", nargs="?", default="pixelparity.diagnosis")
    house = read(parser.parse_args(arguments).package)
    for floor in sorted(set(house.floors.values()), reverse=True):
        for part in sorted(name for name, level in house.floors.items() if level == floor):
            print(f"{floor:3d}  {part:<16} {' '.join(sorted(house.imports[part]))}")
    circle = f"a circle: {' -> '.join(house.circle)}" if house.circle else "no circle"
    print(
        f"{len(house.imports)} parts, {house.arrows} arrows, {max(house.floors.values(), default=0)} floors, {circle}"
    )


if __name__ == "__main__":
    main()
