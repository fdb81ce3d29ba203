"""All that a postmortem says, as data: what was measured, what people know, and where it all comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pixelparity.diagnosis.results import Diagnosis, Impact
from pixelparity.views.postmortem.facts import NOTHING, Facts

if TYPE_CHECKING:
    from pixelparity.views.checklist import Checklist
    from pixelparity.views.flow import Rung
    from pixelparity.views.illustration import Illustration
    from pixelparity.views.pages import Content
    from pixelparity.views.summary import Event, Line, Tile

#: Where a figure stands in the page.
PLACES = ("symptom", "elimination", "evidence", "verification")
#: The parts of a postmortem, in order: where the page is linked to, and the name in its list of sections.
SECTIONS = (
    ("summary", "Summary"), ("impact", "Impact"), ("detection", "Detection"), ("timeline", "Timeline"),
    ("elimination", "Eliminated"), ("cause", "Root causes"), ("cost", "What each costs"), ("mend", "The mend"),
    ("verification", "Verification"), ("checklist", "Checklist"), ("actions", "Action items"), ("lessons", "Lessons"),
    ("glossary", "Glossary"), ("appendix", "Appendix"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one cause costs: the mean difference from the reference in levels, with only it mended, and with all but it.

    ``None`` where it was not measured or the shapes differ. ``impact`` is the same in the model's answers, where a model was
    asked.
    """

    family: str
    stage: str
    mended_alone: float | None = None
    left_alone: float | None = None
    impact: Impact | None = None


@dataclass(frozen=True, kw_only=True)
class Mend:
    """What mends it. ``change`` is the recommended one, a unified diff where ``is_diff`` and else the mends one by one.

    ``shortest`` is the one that mends the loudest cause alone, and ``leaves`` says in a sentence what it would leave.
    ``notes`` say what could not be written, and why.
    """

    change: str = ""
    is_diff: bool = False
    says: str = ""
    shortest: str = ""
    leaves: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a postmortem comes from, so that somebody else gets the same.

    ``tool`` is the version of this package, ``commit`` that of the user's repository (empty without one), ``machine`` what it
    ran on, ``hashes`` the SHA-256 of every input by its name.
    """

    command: str
    tool: str = ""
    commit: str = ""
    machine: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Postmortem:
    """A whole postmortem.

    ``variants`` are the states of the deployment by name (``reference`` and ``as deployed`` first), each with what was measured
    of it, by the names of ``views.answers_table`` and ``views.levels_table``; ``answers`` says the effect on answers in words,
    ``measured_on`` who gave them. ``way`` says how parts were eliminated, ``ladder`` which. ``verified`` are sentences on the
    mend as it was run again, and ``held`` tells whether it then made both sides match (``None``: not run). ``remember`` are
    lessons that hold beyond this incident.
    """

    title: str
    status: str
    diagnosis: Diagnosis
    provenance: Provenance
    gate: str
    summary: Sequence[Line] = ()
    tiles: Sequence[Tile] = ()
    answers: str = ""
    measured_on: str = ""
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    timeline: Sequence[Event] = ()
    way: str = ""
    ladder: Sequence[Rung] = ()
    costs: Sequence[Cost] = ()
    mend: Mend = field(default_factory=Mend)
    verified: Sequence[str] = ()
    held: bool | None = None
    checklist: Checklist | None = None
    facts: Facts = NOTHING
    remember: Sequence[str] = ()
    dated: date | None = None
    figures: Mapping[str, Sequence[Illustration]] = field(default_factory=dict)
    attachments: Mapping[str, Content] = field(default_factory=dict)
