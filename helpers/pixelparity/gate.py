"""A gate for tests: the pytest fixture ``assert_parity`` fails when a deployment does not prepare pictures as training did.

pytest loads this module in every run of an environment that has the package, so it imports nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pixelparity.diagnosis import Diagnosis

Images = Mapping[str, Path] | Iterable[str | Path] | str | Path | None


@pytest.fixture(scope="session")
def assert_parity() -> Callable[..., Diagnosis]:
    """Give the function that compares two sides and raises ``AssertionError`` with the diagnosis where they differ."""
    return parity


def parity(
    reference: str, deployed: str, images: Images = None, *, allow: Iterable[str] = (), **options: Any
) -> Diagnosis:
    """Diagnose two sides and return the diagnosis; raise ``AssertionError`` with its text unless they match.

    ``reference`` and ``deployed`` are SIDEs as the command line takes them, ``images`` files or folders, or files by name;
    none for sides that hold their tensors. ``allow`` are families that may differ; ``unexplained`` among them lets pass
    what no family explains. ``options`` are those of the sides (``feed``, ``timeout``, ...). What cannot be compared raises
    ``SkewError``: that is neither a pass nor a failure of the deployment.
    """
    __tracebackhide__ = True
    from pixelparity import diagnosis, pictures, tools

    allowed = _checked(allow)
    given = [images] if isinstance(images, str | Path) else images
    found_images = given if given is None or isinstance(given, Mapping) else pictures.find(given)
    found = tools.diagnose(reference, deployed, found_images, **options)
    if not is_allowed(found, allowed):
        raise AssertionError(f"{diagnosis.describe(found)}\nAllowed: {', '.join(sorted(allowed)) or 'nothing'}.")
    return found


def is_allowed(found: Diagnosis, allowed: frozenset[str]) -> bool:
    """Tell whether a diagnosis is a match, or differs by nothing but the allowed families."""
    if found.verdict != "differs":
        return found.verdict == "match"
    if any(cause.family not in allowed for cause in found.causes):
        return False
    # What is left when every allowed cause is undone has to be noise, or be allowed as well.
    return "unexplained" in allowed or (bool(found.causes) and found.unexplained["mean"] <= found.tolerance["mean"])


def _checked(allow: Iterable[str]) -> frozenset[str]:
    from pixelparity.diagnosis import FAMILIES
    from pixelparity.errors import InputError

    allowed = frozenset([allow] if isinstance(allow, str) else allow)
    unknown = sorted(allowed - set(FAMILIES))
    if unknown:
        raise InputError(f"{unknown[0]!r} is no family that could be allowed; use some of {', '.join(FAMILIES)}")
    return allowed
