"""A postmortem as Markdown, to be pasted into a wiki or an issue. No value of it is read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pixelparity.diagnosis.results import Cause
from pixelparity.views import summary
from pixelparity.views.postmortem import glossary, words
from pixelparity.views.postmortem.content import Postmortem
from pixelparity.views.postmortem.facts import Facts, Moment, shown
from pixelparity.views.postmortem.page import made_by
from pixelparity.views.style import percent, sentence
from pixelparity.views.table import Table

_ACTIVE = re.compile(r"([\\`*_\[\]#|~$])")
#: What would begin a list, a heading, a quote or a rule at the start of a line.
_BEGINS = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]\s))")


def escaped(text: str) -> str:
    r"""Return a text in one line that Markdown and HTML show as it is.

    >>> escaped("a_b | <c>")
    'a\\_b \\| &lt;c&gt;'
    """
    line = " ".join(text.split())
    line = _ACTIVE.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    line = line.replace("://", ":\N{ZERO WIDTH SPACE}//").replace(
        "@", "@\N{ZERO WIDTH SPACE}"
    )  # neither link nor mention
    return _BEGINS.sub(
        lambda found: f"{found[1]}\\{found[2]}" if not found[2].isdigit() else f"{found[1]}{found[2]}\\", line
    )


def code(text: str, kind: str = "") -> str:
    """Return a text as a block of code, fenced by more backticks than it holds in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"


def table(rows: Table) -> str:
    """Return a table in GitHub's Markdown, its caption in front."""
    rule = ["---:" if place in rows.numeric else "---" for place in range(len(rows.columns))]
    lines = [[escaped(cell) for cell in line] for line in (rows.columns, *rows.rows)]
    body = "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))
    return f"{escaped(rows.caption)}:\n\n{body}" if rows.caption else body


def text(content: Postmortem) -> str:
    """Return the whole postmortem."""
    parts = [
        f"# {escaped(content.title)}",
        _listed(f"**{name}**: {escaped(value)}" for name, value in words.about(content)),
    ]
    for title, body in _sections(content):
        parts += [f"## {title}", *filter(None, body)]
    return "\n\n".join(parts) + "\n"


def _sections(content: Postmortem) -> Iterator[tuple[str, Iterable[str]]]:
    facts, diagnosis = content.facts, content.diagnosis
    yield "Summary", [_listed(_line(line.head, line.text) for line in content.summary)]
    yield "Impact", [*_impact(facts), f"On answers: {escaped(content.answers)}", escaped(content.measured_on)]
    moments = (("Detection", facts.detection), ("Trigger", facts.trigger), ("Resolution", facts.resolution))
    yield "Detection, trigger and resolution", [_listed(_moment(name, moment) for name, moment in moments)]
    yield "Timeline", [_listed(_line(event.when, event.what) for event in content.timeline)]
    yield "What was eliminated, and how", [escaped(content.way), _ladder(content)]
    left = f"**What no cause explains**: {escaped(summary.left_over(diagnosis))}"
    causes = [part for number, cause in enumerate(diagnosis.causes, 1) for part in _cause(number, cause)]
    yield "Root cause, with evidence", [*(causes or ["No cause was named."]), left, *map(escaped, diagnosis.notes)]
    if content.costs:
        yield (
            "What each cause costs, both ways",
            [table(words.costs_table(content.costs, words.deployed_levels(diagnosis)))],
        )
    if content.mend.change or content.mend.notes:
        yield "The mend", _mend(content)
    tables = [table(one) for one in words.tables(content.variants)]
    yield "Verification, before and after", [*map(escaped, content.verified or [_unverified(content)]), *tables]
    yield "Preprocessing checklist", _checklist(content)
    yield "Action items", [_actions(facts), "The gate that keeps it from returning:", code(content.gate, "sh")]
    yield "Lessons", _lessons(content)
    terms = glossary.terms(diagnosis, facts.glossary)
    yield "Glossary", [_listed(f"**{escaped(term)}**: {escaped(meaning)}" for term, meaning in terms.items())]
    yield "Appendix", _appendix(content)


def _unverified(content: Postmortem) -> str:
    return "Nothing had to be mended." if content.diagnosis.verdict == "match" else "No mend was run."


def _impact(facts: Facts) -> Iterator[str]:
    yield f"On people: {_said(facts.impact.people, 'impact.people')}"
    yield escaped(facts.impact.cost)
    times = [("began", facts.impact.began), ("ended", facts.impact.ended), ("lasted", facts.impact.duration)]
    yield escaped(", ".join(f"{name} {shown(when)}" for name, when in times if when))


def _moment(name: str, moment: Moment) -> str:
    when = f" ({escaped(shown(moment.at))})" if moment.at else ""
    return f"**{name}**{when}: {_said(moment.what, f'{name.lower()}.what')}"


def _said(value: str, field: str) -> str:
    return escaped(value) if value.strip() else f"_{escaped(words.empty(field))}_"


def _line(head: str, rest: str) -> str:
    return f"**{escaped(head)}** {escaped(rest)}" if head else escaped(rest)


def _ladder(content: Postmortem) -> str:
    rows = tuple((rung.name, "cleared" if rung.ok else rung.verdict, rung.detail) for rung in content.ladder)
    return table(Table(columns=("checked", "verdict", "measured"), rows=rows)) if rows else ""


def _cause(number: int, cause: Cause) -> Iterator[str]:
    evidence = cause.evidence
    yield f"### {number}. {escaped(cause.family)} at {escaped(cause.stage)}"
    yield (
        f"{escaped(sentence(cause.text))} Undoing it removes {percent(evidence.removed)} of the difference on pictures that it "
        f"was not estimated from ({evidence.images}); confidence {percent(cause.confidence)}."
    )
    yield code(cause.fix, "python") if cause.fix else ""


def _mend(content: Postmortem) -> Iterator[str]:
    mend = content.mend
    yield from map(escaped, mend.notes)
    kind = "diff" if mend.is_diff else "python"
    if mend.shortest:
        yield f"**The shortest one.** {escaped(mend.leaves)}"
        yield code(mend.shortest, kind)
    if mend.change:
        yield f"**The recommended one.** {escaped(mend.says)}"
        yield code(mend.change, kind)


def _checklist(content: Postmortem) -> list[str]:
    found = content.checklist
    return (
        ["The recipes of the two sides were not read."]
        if found is None
        else [escaped(found.summary), table(found.table())]
    )


def _actions(facts: Facts) -> str:
    if not facts.actions:
        return f"_{escaped(words.empty('[[actions]]'))}_"
    rows = tuple((one.what, one.type, one.owner, one.priority, one.ticket) for one in facts.actions)
    return table(Table(columns=("action", "type", "owner", "priority", "ticket"), rows=rows))


def _lessons(content: Postmortem) -> Iterator[str]:
    lessons = content.facts.lessons
    parts = (
        ("What went well", lessons.went_well, "went_well"), ("What went wrong", lessons.went_wrong, "went_wrong"),
        ("Where luck helped", lessons.lucky, "lucky"),
    )  # fmt: skip
    for title, texts, field in parts:
        yield f"**{title}**"
        yield _listed(map(escaped, texts)) if texts else f"_{escaped(words.empty(f'lessons.{field}'))}_"
    if content.remember:
        yield "**What to remember**"
        yield _listed(map(escaped, content.remember))


def _appendix(content: Postmortem) -> Iterator[str]:
    found = content.provenance
    yield code(found.command, "sh")
    pairs = [*made_by(found).items(), *found.versions.items()]
    yield _listed(f"{escaped(name)}: {escaped(str(value))}" for name, value in pairs)
    yield (
        table(Table(columns=("input", "SHA-256"), rows=tuple(words.together(found.hashes).items())))
        if found.hashes
        else ""
    )


def _listed(lines: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
