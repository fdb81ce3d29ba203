"""What was eliminated, and how: the stages that match, the causes that were proposed and did not hold, and what is at fault."""

from __future__ import annotations

from collections.abc import Iterator

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Considered, Diagnosis, StageComparison
from pixelparity.views.flow import Rung
from pixelparity.views.style import in_levels, number, plural


def rungs(diagnosis: Diagnosis) -> tuple[Rung, ...]:
    """Return what was checked: each matched stage, then each proposal that was rejected, with the measurement that says so.

    Stages that only carry on what came before are counted in one rung. A stage at which a cause sits is at fault.
    """
    return (*_stages(diagnosis), *_rejected(diagnosis))


def way(diagnosis: Diagnosis) -> str:
    """Return by which evidence the causes were found, as a sentence; empty where nothing had to be explained."""
    said = diagnosis.trace.way
    return f"The causes were {said}." if said else ""


def _stages(diagnosis: Diagnosis) -> Iterator[Rung]:
    at: dict[str, list[str]] = {}
    for cause in diagnosis.causes:
        at.setdefault(cause.stage, []).append(cause.family)
    carried = []
    for pair in diagnosis.comparison.stages:
        known = {pair.reference.name, pair.deployed.name, pair.reference.step}
        causes = [family for name in known for family in at.pop(name, ())]
        if not pair.diverges:
            yield Rung(name=f"stage {pair.reference.name}", ok=True, detail=_measured(pair))
        elif causes or pair.reference.name == diagnosis.first_divergence:
            named = f"{', '.join(causes)}: " if causes else ""
            yield Rung(name=f"stage {pair.reference.name}", ok=False, detail=f"{named}{_measured(pair)}")
        else:
            carried.append(pair.reference.name)
    for step, found in at.items():
        yield Rung(name=f"step {step}", ok=False, detail=f"one side only, or done otherwise: {', '.join(found)}")
    if carried and diagnosis.verdict == "differs":
        what = "it differs" if len(carried) == 1 else "they differ"
        names = ", ".join(carried)
        detail = f"{what} by what came before: no cause of its own"
        yield Rung(name=f"the rest ({names})", ok=False, detail=detail, verdict="carries it on")


def _measured(pair: StageComparison) -> str:
    if pair.max_abs is None:
        return f"{pair.reference_shape} became {pair.deployed_shape}: other shapes"
    mean = 0.0 if pair.mean_abs is None else pair.mean_abs
    allowed = f"({number(pair.mean_tolerance / pair.level)} passes)"
    return f"at most {in_levels(pair.max_abs / pair.level)} apart, {number(mean / pair.level)} on average {allowed}"


def _rejected(diagnosis: Diagnosis) -> Iterator[Rung]:
    """Return each family that was proposed at a stage and not kept there, once; the first reason speaks for the others."""
    groups: dict[tuple[str, str], list[Considered]] = {}
    kept = {(one.family, one.stage) for one in diagnosis.trace.considered if one.kept}
    for one in diagnosis.trace.considered:
        if (one.family, one.stage) not in kept:
            groups.setdefault((one.family, one.stage), []).append(one)
    for (family, stage), ones in groups.items():
        title = families.of(family).title if family in families.names() else family
        more = f" (and {plural(len(ones) - 1, 'variant')} of it)" if len(ones) > 1 else ""
        yield Rung(name=f"{title} at {stage}", ok=True, detail=f"{family}: {ones[0].reason}{more}")
