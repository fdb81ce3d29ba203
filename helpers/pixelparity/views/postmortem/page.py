"""A postmortem as one self-contained, printable HTML page.

Everything in it comes from its content: the same content gives the same bytes. Every text is escaped.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pixelparity.errors import InputError
from pixelparity.views import pages, summary
from pixelparity.views.postmortem import glossary, words
from pixelparity.views.postmortem.content import PLACES, SECTIONS, Postmortem, Provenance
from pixelparity.views.postmortem.facts import shown


def html(content: Postmortem) -> str:
    """Return the page; raise ``InputError`` for a figure at a place that there is not, or attachments that are too large."""
    unknown = sorted(set(content.figures) - set(PLACES))
    if unknown:
        raise InputError(f"the postmortem has no place {unknown[0]!r} for figures, use {', '.join(PLACES)}")
    return pages.environment().get_template("postmortem.html.j2").render(**_values(content))


def _values(content: Postmortem) -> dict[str, Any]:
    diagnosis = content.diagnosis
    return {
        "it": content,
        "title": content.title,
        "sections": sections(content),
        "about": words.about(content),
        "left": summary.left_over(diagnosis),
        "costs": words.costs_table(content.costs, words.deployed_levels(diagnosis)),
        "tables": words.tables(content.variants),
        "checklist": None if content.checklist is None else Markup(content.checklist.html()),
        "glossary": glossary.terms(diagnosis, content.facts.glossary),
        "made_by": made_by(content.provenance),
        "hashes": words.together(content.provenance.hashes),
        "attachments": pages.attach(content.attachments),
        "empty": words.empty,
        "shown": shown,
    }


def sections(content: Postmortem) -> list[tuple[str, str]]:
    """Return the sections that a page has: what each cause costs and what mends it only where there is something to say."""
    has = {"cost": bool(content.costs), "mend": bool(content.mend.change or content.mend.notes)}
    return [(anchor, name) for anchor, name in SECTIONS if has.get(anchor, True)]


def made_by(provenance: Provenance) -> dict[str, str]:
    """Return what a postmortem was made by, without what is not known."""
    found = {"tool": provenance.tool, "commit": provenance.commit, "machine": provenance.machine}
    return {name: value for name, value in found.items() if value}
