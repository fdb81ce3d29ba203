"""A pipeline function as text that is edited in place: calls are found by parsing, everything else stays as it was written.

Edits return a new script. Comments, blank lines and names of the author survive, so that a diff shows the change alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pixelparity.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of an operator, such as ``fn.resize(...)``. ``name`` is resize; ``statement`` the statement it stands in."""

    name: str
    prefix: str
    node: ast.Call
    statement: ast.stmt

    def has(self, *names: str) -> bool:
        """Tell whether any of the keyword arguments is given."""
        return any(keyword.arg in names for keyword in self.node.keywords)

    def argument(self, name: str) -> ast.expr | None:
        """Return a keyword argument's expression."""
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)


@dataclass(frozen=True)
class Script:
    """Source text and the name of the pipeline function in it."""

    source: str
    function: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed text; raise ``InputError`` where it is not Python."""
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError) as error:
            raise InputError(f"the pipeline's source is not Python ({error}); give the file that defines it") from error

    @cached_property
    def definition(self) -> ast.FunctionDef:
        """Return the function's definition; raise ``InputError`` where there is none of that name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                return node
        raise InputError(f"the source defines no function {self.function!r}; name the pipeline function in it")

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Return the operator calls of the function in the order in which they run: inner calls before outer ones."""
        found = [call for statement in _statements(self.definition.body) for call in _calls(statement)]
        return tuple(sorted(found, key=lambda call: self.span(call.node)[1]))

    def named(self, *names: str) -> list[Call]:
        """Return the calls of operators, by name, in running order."""
        return [call for call in self.calls if call.name in names]

    @cached_property
    def constants(self) -> dict[str, object]:
        """Return the module's constants by name: numbers and texts assigned once at the top level."""
        found: dict[str, object] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                _assign(found, node.targets[0], node.value)
        return found

    def value(self, expression: ast.expr | None) -> object:
        """Return what a constant expression is, names of constants looked up; ``None`` where it is computed."""
        if isinstance(expression, ast.Name):
            return self.constants.get(expression.id)
        if isinstance(expression, ast.Tuple | ast.List):
            parts = [self.value(element) for element in expression.elts]
            return None if any(part is None for part in parts) else tuple(parts)
        if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Mult):
            return _repeated(self.value(expression.left), self.value(expression.right))
        if isinstance(expression, ast.Attribute):
            return expression.attr  # types.FLOAT
        try:
            return ast.literal_eval(expression) if expression is not None else None
        except (ValueError, TypeError):
            return None

    def text(self, node: ast.AST) -> str:
        """Return the source text of a node."""
        start, end = self.span(node)
        return self.source.encode()[start:end].decode()

    # --- edits ---

    def with_argument(self, call: Call, name: str, text: str) -> Script:
        """Give a call a keyword argument, in place of the one it has."""
        old = call.argument(name)
        if old is not None:
            return self.replaced(*self.span(old), text)
        last = max((self.span(a)[1] for a in (*call.node.args, *(k.value for k in call.node.keywords))), default=0)
        if not last:
            last = self.span(call.node.func)[1] + 1
            return self.replaced(last, last, f"{name}={text}")
        return self.replaced(last, last, f", {name}={text}")

    def without_arguments(self, call: Call, *names: str) -> Script:
        """Take keyword arguments away from a call."""
        for keyword in call.node.keywords:
            if keyword.arg in names:
                start, end = self.span(keyword)
                before = self.source.encode()[:start]
                cut = re.search(rb",\s*$", before)
                start = cut.start() if cut else start
                changed = self.replaced(start, end, "")
                again = changed.at(call, self.span(call.node)[0])
                return changed.without_arguments(again, *names) if again is not None else changed
        return self

    def setting(self, calls: list[Call], **arguments: str | None) -> Script:
        """Give calls of this script keyword arguments, or, for ``None``, take them away."""
        script = self
        for operator, number in [(c.name, [o.node for o in self.named(c.name)].index(c.node)) for c in calls]:
            for name, text in arguments.items():
                call = script.named(operator)[number]
                script = script.with_argument(call, name, text) if text else script.without_arguments(call, name)
        return script

    def exchanging(self, call: Call, names: tuple[str, ...], text: str) -> Script:
        """Put ``text`` in the place of the first of some keyword arguments, and take the others of them away."""
        old = [keyword for keyword in call.node.keywords if keyword.arg in names]
        if not old:
            name, _, value = text.partition("=")
            return self.with_argument(call, name, value)
        start, others = self.span(call.node)[0], tuple(k.arg for k in old[1:] if k.arg is not None)
        rest = self.without_arguments(call, *others) if others else self
        again = rest.at(call, start)
        assert again is not None
        first = next(keyword for keyword in again.node.keywords if keyword.arg == old[0].arg)
        return rest.replaced(*rest.span(first), text)

    def with_text(self, node: ast.AST, text: str) -> Script:
        """Put other text in a node's place."""
        return self.replaced(*self.span(node), text)

    def after(self, call: Call, expression: str) -> Script:
        """Pass a call's result through another expression, in which ``{}`` stands for it: a new line where that is possible."""
        statement = call.statement
        if _is_plain_assignment(statement) and statement.value is call.node:  # type: ignore[attr-defined]
            name = statement.targets[0].id  # type: ignore[attr-defined]
            return self.after_line(statement, f"{name} = {expression.format(name)}")
        return self.with_text(call.node, expression.format(self.text(call.node)))

    def after_line(self, statement: ast.stmt, line: str) -> Script:
        """Insert lines after a statement, indented like it."""
        return self._insert(self.span(statement)[1], line, statement, after=True)

    def before_line(self, statement: ast.stmt, line: str) -> Script:
        """Insert lines before a statement, indented like it."""
        return self._insert(self.span(statement)[0], line, statement, after=False)

    def without_line(self, statement: ast.stmt) -> Script:
        """Take a statement's lines out."""
        data = self.source.encode()
        start, end = self.span(statement)
        start, end = data.rfind(b"\n", 0, start) + 1, data.find(b"\n", end)
        return self.replaced(start, len(data) if end < 0 else end + 1, "")

    def without_call(self, call: Call) -> Script:
        """Take a call out, so that its input goes on; a line that only passed a name through it goes with it."""
        if not call.node.args:
            return self
        source, statement = self.text(call.node.args[0]), call.statement
        passes = isinstance(statement, ast.Assign) and statement.value is call.node
        if passes and self.text(statement.targets[0]) == source:  # type: ignore[attr-defined]
            return self.without_line(statement)
        return self.with_text(call.node, source)

    def around_result(self, expression: str) -> Script:
        """Pass the function's first result through another expression, in which ``{}`` stands for it."""
        result = self.result
        return self.with_text(result, expression.format(self.text(result)))

    @property
    def result(self) -> ast.expr:
        """Return the expression of the function's first result."""
        returns = [s for s in _statements(self.definition.body) if isinstance(s, ast.Return) and s.value is not None]
        if len(returns) != 1:
            raise InputError(f"function {self.function!r} has {len(returns)} returns; a pipeline function has one")
        value = returns[0].value
        assert value is not None
        return value.elts[0] if isinstance(value, ast.Tuple) else value

    def importing(self, *names: str) -> Script:
        """Make sure that names of ``nvidia.dali`` (types, math) are imported."""
        have = {
            alias.asname or alias.name
            for n in self.tree.body
            if isinstance(n, ast.Import | ast.ImportFrom)
            for alias in n.names
        }
        lacking = [name for name in names if name not in have]
        if not lacking:
            return self
        imports = [n for n in self.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        line = f"from nvidia.dali import {', '.join(lacking)}"
        if imports:
            return self.after_line(imports[-1], line)
        return replace(self, source=f"{line}\n{self.source}")

    def _insert(self, place: int, line: str, statement: ast.stmt, *, after: bool) -> Script:
        indent = " " * statement.col_offset
        lines = f"\n{indent}".join(line.splitlines())
        if not after:
            return self.replaced(place, place, f"{lines}\n{indent}")
        data = self.source.encode()
        end = data.find(b"\n", place)  # a comment behind the statement stays with it
        end = len(data) if end < 0 else end
        return self.replaced(end, end, f"\n{indent}{lines}")

    def replaced(self, start: int, end: int, text: str) -> Script:
        """Put text in the place of the bytes from ``start`` to before ``end``."""
        data = self.source.encode()
        return replace(self, source=(data[:start] + text.encode() + data[end:]).decode())

    def at(self, call: Call, start: int) -> Call | None:
        """Return the call of the same operator that begins at this byte of the text."""
        return next((c for c in self.calls if c.name == call.name and self.span(c.node)[0] == start), None)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts, place = [0], 0
        for line in self.source.encode().splitlines(keepends=True):
            place += len(line)
            starts.append(place)
        return tuple(starts)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return a node's first and last byte in the text (positions of ast are bytes, too)."""
        first = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        return first, self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        inner = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
        if any(inner):
            for block in inner:
                yield from _statements(block)
        else:
            yield statement


def _calls(statement: ast.stmt) -> Iterator[Call]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            chain = _dotted(node.func)
            if len(chain) > 1 and ("fn" in chain or "dali" in chain):
                prefix = ".".join(chain[: chain.index("fn") + 1]) if "fn" in chain else chain[0]
                yield Call(
                    name=".".join(chain[len(prefix.split(".")) :]), prefix=prefix, node=node, statement=statement
                )


def _dotted(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return [*inner, node.attr] if inner else []
    return [node.id] if isinstance(node, ast.Name) else []


def _is_plain_assignment(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    )


def _assign(found: dict[str, object], target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, each in zip(target.elts, value.elts, strict=True):
            _assign(found, one, each)
    elif isinstance(target, ast.Name):
        try:
            literal = ast.literal_eval(value)
        except (ValueError, TypeError):
            return
        found[target.id] = tuple(literal) if isinstance(literal, list) else literal


def _repeated(left: object, right: object) -> object:
    if isinstance(left, tuple) and isinstance(right, int):
        return left * right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left * right
    return None
