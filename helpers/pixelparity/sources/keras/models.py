"""The preprocessing layers with which a Keras model begins, from its config."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, OBJECTS, within
from pixelparity.recipes import Cast, Crop, Decode, Resize, Step, with_defaults
from pixelparity.sources.keras.layers import centre_crop, normalization, rescaling, resizing
from pixelparity.sources.protocol import WAY_ON

READERS: Mapping[str, Callable[[Mapping[str, Any], str], tuple[Step, ...]]] = {
    "Resizing": resizing, "Rescaling": rescaling, "Normalization": normalization, "CenterCrop": centre_crop,
}  # fmt: skip
_MODELS = ("Sequential", "Functional", "Model")
_FED = "the caller; how pictures are read is not in a model's config, and RGB is taken for their order"


def steps(content: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the steps of the layers before the network; raise where the model does not begin with any."""
    found: list[Step] = [with_defaults(Decode(library="client", channels="RGB", origin=_FED), frozenset())]
    found.append(with_defaults(Cast(dtype="float32", origin="Keras"), frozenset()))
    begun = len(found)
    for name, settings, origin in _layers(content, ""):
        if name == "InputLayer" or name.startswith("Random"):  # what is random is passed over outside of training
            continue
        if name not in READERS:
            break
        with within(origin):
            found += READERS[name](settings, origin)
        if isinstance(found[-1], Crop) and not _covered(found):
            raise UnsupportedStep(f"{origin} enlarges smaller pictures, and how large they come is not known; {WAY_ON}")
    if len(found) == begun:
        raise UnsupportedStep(
            f"the model begins with none of {', '.join(READERS)}; what it is fed is not known; {WAY_ON}"
        )
    return tuple(found)


def _covered(found: list[Step]) -> bool:
    """Tell whether the last step, a window, lies inside of what a resize before it made."""
    window = found[-1]
    before = next((step for step in reversed(found[:-1]) if isinstance(step, Resize)), None)
    assert isinstance(window, Crop)
    return (
        before is not None
        and (before.height or 0) >= (window.height or 0)
        and (before.width or 0) >= (window.width or 0)
    )


def _layers(content: Mapping[str, Any], before: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield the layers in a row from the input on, models inside opened: class, settings, and where it stands."""
    name = content.get("class_name")
    if name not in _MODELS:
        raise InputError("it is no config of a Keras model: it has no class_name Sequential or Functional")
    config = content.get("config")
    listed = config.get("layers") if isinstance(config, Mapping) else config
    entries = OBJECTS(listed or [], f"{before}layers")
    for position, entry in enumerate(entries):
        kind = entry.get("class_name")
        origin = f"{before}layers[{position}] {kind}"
        if name != "Sequential" and not _follows(entries, position):
            raise UnsupportedStep(f"{origin} is not the only one that follows the layer before it; {WAY_ON}")
        if kind in _MODELS:
            yield from _layers(entry, f"{before}layers[{position}].")
            continue
        yield str(kind), MAPPING(entry.get("config") or {}, f"{origin}: config"), origin


def _follows(entries: tuple[Mapping[str, Any], ...], position: int) -> bool:
    """Tell whether a layer's one input is the layer before it in the list, which no other layer takes."""
    if position == 0:
        return entries[0].get("class_name") == "InputLayer" or not entries[0].get("inbound_nodes")
    before = entries[position - 1].get("name") or MAPPING(entries[position - 1].get("config") or {}, "config").get(
        "name"
    )
    takers = [number for number, entry in enumerate(entries) if before in _sources(entry.get("inbound_nodes"))]
    return takers == [position] and _sources(entries[position].get("inbound_nodes")) == {before}


def _sources(nodes: Any) -> set[str]:
    """Return the names of the layers whose outputs a layer takes, in the forms of Keras 2 and 3."""
    found: set[str] = set()
    if isinstance(nodes, Mapping):
        history = nodes.get("keras_history")
        inside = [history[:1]] if isinstance(history, list) else list(nodes.values())
        return found.union(*(_sources(one) for one in inside)) if inside else found
    if isinstance(nodes, list):
        if nodes and isinstance(nodes[0], str):
            return {nodes[0]}
        return found.union(*(_sources(one) for one in nodes)) if nodes else found
    return found
