"""Write a postmortem into a folder: the page, Markdown, JSON and JUnit XML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pixelparity import files
from pixelparity.views.postmortem import junit, markdown, page, values
from pixelparity.views.postmortem.content import Postmortem

PAGE, MARKDOWN, JSON, JUNIT = "postmortem.html", "postmortem.md", "postmortem.json", "junit.xml"


def write(folder: str | Path, content: Postmortem) -> Path:
    """Write a postmortem in all its forms and return the page's file; the page carries the JSON inside it.

    Nothing is written unless every form can be made.
    """
    data = values.text(content)
    made = {
        PAGE: page.html(replace(content, attachments={JSON: data.encode(), **content.attachments})),
        MARKDOWN: markdown.text(content), JSON: data, JUNIT: junit.text(content),
    }  # fmt: skip
    for name, text in made.items():
        files.write_whole(Path(folder) / name, text)
    return Path(folder) / PAGE
