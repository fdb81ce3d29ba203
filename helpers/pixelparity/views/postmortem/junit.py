"""A postmortem as JUnit XML, which every CI shows: a test for each stage, each cause, the answers and the mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from pixelparity.views.postmortem.content import Postmortem
from pixelparity.views.style import in_levels

#: Characters that XML cannot hold, however they are written.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = "pixelparity postmortem"

Case = tuple[str, str, str]  # group, name, and why it failed; empty where it passed


def text(content: Postmortem) -> str:
    """Return the XML."""
    cases = list(_cases(content))
    failures = sum(bool(why) for _, _, why in cases)
    counts: dict[str, Any] = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", name=_NAME, **counts)
    suite = ElementTree.SubElement(root, "testsuite", name=_clean(content.title), skipped="0", **counts)
    properties = ElementTree.SubElement(suite, "properties")
    told = {
        "reference": content.diagnosis.reference,
        "deployed": content.diagnosis.deployed,
        "tool": content.provenance.tool,
    }
    for name, value in {**told, "commit": content.provenance.commit}.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    for group, name, why in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=f"pixelparity.{group}", name=_clean(name))
        if why:
            failure = ElementTree.SubElement(case, "failure", message=_clean(why.splitlines()[0]), type="differs")
            failure.text = _clean(why)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _cases(content: Postmortem) -> Iterator[Case]:
    diagnosis = content.diagnosis
    for pair in diagnosis.comparison.stages:
        gap = "other shapes" if pair.max_abs is None else f"at most {in_levels(pair.max_abs / pair.level)} apart"
        yield "stages", pair.reference.name, gap if pair.diverges else ""
    for cause in diagnosis.causes:
        yield "causes", f"{cause.family} at {cause.stage}", f"{cause.text}\n{cause.fix}".strip()
    if diagnosis.verdict != "match" and not diagnosis.causes:
        yield "causes", "unexplained", "the sides differ, and no known family explains it"
    deployed = next((values for name, values in content.variants.items() if name != "reference"), {})
    if "flipped" in deployed:
        flipped = ", ".join(deployed["flipped"])
        why = f"{len(deployed['flipped'])} of {deployed['images']} pictures get another class: {flipped}"
        yield "answers", "every picture gets the reference's class", why if flipped else ""
    if content.held is not None:
        why = "\n".join(content.verified) or "the mended pipeline still differs"
        yield "mend", "the mended pipeline matches the reference", "" if content.held else why


def _clean(value: str) -> str:
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", value)
