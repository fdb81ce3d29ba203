"""The sentences, numbers and tables that a postmortem is made of where nobody writes them by hand."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pixelparity.diagnosis.results import Diagnosis
from pixelparity.views.postmortem.content import Cost, Mend, Postmortem
from pixelparity.views.postmortem.facts import Facts, Moment, shown
from pixelparity.views.style import in_levels, number, percent, plural, sentence
from pixelparity.views.summary import Event, Line, Tile, left_over, share, verdict
from pixelparity.views.table import Table, answers_table, levels_table

REFERENCE, DEPLOYED = "reference", "as deployed"
_DASH = "\N{EN DASH}"
_STILL = 1e-6  # a probability that moves by less is told as one that does not
Variants = Mapping[str, Mapping[str, Any]]


def title(diagnosis: Diagnosis, facts: Facts) -> str:
    """Return the headline: the author's, else the verdict."""
    if facts.title:
        return facts.title
    return "Nothing differs: both sides preprocess alike" if diagnosis.verdict == "match" else verdict(diagnosis)


def summary(diagnosis: Diagnosis, facts: Facts, variants: Variants, mend: Mend, verified: Sequence[str]) -> list[Line]:
    """Return an incident in a few lines: the author's words, then what happened, why, what mends it and what is left."""
    said = [Line(head="", text=facts.summary.strip())] if facts.summary.strip() else []
    if diagnosis.verdict == "match":
        count = plural(len(diagnosis.images), "picture")
        text = f"Both sides prepare {count} alike, within the noise floor. Nothing has to be mended."
        return [*said, Line(head="What was found.", text=text)]
    causes = " ".join(sentence(cause.text) for cause in diagnosis.causes) or "No cause could be named."
    mended = verified[0] if verified else "It has not been run yet." if mend.change else "None could be written."
    return [
        *said, Line(head="What happened.", text=answers(variants)), Line(head="Why.", text=causes),
        Line(head="What mends it.", text=" ".join(filter(None, (mend.says, mended)))),
        Line(head="What no cause explains.", text=left_over(diagnosis)),
    ]  # fmt: skip


def answers(variants: Variants) -> str:
    """Return the effect on answers in a sentence or two, with the pictures that flipped by name."""
    deployed = variants.get(DEPLOYED, {})
    if "agreement" not in deployed:
        gap = deployed.get("mean_abs_level_diff")
        seen = "" if gap is None else f" What the model is shown is {in_levels(gap)} from the reference's on average."
        return f"The effect on the model's answers was not measured (no model was given).{seen}"
    if not deployed["flipped"]:
        gap = deployed["max_abs_probability_diff"]
        moved = f"a probability moves by up to {number(gap)}" if gap > _STILL else "no probability moves"
        return f"All {plural(deployed['images'], 'picture')} get the reference's class; {moved}."
    one = ", and every picture got one and the same class" if deployed.get("constant") else ""
    return f"{share(deployed)} get the reference's class{one}. {_flipped(deployed['flipped'])}"


def _flipped(names: Sequence[str], most: int = 24) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Another class: {', '.join(names[:most])}{more}."


def tiles(variants: Variants) -> list[Tile]:
    """Return the numbers that stand out: how many pictures agree, and how far the tensors are, for each state."""
    found = []
    for name, values in variants.items():
        if name == REFERENCE:
            continue
        if "agreement" in values:
            count, _, of = share(values).partition(" of ")
            kind = "good" if values["agreement"] == 1 else "bad"
            found.append(Tile(value=count, label=f"of {of} get the reference's class, {name}", kind=kind))
        elif "mean_abs_level_diff" in values:
            text = number(values["mean_abs_level_diff"])
            found.append(Tile(value=text, label=f"levels from the reference on average, {name}"))
    return found


def tables(variants: Variants) -> list[Table]:
    """Return the answers and the tensors of each state, in a table of their own: each shows one set of pictures."""
    answered = {name: values for name, values in variants.items() if "agreement" in values}
    found = [answers_table(answered), levels_table(variants)]
    return [table for table in found if table.rows]


def timeline(diagnosis: Diagnosis, facts: Facts, verified: Sequence[str], dated: date | None) -> list[Event]:
    """Return the timeline: the author's points in the file's order, then what this run found, at its date."""
    said = [Event(when=shown(one.at) or _DASH, what=one.what) for one in facts.timeline or _moments(facts)]
    named = ", ".join(cause.family for cause in diagnosis.causes) or "no cause"
    found = "no difference" if diagnosis.verdict == "match" else named
    compared = f"The two sides were compared on {plural(len(diagnosis.images), 'picture')}; found: {found}."
    when = _DASH if dated is None else dated.isoformat()
    return [*said, Event(when=when, what=compared), *(Event(when=when, what=text) for text in verified)]


def _moments(facts: Facts) -> list[Moment]:
    """Return what has a time in the other fields, in the order in which such things happen."""
    began = Moment(what="The first wrong answer was given.", at=facts.impact.began) if facts.impact.began else Moment()
    ended = Moment(what="The last wrong answer was given.", at=facts.impact.ended) if facts.impact.ended else Moment()
    steps = (facts.trigger, began, facts.detection, facts.resolution, ended)
    return [one for one in steps if one.what and one.at]


def status(diagnosis: Diagnosis, facts: Facts, held: bool | None) -> str:
    """Return the status: the author's, else what was measured; ``held`` tells how a mend that was run again turned out."""
    if facts.status:
        return facts.status
    if diagnosis.verdict == "match":
        return "nothing differs"
    said = {None: "found, not mended", True: "a mend is written and holds; not deployed", False: "mended in part"}
    return said[held]


def deployed_levels(diagnosis: Diagnosis) -> float | None:
    """Return how far the final tensors are from the reference's as deployed, in levels on average; ``None`` by their shapes."""
    final = diagnosis.comparison.stages[-1] if diagnosis.comparison.stages else None
    return None if final is None or final.mean_abs is None else final.mean_abs / final.level


def costs_table(costs: Sequence[Cost], deployed: float | None) -> Table:
    """Return what each cause costs both ways; ``deployed`` is the mean difference as it is, in levels.

    Columns that nothing was measured for are left out.
    """
    in_tensors = any(cost.mended_alone is not None or cost.left_alone is not None for cost in costs)
    asked = [cost.impact.images for cost in costs if cost.impact]
    columns = ["cause"]
    columns += ["mended alone, levels left", "left alone, levels left"] if in_tensors else []
    in_answers = ("mended alone, same class", "left alone, same class", "left alone, probability off")
    columns += in_answers if asked else ()
    rows = [(f"{c.family} at {c.stage}", *_in_levels(c, in_tensors), *_in_answers(c, bool(asked))) for c in costs]
    if in_tensors:
        rows.append(("as deployed", _levels(deployed), _levels(deployed), *([_DASH] * 3 if asked else [])))
    said = ["levels: mean difference from the reference, on at most 8 pictures"] if in_tensors else []
    said += [f"answers to {plural(asked[0], 'picture')}"] if asked and asked[0] else []
    numeric = frozenset(range(1, len(columns)))
    return Table(columns=tuple(columns), rows=tuple(rows), caption="; ".join(said), numeric=numeric)


def far(levels: float) -> str:
    """Return a mean difference in words; tensors of other shapes are infinitely far apart."""
    return "other shapes" if math.isinf(levels) else in_levels(levels)


def _in_levels(cost: Cost, in_tensors: bool) -> tuple[str, ...]:
    return (_levels(cost.mended_alone), _levels(cost.left_alone)) if in_tensors else ()


def _in_answers(cost: Cost, asked: bool) -> tuple[str, ...]:
    if not asked:
        return ()
    if cost.impact is None:
        return (_DASH,) * 3
    left, off = cost.impact.agreement_if_left, cost.impact.max_probability_if_left
    kept = _DASH if left is None else _of(left, cost.impact.images)
    return _of(cost.impact.agreement_after, cost.impact.images), kept, _DASH if off is None else number(off)


def _of(agreement: float, images: int) -> str:
    return f"{round(agreement * images)} of {images}" if images else percent(agreement)


def _levels(value: float | None) -> str:
    return _DASH if value is None else number(value)


def about(content: Postmortem) -> list[tuple[str, str]]:
    """Return the head of a page: what, whose, by whom, in which state, when, and the two sides."""
    facts, found = content.facts, content.diagnosis
    entries = [
        ("service", facts.service), ("status", content.status), ("authors", ", ".join(facts.authors)),
        ("owner", facts.owner), ("date", "" if content.dated is None else content.dated.isoformat()),
        ("reference", found.reference), ("deployed", found.deployed), ("pictures compared", str(len(found.images))),
    ]  # fmt: skip
    return [(name, value) for name, value in entries if value]


def empty(field: str) -> str:
    """Return what stands where a fact is not known: which field of the facts file to fill in."""
    return f"Not stated. Fill in {field} in the facts file (--facts)."


def together(found: Mapping[str, str]) -> dict[str, str]:
    """Return hashes with those of all pictures as one: the SHA-256 of their hashes, one a line, in order of their names."""
    pictures = {name: digest for name, digest in found.items() if name.startswith("picture ")}
    rest = {name: digest for name, digest in found.items() if name not in pictures}
    if not pictures:
        return rest
    lines = "".join(f"{pictures[name]}\n" for name in sorted(pictures))
    return rest | {f"{len(pictures)} pictures": hashlib.sha256(lines.encode()).hexdigest()}
