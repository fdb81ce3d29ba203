"""One postmortem of any deployment: the views' two sides, with answers, costs, a mend and a person's facts."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from pixelparity.diagnosis import Diagnosis
from pixelparity.views import checklist, figures
from pixelparity.views.postmortem import elimination, words
from pixelparity.views.postmortem.content import Cost, Mend, Postmortem, Provenance
from pixelparity.views.postmortem.facts import Action, Facts, Impact, Lessons, Moment

EVIL = "<script>alert('x')</script> | **b** [l](http://evil) `c` $x$ @you"
VARIANTS: dict[str, dict[str, Any]] = {
    "reference": {"images": 6, "agreement": 1.0, "flipped": [], "max_abs_probability_diff": 0.0, "constant": False},
    "as deployed": {
        "images": 6, "agreement": 5 / 6, "flipped": ["field_03"], "max_abs_probability_diff": 0.83, "constant": False,
        "max_abs_level_diff": 255.0, "mean_abs_level_diff": 99.6, "level_images": 6,
    },
}  # fmt: skip
FACTS = Facts(
    title="Every part was scrap", service="inspection", authors=("A", "B"), owner="A", summary="Two lines stood.",
    impact=Impact(
        people="Forty people.", began=datetime(2026, 3, 4, 8, 0, tzinfo=timezone.utc),
        ended=datetime(2026, 3, 4, 9, 30, tzinfo=timezone.utc),
    ),
    detection=Moment(what="An inspector.", at=date(2026, 3, 4)), actions=(Action(what="Gate it.", ticket="https://t/1"),),
    lessons=Lessons(went_well=("It was short.",)), glossary={"EXIF": "what cameras write"},
)  # fmt: skip


@pytest.fixture
def content(diagnosis: Diagnosis, reference, deployed) -> Postmortem:
    """Return a postmortem in which every part says something."""
    mend = Mend(change="-a\n+b", is_diff=True, says="It mends all.", shortest="+b", leaves="It leaves 2 levels.")
    verified = ["It was run again."]
    return Postmortem(
        title=words.title(diagnosis, FACTS), status=words.status(diagnosis, FACTS, True), diagnosis=diagnosis,
        provenance=Provenance(
            command="pixelparity postmortem", tool="pixelparity 1", commit="c0ffee", machine="a machine",
            hashes={"model": "ab" * 32, "picture a": "cd" * 32, "picture b": "ef" * 32},
        ),
        gate="pixelparity diagnose", summary=words.summary(diagnosis, FACTS, VARIANTS, mend, verified),
        tiles=words.tiles(VARIANTS), answers=words.answers(VARIANTS), variants=VARIANTS,
        timeline=words.timeline(diagnosis, FACTS, verified, date(2026, 3, 5)), ladder=elimination.rungs(diagnosis),
        costs=[Cost(family="scale_missing", stage="final", mended_alone=2.4, left_alone=99.0, impact=diagnosis.causes[0].impact)],
        mend=mend, verified=verified, held=True, checklist=checklist.fill(reference, deployed), facts=FACTS,
        dated=date(2026, 3, 5), figures={"elimination": [figures.elimination_ladder([figures.Rung(name="a", ok=True)])]},
    )  # fmt: skip


@pytest.fixture
def matching(diagnosis: Diagnosis) -> Postmortem:
    """Return the postmortem of two sides that match, without a fact."""
    from dataclasses import replace

    same = replace(diagnosis, verdict="match", causes=(), unexplained={}, first_divergence=None)
    return Postmortem(
        title=words.title(same, Facts()), status=words.status(same, Facts(), None), diagnosis=same,
        provenance=Provenance(command="pixelparity postmortem"), gate="pixelparity diagnose",
        summary=words.summary(same, Facts(), {}, Mend(), []), timeline=words.timeline(same, Facts(), [], None),
    )  # fmt: skip
