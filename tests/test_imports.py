"""The import table of the house: who may import whom, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPES = {"pixelparity.recipes"}
WORDS = {
    f"pixelparity.{word}"
    for word in (
        "archive",
        "errors",
        "extras",
        "fields",
        "files",
        "literals",
        "model_config",
        "stages",
        "pictures",
        "progress",
        "readings",
        "scratch",
        "terminal",
    )
}
#: What the modules of a room may import of ours; a room's own modules come on top, except in ``sources``.
ROOMS = {
    "recipes": WORDS,
    "sources": WORDS | RECIPES,
    "diagnosis": WORDS | RECIPES,
    "deploy": WORDS | RECIPES,
    "repair": WORDS | RECIPES | {"pixelparity.diagnosis.results", "pixelparity.diagnosis.families"},
    "views": WORDS | RECIPES | {"pixelparity.diagnosis"},
}
#: Modules that tie rooms together.
TIES = {
    "pixelparity", "pixelparity.__main__", "pixelparity.cli", "pixelparity.demo", "pixelparity.gate", "pixelparity.kept",
    "pixelparity.sides", "pixelparity.tools", "pixelparity.workbook",
}  # fmt: skip
#: What sources share: the table of them, what holds of any live server or model, and of Python as text.
SHARED = {"front", "protocol", "python_text", "served"}
HEAVY = ("torch", "mmpretrain", "nvidia", "tritonclient", "onnxruntime", "matplotlib", "ipywidgets", "cv2", "PIL")


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT / "helpers").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(file): file for file in sorted((ROOT / "helpers").rglob("*.py"))}


def _imports(name: str) -> set[str]:
    """Return the modules that a module imports anywhere, also inside functions."""
    file = MODULES[name]
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return found


def _ours(name: str) -> set[str]:
    return {module for module in _imports(name) if module.split(".")[0] == "pixelparity"}


def _inside(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def test_words_import_words_only() -> None:
    """The words import nothing of ours but each other."""
    for name in WORDS:
        assert _ours(name) <= WORDS, name


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_what_they_may(room: str) -> None:
    """Each room imports the words, itself, and what the table allows."""
    for name in MODULES:
        if not _inside(name, f"pixelparity.{room}"):
            continue
        for module in _ours(name):
            own = module == f"pixelparity.{room}" or module.startswith(f"pixelparity.{room}.")
            allowed = any(module == known or module.startswith(f"{known}.") for known in ROOMS[room])
            assert own or allowed, f"{name} imports {module}"


def test_no_source_imports_another() -> None:
    """One file of sources never imports another, so any of them may be deleted; what is shared imports none of them."""
    for name in MODULES:
        source = _source(name)
        others = {_source(module) for module in _ours(name)} - {source, None}
        assert not _inside(name, "pixelparity.sources") or not others, f"{name} imports {sorted(filter(None, others))}"


def _source(module: str) -> str | None:
    """Return which source a module belongs to; a source may be a file or a folder of files."""
    parts = module.split(".")
    found = parts[2] if parts[:2] == ["pixelparity", "sources"] and len(parts) > 2 else None
    return None if found in SHARED else found


def test_every_module_has_its_place() -> None:
    """Every module is a word, belongs to a room, or ties rooms together."""
    for name in MODULES:
        room = name.split(".")[1] if "." in name else ""
        tie = any(name == known or name.startswith(f"{known}.") for known in TIES - {"pixelparity"})
        assert name in WORDS | {"pixelparity"} or tie or room in ROOMS, name


def test_diagnosis_needs_numpy_only() -> None:
    """The diagnosis imports nothing but numpy and the standard library."""
    for name in MODULES:
        if name.startswith("pixelparity.diagnosis"):
            outside = (
                {m.split(".")[0] for m in _imports(name)} - set(sys.stdlib_module_names) - {"numpy", "pixelparity"}
            )
            assert not outside, f"{name} imports {sorted(outside)}"


def test_compute_never_draws() -> None:
    """No room but the views imports a drawing library."""
    for name in MODULES:
        if name in WORDS or name.startswith(tuple(f"pixelparity.{room}" for room in ROOMS if room != "views")):
            assert not {"matplotlib", "ipywidgets"} & {m.split(".")[0] for m in _imports(name)}, name


@pytest.mark.parametrize("room", ["recipes", "sources", "diagnosis", "repair", "deploy"])
def test_importing_a_room_is_light(room: str) -> None:
    """Importing a room loads none of the heavy libraries, and neither does any word."""
    rooms = f"pixelparity.{room}, pixelparity.stages, pixelparity.pictures, pixelparity.recipes"
    code = f"import sys, {rooms}; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "helpers", capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert not loaded & set(HEAVY)
