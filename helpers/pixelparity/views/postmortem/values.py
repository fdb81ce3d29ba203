"""A postmortem as JSON values. ``postmortem.schema.json`` describes them; keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pixelparity.diagnosis.text import plain, to_json
from pixelparity.views.postmortem import glossary
from pixelparity.views.postmortem.content import Postmortem
from pixelparity.views.postmortem.facts import Facts

VERSION = 1
SCHEMA = Path(__file__).parents[1] / "templates" / "postmortem.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what :func:`of` returns."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def of(content: Postmortem) -> dict[str, Any]:
    """Return all that a postmortem says; times are ISO 8601, what is not known is an empty text, a list or null."""
    found = {
        "schema_version": VERSION,
        "title": content.title,
        "status": content.status,
        "verdict": content.diagnosis.verdict,
        "date": None if content.dated is None else content.dated.isoformat(),
        "facts": facts(content.facts),
        "summary": [asdict(line) for line in content.summary],
        "answers": {
            "says": content.answers,
            "measured_on": content.measured_on,
            "variants": _variants(content.variants),
        },
        "timeline": [asdict(event) for event in content.timeline],
        "way": content.way,
        "eliminated": [asdict(rung) for rung in content.ladder],
        "costs": [asdict(cost) for cost in content.costs],
        "mend": asdict(content.mend),
        "verified": list(content.verified),
        "held": content.held,
        "checklist": None if content.checklist is None else content.checklist.as_dict(),
        "gate": content.gate,
        "remember": list(content.remember),
        "glossary": glossary.terms(content.diagnosis, content.facts.glossary),
        "provenance": asdict(content.provenance),
        "diagnosis": to_json(content.diagnosis),
    }
    ready: dict[str, Any] = plain(found)
    return ready


def text(content: Postmortem) -> str:
    """Return the JSON text."""
    return json.dumps(of(content), indent=1, ensure_ascii=False) + "\n"


def facts(known: Facts) -> dict[str, Any]:
    """Return the facts as JSON values."""
    found: dict[str, Any] = _iso(asdict(known))
    return found | {"glossary": dict(known.glossary or {}), "duration": known.impact.duration}


def _iso(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _iso(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_iso(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _variants(variants: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return each state's figures; what was given to answer is left out where it is the answers themselves."""
    return {name: {key: v for key, v in values.items() if key != "probabilities"} for name, values in variants.items()}
