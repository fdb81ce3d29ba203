"""The words that sum a result up: for a manager in five lines, for a page in a headline and a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixelparity.diagnosis.results import Diagnosis
from pixelparity.views.flow import Rung
from pixelparity.views.postmortem.facts import shown
from pixelparity.views.style import in_levels, number, percent, plural, sentence


@dataclass(frozen=True, kw_only=True)
class Event:
    """A point of the timeline: ``when`` as a person writes it, and ``what`` happened."""

    when: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the summary: its first words, and the rest."""

    head: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A number that stands out, with what it counts. ``kind`` is good, bad or empty."""

    value: str
    label: str
    kind: str = ""


def title(result: Mapping[str, Any], diagnosis: Diagnosis) -> str:
    """Return the incident as a headline."""
    if result.get("as_shipped", {}).get("constant"):
        return "The served model gave every picture the same answer"
    return verdict(diagnosis)


def verdict(diagnosis: Diagnosis) -> str:
    """Return the verdict as a headline."""
    if diagnosis.verdict == "match":
        return "Both sides preprocess alike"
    if diagnosis.verdict == "not_comparable":
        return "The two sides cannot be compared"
    count = len(diagnosis.causes)
    return "The two sides differ" + (f" in {plural(count, 'way')}" if count else ", and no cause was found")


def lines(result: Mapping[str, Any], diagnosis: Diagnosis, ladder: Sequence[Rung]) -> list[Line]:
    """Return an incident in five lines: what happened, why, how it was found, what was done, what is left."""
    cleared = [rung.name for rung in ladder if rung.ok]
    faults = [rung.name for rung in ladder if not rung.ok]
    found = f"{'; '.join(cleared) or 'Nothing'}: cleared by measurement. At fault: {', '.join(faults) or 'nothing'}."
    causes = " ".join(sentence(cause.text) for cause in diagnosis.causes) or "No cause could be named."
    return [
        Line(head="What happened.", text=impact(result)),
        Line(head="Why.", text=causes),
        Line(head="How it was found.", text=found[:1].upper() + found[1:]),
        Line(head="What was done.", text=mended(result)),
        Line(head="What is left.", text=left(result)),
    ]


def findings(diagnosis: Diagnosis) -> list[Line]:
    """Return a diagnosis in a few lines: the verdict, where it starts, each cause, and what is left."""
    said = [Line(head="Verdict.", text=f"{verdict(diagnosis)}.")]
    if diagnosis.first_divergence:
        said.append(Line(head="First difference.", text=f"At the stage {diagnosis.first_divergence}."))
    said += [Line(head=f"{cause.family}.", text=sentence(cause.text)) for cause in diagnosis.causes]
    return [*said, Line(head="What is left.", text=left_over(diagnosis))]


def left_over(diagnosis: Diagnosis) -> str:
    """Return what no named cause explains, in levels where the diagnosis says what a level is."""
    largest = float(diagnosis.unexplained.get("max", 0.0))
    if largest == 0.0:
        return "Nothing."
    level = float(diagnosis.tolerance.get("level", 0.0))
    size = in_levels(largest / level) if level else number(largest)
    mean = float(diagnosis.unexplained.get("mean", 0.0))
    average = number(mean / level if level else mean)
    noise = largest <= float(diagnosis.tolerance.get("max", 0.0)) or _is_noise(diagnosis, mean)
    text = f"At most {size}, {average} on average"
    return f"{text}: the noise that equal preprocessing of two libraries has." if noise else f"{text}, unexplained."


def _is_noise(diagnosis: Diagnosis, mean: float) -> bool:
    """Tell whether what is left passes as the verdict does: by its mean, a few values beyond the tolerance aside."""
    allowed = float(diagnosis.tolerance.get("mean", 0.0))
    return mean <= allowed and not any(cause.family == "unexplained" for cause in diagnosis.causes)


def impact(result: Mapping[str, Any]) -> str:
    """Return in one sentence what the fault did to the answers."""
    shipped = result.get("as_shipped", {})
    if "agreement" not in shipped:
        return "The effect on the model's answers was not measured."
    wrong = f"{share({**shipped, 'agreement': 1 - shipped['agreement']})} did not get the reference's class"
    if not shipped.get("constant"):
        return f"{wrong}."
    one = f" ({shipped['class']})" if shipped.get("class") else ""
    count = f"all {shipped['images']} pictures" if "images" in shipped else "every picture"
    return f"The served model gave {count} the same class{one}, with full confidence; {wrong}."


def share(values: Mapping[str, Any], what: str = "agreement") -> str:
    """Return a share of the pictures that were asked as a count, ``71 of 72``; in percent where nobody counted them."""
    if "images" not in values:
        return f"{percent(values[what])} of the pictures"
    return f"{round(values[what] * values['images'])} of {values['images']} pictures"


def cost(result: Mapping[str, Any]) -> str:
    """Return the impact in a few more sentences than the summary has room for."""
    said = [impact(result)]
    shipped, trained = result.get("as_shipped", {}), result.get("reference_answers", {})
    if "accuracy" in shipped:
        right = f"The right class was given to {share(shipped, 'accuracy')}"
        said.append(f"{right}; the reference gives it to {share(trained, 'accuracy')}." if trained else f"{right}.")
    if shipped.get("constant"):
        said.append(
            "No threshold on the confidence would have caught it: every wrong answer was as certain as a right one."
        )
    return " ".join(said)


def mended(result: Mapping[str, Any]) -> str:
    """Return what became of the answers when the mend was served."""
    shipped, fixed = result.get("as_shipped", {}), result.get("fixed", {})
    if "agreement" not in fixed:
        return "No mend was verified."
    before = f" (as shipped: {share(shipped)})" if "agreement" in shipped else ""
    text = f"The pipeline was mended and served again: {share(fixed)} get the reference's class{before}"
    if fixed.get("flipped"):
        text += f"; another class: {', '.join(fixed['flipped'])}"
    if "accuracy" in fixed:
        text += f"; the right class: {share(fixed, 'accuracy')}"
        trained = result.get("reference_answers", {})
        text += f" (the reference: {share(trained, 'accuracy')})" if "accuracy" in trained else ""
    return f"{text}."


_LEAVING = {
    "fixed": "the mended pipeline's input",
    "parity": "that of the parity pipeline, which also resizes and pads as the training does,",
}


def left(result: Mapping[str, Any], variants: Sequence[str] = ("fixed", "parity")) -> str:
    """Return what each of these variants leaves of the difference, in levels and in a probability."""
    said = []
    for name in variants:
        values, what = result.get(name, {}), _LEAVING[name]
        if "max_abs_level_diff" not in values:
            continue
        text = f"{what} still differs from the training's by up to {in_levels(values['max_abs_level_diff'])}"
        if "mean_abs_level_diff" in values:
            text += f" ({number(values['mean_abs_level_diff'])} on average)"
        if "level_images" in values:
            text += f" on {values['level_images']} pictures"
        if "max_abs_probability_diff" in values:
            text += f", a probability by up to {number(values['max_abs_probability_diff'])}"
            text += f" on {values['images']}" if "images" in values else ""
        said.append(text)
    return sentence("; ".join(said)) if said else "What the mend leaves was not measured."


def tiles(result: Mapping[str, Any]) -> list[Tile]:
    """Return the numbers that stand out."""
    found = []
    for name, kind in (("as_shipped", "bad"), ("fixed", "good")):
        values = result.get(name, {})
        if "agreement" in values:
            good = "good" if values["agreement"] == 1 else "bad"
            count, _, of = share(values).partition(" of ")
            label = f"of {of} get the reference's class, {name.replace('_', ' ')}"
            found.append(Tile(value=count, label=label, kind=good if kind == "good" else kind))
    for name in ("fixed", "parity"):
        values = result.get(name, {})
        if "max_abs_level_diff" in values:
            label = f"levels: largest difference of the model's input, {name}"
            found.append(Tile(value=number(values["max_abs_level_diff"]), label=label))
    return found


def steps(result: Mapping[str, Any], diagnosis: Diagnosis, ladder: Sequence[Rung]) -> list[Event]:
    """Return the timeline that the run itself knows: what was checked, what was named, what was mended.

    Each has the time at which the run first recorded it, where ``result`` knows ``times``, else its number.
    """
    times, said = result.get("times", {}), []
    for rung in ladder:
        detail = f" ({rung.detail})" if rung.detail else ""
        said.append((f"{rung.name}: {'cleared' if rung.ok else 'at fault'}{detail}.", "causes"))
    named = ", ".join(cause.family for cause in diagnosis.causes) or "no cause"
    said.append((f"Both sides compared stage by stage; named: {named}.", "causes"))
    if "fixed" in result:
        said.append((mended(result), "fixed"))
    return [Event(when=_when(times.get(section), number), what=what) for number, (what, section) in enumerate(said, 1)]


def _when(time: str | None, number: int) -> str:
    return f"step {number}" if time is None else shown(datetime.fromisoformat(time))
