"""Code in every place: each text and number of each format in turn holds Python, in every form that source would run it in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import captures, configs, declared, servers, traces

#: Python that runs where a text is put into source as it is, between quotation marks, and into a docstring.
FORMS = (changes.code("48"), f'" + {changes.code(chr(34) * 2)} + "', f'"""\n{changes.code()}\n"""')


def attempts() -> Iterator[Attempt]:
    """Yield each format with code in each of its places; what is written as source is run, too."""
    yield from _settings()
    yield from _declared()
    yield from _pipelines()
    yield from _captures()
    yield from _traces()
    yield from _servers()


def filled(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield parsed JSON with code in one place after the other: in the place of each text and number, and as each key."""
    for path in changes.places(content):
        held = content
        for key in path:
            held = held[key]
        for number, form in enumerate(FORMS):
            if not isinstance(held, dict | list):
                yield f"{_shown(path)}, form {number}", changes.put(content, path, form)
            elif path and isinstance(path[-1], str):
                yield f"name of {_shown(path)}, form {number}", changes.put(content, (*path[:-1], form), held)


def _shown(path: changes.Path) -> str:
    return ".".join(map(str, path))


def _settings() -> Iterator[Attempt]:
    for kind, contents in configs.BASES.items():
        for content in contents:
            for where, changed in filled(content):
                files = {"settings.json": json.dumps(changed).encode()}
                yield _written(kind, where, f"{kind}:settings.json", files)


def _declared() -> Iterator[Attempt]:
    for kind, (side, content, write) in declared.written().items():
        for where, changed in filled(content):
            yield _written(kind, where, side, {"file.py": write(changed)})


def _written(kind: str, where: str, side: str, files: dict[str, bytes]) -> Attempt:
    return Attempt(kind=kind, name=f"code in {where}", files=files, commands=(("repair", "--reference", side),))


def _pipelines() -> Iterator[Attempt]:
    """Yield pipelines with code in each text, once for each operator's argument and field."""
    from pixelparity.sources.dali.messages import pipeline_class

    seen: set[str] = set()
    for function in ("shipped", "computed", "encoded"):
        message = pipeline_class().FromString(base.model(function))
        for number, (where, *_) in enumerate(_texts(message)):
            if where not in seen:
                seen.add(where)
                yield from _with_code(message, number)


def _with_code(message: Any, number: int) -> Iterator[Attempt]:
    """Yield a pipeline with code in its text of a number, in every form, to be written and to be mended."""
    files = {"sound.dali": base.model("shipped"), f"{base.PICTURES}/drawn.png": base.picture()}
    mended = ("repair", *base.diagnose("dali:model.dali", "dali:sound.dali")[1:])
    for form in FORMS:
        changed = copy.deepcopy(message)
        where, holder, key = list(_texts(changed))[number]
        if isinstance(key, int):
            holder[key] = form.encode()
        else:
            setattr(holder, key, form)
        data = {"model.dali": bytes(changed.SerializePartialToString())}
        commands = (("repair", "--reference", "dali:model.dali"), *((mended,) if form == FORMS[0] else ()))
        yield Attempt(kind="model.dali", name=f"code in {where}", files=files | data, commands=commands)


def _texts(message: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every text of a pipeline's message: where it is, what holds it, and under which name or number."""
    edges = list(message.pipe_outputs)
    for op in message.op:
        edges += [*op.input, *op.output]
        yield from ((f"{op.name}.{field}", op, field) for field in ("name", "inst_name"))
        for argument in (inner for outer in op.args for inner in (outer, *outer.extra_args)):
            where = f"{op.name}.{argument.name}"
            yield from ((f"{field} of {where}", argument, field) for field in ("name", "type"))
            yield from ((where, argument.strings, number) for number in range(len(argument.strings)))
    yield from ((f"{field} of {edge.name}", edge, field) for edge in edges for field in ("name", "device"))


def _captures() -> Iterator[Attempt]:
    sound = {f"golden/{name}": data for name, data in base.capture().items()}
    head = json.loads(base.capture()[captures.HEAD])
    model = {"model.dali": base.model(), f"{base.PICTURES}/p0.png": base.picture()}
    for where, changed in filled(head):
        for version in (1, head["format"]):  # the first had no sums that would refuse the change
            files = {**model, **sound, f"golden/{captures.HEAD}": json.dumps({**changed, "format": version}).encode()}
            command = ("repair", *base.diagnose("capture:golden", "dali:model.dali")[1:])
            yield Attempt(kind="capture", name=f"code in {where}, format {version}", files=files, commands=(command,))


def _traces() -> Iterator[Attempt]:
    plain, whole = traces.parted()
    for where, changed in filled(plain):
        files = servers.files() | {"trace.json": whole(changed)}
        command = (*base.diagnose("capture:golden", "triton:127.0.0.1:9/prep"), "--trace", "trace.json")
        yield Attempt(kind="trace", name=f"code in {where}", files=files, commands=(command,))


def _servers() -> Iterator[Attempt]:
    files = servers.files() | {"sound.dali": base.model("shipped")}
    asked = ("repair", "--reference", "dali:sound.dali", *servers.command("http")[3:])
    for where, models in filled(servers.SOUND["models"]):
        answers = {**servers.SOUND, "models": models}
        yield Attempt(kind="server", name=f"code in {where}", files=files, answers=answers, commands=(asked,))
