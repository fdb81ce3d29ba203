"""What pages are made of: templates that escape everything, diffs, and files carried inside a page."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from pixelparity import files, stages
from pixelparity.errors import InputError
from pixelparity.recipes import value_text
from pixelparity.stages import Capture
from pixelparity.views import style, tensors
from pixelparity.views.illustration import Illustration
from pixelparity.views.table import TABLE_CSS, Table

#: What may be carried inside a page: bytes, a file or folder, a capture, or JSON values.
Content = bytes | Path | Capture | Mapping[str, Any]
_CARRIED = 40 * 2**20  # bytes: browsers open a page of this size at once, mail servers take it
_DIFF = {"+": "add", "-": "del", "@": "hunk"}
_KINDS = {".json": "application/json", ".zip": "application/zip", ".md": "text/markdown", ".txt": "text/plain"}


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file inside a page: its name, size in bytes, SHA-256 and ``data:`` address."""

    name: str
    size: str
    digest: str
    address: str


@functools.cache
def environment() -> jinja2.Environment:
    """Return the templates of this package; every value is escaped, a missing one is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("pixelparity.views", "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(number=style.number, value=_value, sentence=style.sentence, percent=style.percent)
    made.filters.update(figure=_figure, table=_table, diff=_diff, paragraphs=_paragraphs, ticket=_ticket, share=_share)
    made.globals["theme"] = Markup(style.theme_css(follow_system=True) + TABLE_CSS)
    return made


def write(path: str | Path, template: str, **values: Any) -> Path:
    """Fill in a template and write the page, whole or not at all; return its path."""
    return files.write_whole(path, environment().get_template(template).render(**values))


def attach(contents: Mapping[str, Content]) -> tuple[Attachment, ...]:
    """Return files to be carried inside a page; raise ``InputError`` if they are too large to be opened or mailed."""
    found, total = [], 0
    for name, content in contents.items():
        shown, data = _packed(name, content)
        total += len(data)
        if total > _CARRIED:
            raise InputError(
                f"attachment {name!r} makes the page larger than {_CARRIED // 2**20} MiB; "
                "attach fewer pictures or stages (Capture.only)"
            )
        kind = _KINDS.get(Path(shown).suffix, "application/octet-stream")
        found.append(
            Attachment(
                name=shown, size=_size(len(data)), digest=hashlib.sha256(data).hexdigest(),
                address=tensors.data_uri(data, kind),
            )
        )  # fmt: skip
    return tuple(found)


def _packed(name: str, content: Content) -> tuple[str, bytes]:
    if isinstance(content, bytes):
        return name, content
    if isinstance(content, Capture):
        with tempfile.TemporaryDirectory() as folder:
            return f"{name}.zip", _zipped(stages.save(content, Path(folder) / "capture"))
    if isinstance(content, Mapping):
        return name, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
    if content.is_dir():
        return f"{name}.zip", _zipped(content)
    if not content.is_file():
        raise InputError(f"attachment {name!r}: {content} does not exist; leave it out or give its file")
    return name, content.read_bytes()


def _zipped(folder: Path) -> bytes:
    """Return a folder as a ZIP archive that is the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def _size(count: int) -> str:
    for limit, unit in ((2**20, "MiB"), (2**10, "KiB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} bytes"


def _value(value: Any) -> str:
    """Return a cause's parameter as words: names first, equal numbers once."""
    if isinstance(value, Mapping):
        named = [f"{value['name']}:"] if "name" in value else []
        return " ".join([*named, ", ".join(f"{key} {_value(item)}" for key, item in value.items() if key != "name")])
    if isinstance(value, list | tuple):
        return value_text(tuple(0.0 if item == 0 else item for item in value))
    return value_text(value)


def _share(agreement: float, images: int) -> str:
    """Return a share of the pictures that were asked as a count, in percent where nobody counted them."""
    return f"{round(agreement * images)} of {style.plural(images, 'picture')}" if images else style.percent(agreement)


def _figure(illustration: Illustration) -> Markup:
    return Markup(f'<figure class="plot">{illustration.svg()}</figure>')


def _table(table: Table) -> Markup:
    return Markup(f'<div class="skew-table">{table.html()}</div>')


def _diff(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        yield ("file" if line.startswith(("+++", "---")) else _DIFF.get(line[:1], "same")), line


def _paragraphs(text: str) -> Markup:
    """Return a person's text as paragraphs, which blank lines part."""
    parts = re.split(r"\n\s*\n", text.strip())
    return Markup("").join(Markup("<p>{}</p>").format(part.strip()) for part in parts)


def _ticket(text: str) -> Markup:
    """Return a ticket as a link where it is an address of the web, else as text."""
    if re.fullmatch(r"https?://\S+", text):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(text, text)
    return escape(text)
