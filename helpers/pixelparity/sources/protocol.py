"""The table of sources: what each takes, what is executed of it and what only parsed, and the functions that read it.

Each outside format is one file or folder of this package, called as its kind (``_`` for its ``-``), and registers itself
there. The command line, its help, the messages about sides and docs/sides.md read this table and nothing beside it. A source is
imported when it is asked for, and imports its heavy library inside the functions that need it.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pixelparity import sources
from pixelparity.errors import InputError
from pixelparity.recipes import Recipe
from pixelparity.sources.served.client import Target
from pixelparity.sources.served.graph import Graph
from pixelparity.stages import Capture

Images = Mapping[str, Path]
#: Modules of this package that are no sources: what sources share.
SHARED = ("front", "protocol", "python_text", "served")
#: Options of a served side that are not its source's own: a trace to read in place of asking, a local copy of a step.
OF_SERVED = ("trace", "local")
#: How a side comes in that a source knows the form of, but not all that it says.
WAY_ON = "capture what runs it: python:FILE.py:FUNCTION, or tensors:FILE.npz"
#: How a format comes in that no source reads.
ANY_OTHER = (
    "a format without a reader comes in as python:FILE.py:FUNCTION, your function run on each picture, "
    "or as tensors:FILE.npz, tensors that you saved"
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way to write a side: the text as it stands in messages, what it names, an example, and what is done with that.

    ``executes`` tells whether code of a file that is named runs on this machine (what is not executed is parsed as data);
    ``handling`` goes on from there in a sentence. ``fits`` tells whether a target is written in this way; the one form of a
    kind without it is that of every other target.
    """

    text: str
    takes: str
    example: str
    executes: bool
    handling: str
    fits: Callable[[str], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a source of live servers declares beside its capture.

    ``access`` names the options with which a server is reached. ``parse_target`` reads what stands behind the kind,
    ``describe_graph`` takes that text and the access options, ``capture_trace`` a trace file, the pictures and the name of the
    model. ``local_copy`` is the kind of side that reads the file of a served step.
    """

    access: tuple[str, ...]
    parse_target: Callable[[str], Target]
    describe_graph: Callable[..., Graph]
    capture_trace: Callable[..., Capture]
    local_copy: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """One outside format.

    ``forms`` are the ways in which a side of this kind is written, the commonest first. ``recipe`` reads the side's recipe
    without running it; it takes the target, and those of ``recipe_options`` that are given. ``capture`` takes the target, the
    pictures by name, and those of ``options`` that are given. Sides that hold their tensors do without pictures:
    ``needs_images`` is false. ``listing`` describes a target's own content, and
    returns ``''`` where there is nothing to add to the recipe. ``read_files`` names the files that a target's recipe is read
    from where that is all it depends on beside the installed ``libraries``, and returns ``None`` where it may depend on more:
    a recipe of the former kind is kept (:mod:`pixelparity.kept`).
    """

    kind: str
    forms: tuple[Form, ...]
    recipe: Callable[..., Recipe] | None = None
    capture: Callable[..., Capture] | None = None
    options: tuple[str, ...] = ()
    recipe_options: tuple[str, ...] = ()
    needs_images: bool = True
    listing: Callable[[str], str] | None = None
    served: Served | None = None
    read_files: Callable[[str], tuple[Path, ...] | None] | None = None
    libraries: tuple[str, ...] = ()

    def form(self, target: str) -> Form:
        """Return the form in which a target is written."""
        fitting = (form for form in self.forms if form.fits is not None and form.fits(target))
        return next(fitting, next(form for form in self.forms if form.fits is None))

    @property
    def gives(self) -> str:
        """Return what a side of this kind gives: a recipe, captures, or both."""
        return " and ".join(
            word for word, made in (("recipe", self.recipe), ("capture", self.capture)) if made is not None
        )

    @property
    def known_options(self) -> tuple[str, ...]:
        """Return the names of all options that a side of this kind understands."""
        return (*self.options, *(OF_SERVED if self.served is not None else ()))


_TABLE: dict[str, Source] = {}


def register(source: Source) -> None:
    """Enter a source into the table; raise ``ValueError`` for a kind that is taken."""
    if source.kind in _TABLE:
        raise ValueError(f"the source {source.kind!r} is registered already: a kind has one home")
    _TABLE[source.kind] = source


@cache
def kinds() -> tuple[str, ...]:
    """Return every kind of side, in alphabetical order, without importing a source."""
    found = (module.name for module in pkgutil.iter_modules(sources.__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_") and name not in SHARED))


def of(kind: str) -> Source:
    """Return the source of a kind; raise ``KeyError`` for one that is not in the table."""
    if kind not in kinds():
        raise KeyError(kind)
    importlib.import_module(f"{sources.__name__}.{kind.replace('-', '_')}")
    return _TABLE[kind]


def every() -> tuple[Source, ...]:
    """Return all sources, in alphabetical order of their kinds."""
    return tuple(of(kind) for kind in kinds())


def split(text: str) -> tuple[Source, str]:
    """Return the source and the target that a side's text names; raise ``InputError`` that says what to write instead."""
    kind, colon, target = text.partition(":")
    if colon and target and kind in kinds():
        return of(kind), target
    near = difflib.get_close_matches(kind.lower(), kinds(), n=1, cutoff=0.7) if colon and kind not in kinds() else []
    if near:
        raise InputError(
            f"{text!r} is not a side; did you mean {near[0]}:{target or '...'}? `pixelparity sides` lists every kind"
        )
    forms = "; ".join(" or ".join(form.text for form in source.forms) for source in every())
    raise InputError(f"{text!r} is not a side; write one of: {forms}; {ANY_OTHER}")


def refuse_code(source: Source, target: str) -> None:
    """Raise ``InputError`` for a target whose reading or running executes code of a file that it names."""
    form = source.form(target)
    if form.executes:
        raise InputError(
            f"{source.kind}:{target} runs code ({form.handling}), which --no-code refuses; leave --no-code out for files that "
            "you would run yourself, or give what the side made, as capture: or tensors:"
        )


def served_forms() -> str:
    """Return how a served side is written, of every serving system that there is a source for."""
    return " or ".join(form.text for source in every() if source.served is not None for form in source.forms)
