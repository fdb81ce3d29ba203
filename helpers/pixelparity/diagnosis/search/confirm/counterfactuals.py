"""Deployed tensors as they would be with some of the causes mended: what an explorer shows and what a model is asked about.

Nothing is taken from the reference's tensors but what a mend says: its kernel, its size, its constants. A stage that lies
before everything that is mended is as it was captured; what follows is made again from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.measure.matching import from_hwc
from pixelparity.diagnosis.measure.stage_pairs import Segment
from pixelparity.diagnosis.model import layouts
from pixelparity.diagnosis.model.side_model import SideModel, quantised_output, simulate
from pixelparity.diagnosis.results import Cause
from pixelparity.diagnosis.search.finals import inverse
from pixelparity.diagnosis.search.finals.pairing import unscrambled
from pixelparity.diagnosis.search.finals.undoing import FinalsState
from pixelparity.diagnosis.search.staged import simulation
from pixelparity.diagnosis.search.staged.explanation import Explanation, StageFinding
from pixelparity.errors import InputError
from pixelparity.stages import Capture, Stage, Tensor

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Mends:
    """What mends each cause of a diagnosis, alone or together with others.

    ``causes`` are those that can be mended: all but what happens to outputs and between inputs. ``images`` are the pictures
    that the diagnosis was made on. ``rebuild`` takes the places of causes in ``causes`` and an image, and returns tensors by
    the name of the deployed stage, in that stage's layout.
    """

    causes: tuple[Cause, ...]
    images: tuple[str, ...]
    rebuild: Callable[[frozenset[int], str], Mapping[str, Tensor]]

    def tensors(self, causes: Collection[Cause], image: str) -> Mapping[str, Tensor]:
        """Return the deployed tensors of one picture with these causes mended and no other, by stage name.

        A stage is left out where nothing tells what the mends make of it: between two stages that both sides have. A diagnosis
        without a cause to mend gives none. Raises
        ``InputError`` for a picture or a cause that the diagnosis does not know.
        """
        if image not in self.images:
            raise InputError(f"no picture {image!r} was diagnosed; diagnose it with the others to see it mended")
        places = frozenset(n for n, known in enumerate(self.causes) if any(known is one for one in causes))
        if not all(any(known is one for known in self.causes) for one in causes):
            raise InputError("a cause is not one of this diagnosis; take it from the mends' own causes")
        return self.rebuild(places, image)


class Rebuilt(Protocol):
    """Makes deployed tensors again, by stage name, with the findings of these numbers mended; images are numbered too."""

    def tensors(self, mended: Collection[int], image: int) -> Mapping[str, Tensor]:
        """Return the deployed tensors of one image with these findings mended."""
        ...


@dataclass(frozen=True, kw_only=True)
class Undo:
    """Mends one cause: a function from image number to the deployed final tensor with only this cause mended."""

    of: Rebuilt
    number: int
    stage: str

    def __call__(self, image: int) -> Tensor:
        """Return the deployed final tensor of one image with only this cause mended."""
        return self.of.tensors([self.number], image)[self.stage]


def gather(causes: Sequence[Cause], undos: Sequence[Undo], images: tuple[str, ...]) -> Mends:
    """Return the mends of a diagnosis. ``undos`` belong to the first of the causes; the others have none."""
    known, numbers = tuple(causes[: len(undos)]), [undo.number for undo in undos]
    places = {image: place for place, image in enumerate(images)}

    def rebuild(chosen: frozenset[int], image: str) -> Mapping[str, Tensor]:
        return undos[0].of.tensors([numbers[n] for n in chosen], places[image]) if undos else {}

    return Mends(causes=known, images=images, rebuild=rebuild)


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Tensors of all matched stages, made again by the deployed side's own chains with some findings mended."""

    story: Explanation
    parts: tuple[Segment, ...]
    deployed: Capture
    images: tuple[str, ...]

    def undo(self, at: StageFinding) -> Undo:
        """Return what mends one finding of the story."""
        number = next(n for n, one in enumerate(self.story.located) if one is at)
        return Undo(of=self, number=number, stage=self.deployed.final.name)

    def tensors(self, mended: Collection[int], image: int) -> Mapping[str, Tensor]:
        """Return the tensors by stage name; those before the first mended segment are the captured ones."""
        story, name = self.story, self.images[image]
        captured = {stage.name: self.deployed.tensors[stage.name][name] for stage in self.deployed.stages}
        keep = [n for n in range(len(story.located)) if n not in mended]
        chains = simulation.mended_chains(story, keep, image)
        first = self._first(chains, mended, image)
        if first is None or not mended:
            return captured
        out = self._begin(first, chains[0], keep, image)
        before = self._before(max(first, 1))
        shown = {stage.name: captured[stage.name] for stage in before}
        if first == 0 and before:  # the stage that both sides start from
            shown[before[-1].name] = _like(out, before[-1], captured[before[-1].name])
        for number in range(max(first, 1), len(chains)):
            end = self.parts[number - 1].deployed[-1]
            out = simulation.run(chains[number], out, image)
            shown[end.name] = _like(out, end, captured[end.name])
        return shown

    def _first(self, chains: Sequence[SideModel], mended: Collection[int], image: int) -> int | None:
        """Return the first segment in which mends change what becomes of an image; none if they change nothing."""
        findings = [self.story.located[n].finding for n in mended]
        if any(one.content and (not one.images or image in one.images) for one in findings):
            return 0
        both = enumerate(zip(chains, self.story.deployed_chains, strict=True))
        return next((n for n, (one, other) in both if not _alike(one, other, image)), None)

    def _begin(self, first: int, chain: SideModel, keep: Sequence[int], image: int) -> Array:
        """Return the HWC tensor that the first mended segment starts from, as captured where the picture is not mended."""
        if first == 0:
            return simulation.start(self.story, chain, keep, image)
        return self.parts[first - 1].sources[1][image]

    def _before(self, segment: int) -> tuple[Stage, ...]:
        """Return the deployed stages that lie before a segment (1 is the first)."""
        names = [stage.name for stage in self.deployed.stages]
        return self.deployed.stages[: names.index(self.parts[segment - 1].deployed[0].name)]


@dataclass(frozen=True, kw_only=True)
class Finals:
    """The final tensor, made again from what the deployed one holds, where stages or pictures do not explain it.

    What the deployed tensor does not show any more (a strip that was cropped away) stays empty.
    """

    known: FinalsState
    stage: Stage

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings in the order of their numbers."""
        return (*self.known.chained, *(finding for finding, _ in self.known.restored))

    def undo(self, finding: Finding) -> Undo:
        """Return what mends one of the findings."""
        number = next(n for n, one in enumerate(self.findings) if one is finding)
        return Undo(of=self, number=number, stage=self.stage.name)

    def tensors(self, mended: Collection[int], image: int) -> Mapping[str, Tensor]:
        """Return the final tensor by its stage's name."""
        pairing, deployed_chain, chosen = (
            self.known.pairing,
            self.known.pairing.deployed_chain,
            [self.findings[n] for n in mended],
        )
        chain = deployed_chain
        for finding in self.known.chained:
            chain = finding.mend(chain) if any(finding is one for one in chosen) else chain
        steps = [step for finding, step in self.known.restored if any(finding is one for one in chosen)]
        captured = pairing.deployed[image]
        if not chosen:
            out = captured
        elif not steps and (again := _recoloured(chain, deployed_chain, captured, image)) is not None:
            out = again
        else:
            level = pairing.base.invert().apply(inverse.undo(pairing, deployed_chain, image)[0])
            for step in steps:
                level = step(level, image)
            top, left, bottom, right = pairing.reference_chain.placements[image].box
            out = simulate(chain, level[top:bottom, left:right], image)
            out = layouts.make(chain.layout_error, out) if chain.layout_error else out
        return {self.stage.name: from_hwc(out, self.stage.layout)}


def _alike(one: SideModel, other: SideModel, image: int) -> bool:
    """Say whether two chains do the same to an image: a mend leaves all else of a chain as it is, the very objects."""
    names = [field.name for field in fields(SideModel) if field.name not in ("placements", "known", "shapes")]
    same = all(getattr(one, name) is getattr(other, name) for name in names)
    return same and one.placements[image] == other.placements[image]


def _recoloured(chain: SideModel, deployed_chain: SideModel, tensor: Array, image: int) -> Array | None:
    """Return a deployed tensor with other values where its place stays: exact, for nothing is resampled to and fro."""
    places = [frame.placements[image] for frame in (chain, deployed_chain)]
    undoable = deployed_chain.curve is None or deployed_chain.curve.undoable
    lossless = undoable and not (deployed_chain.bytes_as_int8 or deployed_chain.clip or deployed_chain.rounds_output)
    if places[0] != places[1] or not lossless or deployed_chain.value_map(image).matrix.shape[0] != tensor.shape[2]:
        return None
    straight = unscrambled(deployed_chain, tensor)
    level = deployed_chain.value_map(image).invert().apply(straight)
    level = level if deployed_chain.curve is None else deployed_chain.curve.undo(level)
    level = level if chain.curve is None else chain.curve.apply(level)
    made = quantised_output(chain, chain.value_map(image).apply(level))
    if chain.fill is not None and deployed_chain.fill is not None:
        made[_border(places[0].box, straight, deployed_chain.fill)] = chain.fill
    return layouts.make(chain.layout_error, made) if chain.layout_error else made


def _border(box: tuple[int, int, int, int], tensor: Array, fill: Sequence[float]) -> NDArray[np.bool_]:
    """Return the mask of what lies outside of the content and has the border's colour."""
    outside = np.ones(tensor.shape[:2], bool)
    outside[box[0] : box[2], box[1] : box[3]] = False
    near = np.isclose(tensor, np.asarray(fill, np.float32), rtol=1e-3, atol=1e-4 * float(np.ptp(tensor))).all(2)
    alike: NDArray[np.bool_] = outside & near
    return alike


def _like(tensor: Array, stage: Stage, captured: Tensor) -> Tensor:
    """Return an HWC tensor in a stage's layout, and in the captured one's whole numbers where it holds no others."""
    out = from_hwc(tensor, stage.layout)
    whole = np.issubdtype(captured.dtype, np.integer) and np.array_equal(out, np.rint(out))
    if not whole:
        return out
    # Bytes that were read as signed do not hold what they are once that is mended.
    kind = np.iinfo(captured.dtype)
    return out.astype(captured.dtype) if kind.min <= out.min() and out.max() <= kind.max else out
