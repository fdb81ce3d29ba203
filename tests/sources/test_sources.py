"""The folder of sources: modules are loaded by name, and nothing else is."""

from __future__ import annotations

import pytest

from pixelparity import sources


@pytest.mark.parametrize("name", ["tensors", "timm", "python"])
def test_a_source_is_loaded_by_its_name(name: str) -> None:
    """The attribute is the module."""
    assert getattr(sources, name).__name__ == f"pixelparity.sources.{name}"


@pytest.mark.parametrize("name", ["nowhere", "_private", "__wrapped__"])
def test_what_is_no_source_is_no_attribute(name: str) -> None:
    """A missing module is said as Python says it, and names with an underscore are never looked for."""
    assert not hasattr(sources, name)
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(sources, name)
