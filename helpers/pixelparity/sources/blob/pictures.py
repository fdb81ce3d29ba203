"""What a program does to a picture before its blob: reading, swapping and scaling by OpenCV, as the text says."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Colour, Decode, Orient, Resize, Step, with_defaults
from pixelparity.sources import python_text
from pixelparity.sources.blob.calls import Blob
from pixelparity.sources.protocol import WAY_ON

Steps = tuple[Step, ...]
_COLOURS = {
    "IMREAD_COLOR": 1,
    "IMREAD_COLOR_BGR": 1,
    "CV_LOAD_IMAGE_COLOR": 1,
    "IMREAD_GRAYSCALE": 0,
    "IMREAD_UNCHANGED": -1,
}
_SWAPS = {"COLOR_BGR2RGB": "RGB", "COLOR_RGB2BGR": "BGR"}
KERNELS = {"INTER_NEAREST": "nearest", "INTER_LINEAR": "linear", "INTER_CUBIC": "cubic", "INTER_AREA": "area",
           "INTER_LANCZOS4": "lanczos"}  # fmt: skip
_NUMBERS = {"INTER_NEAREST": 0, "INTER_LINEAR": 1, "INTER_CUBIC": 2, "INTER_AREA": 3, "INTER_LANCZOS4": 4}
_LOOKING = ("imshow", "print", "waitKey", "imwrite", "append", "info", "debug")
_DEPTH = 32


def opened(origin: str, *, said: bool) -> Steps:
    """Return what ``cv2.imread`` does; ``said`` tells whether the text says that it was that."""
    decode, orient = Decode(library="opencv", channels="BGR", origin=origin), Orient(exif=True, origin=origin)
    chosen = {"library"} if said else set()
    return with_defaults(decode, chosen), with_defaults(orient, set())


def prepared(blob: Blob) -> Steps:
    """Return the steps from the file to the picture that the call is given; raise ``UnsupportedStep`` for what is not known."""
    if blob.picture is None:
        return opened("cv2.imread, which is taken for what reads the picture", said=False)
    return _Trace(blob).of(blob.picture, blob.call.lineno, _DEPTH)


class _Trace:
    """Follows a picture back through the assignments of a scope, in order of the lines."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._nodes = list(python_text.own(blob.scope))
        self._branches = {inner for node in self._nodes if isinstance(node, ast.If | ast.Try | ast.IfExp)
                          for inner in ast.walk(node)}  # fmt: skip
        arguments = getattr(blob.scope, "args", None)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if arguments is not None else []
        self._parameters = {argument.arg for argument in every}

    def of(self, node: ast.expr, line: int, depth: int) -> Steps:
        """Return the steps behind an expression that stands on a line."""
        if not depth:
            raise self._unknown(node)
        if isinstance(node, ast.Name):
            return self._named(node, line, depth)
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            every = [self.of(item, line, depth - 1) for item in node.elts]
            if any(steps != every[0] for steps in every):
                raise UnsupportedStep(f"the pictures of {python_text.shown(node)} are not prepared alike; {WAY_ON}")
            return every[0]
        if isinstance(node, ast.Subscript) and python_text.shown(node.slice) in (
            "..., ::-1",
            ":, :, ::-1",
            "(..., ::-1)",
            "(:, :, ::-1)",
        ):
            return self._swapped(self.of(node.value, line, depth - 1), python_text.shown(node), None)
        if isinstance(node, ast.Call):
            return self._called(node, line, depth)
        raise self._unknown(node)

    def _unknown(self, node: ast.AST) -> UnsupportedStep:
        return UnsupportedStep(
            f"its picture comes from {python_text.shown(node)}, whose meaning is not known; {WAY_ON}"
        )

    def _named(self, node: ast.Name, line: int, depth: int) -> Steps:
        """Return the steps behind a name: the last assignment before a line, if nothing else happens to it."""
        inner = python_text.shared_inside(self._blob.scope, node.id)
        if inner is not None and self._blob.scope is not inner:
            raise self._unknown(inner)
        touched = [n for n in self._nodes if self._touches(n, node.id) and getattr(n, "lineno", 0) < line]
        if not touched and node.id in self._parameters:
            return opened(f"cv2.imread, which is taken for what {node.id!r} comes from", said=False)
        if not touched or touched[-1] in self._branches:
            raise self._unknown(touched[-1] if touched else node)
        last = touched[-1]
        if not isinstance(last, ast.Assign) or self._comes_round(node.id, last, line):
            raise self._unknown(last)
        target = last.targets[0]
        if len(last.targets) > 1 or not isinstance(target, ast.Tuple | ast.Name):
            raise self._unknown(last)
        if isinstance(target, ast.Tuple):  # ok, frame = video.read()
            is_frame = (
                isinstance(last.value, ast.Call) and python_text.called(last.value) == "read" and not last.value.args
            )
            if not is_frame or len(target.elts) != 2:
                raise self._unknown(last)
            return opened("a frame of a video", said=False)
        return self.of(last.value, last.lineno, depth - 1)

    def _comes_round(self, name: str, last: ast.AST, line: int) -> bool:
        """Tell whether a loop around a line changes a picture below it, which that line meets again."""
        around = [
            n for n in self._nodes if isinstance(n, ast.For | ast.While) and n.lineno <= line <= (n.end_lineno or line)
        ]
        loops = [set(ast.walk(n)) for n in around]
        below = [n for n in self._nodes if getattr(n, "lineno", 0) >= line and self._touches(n, name)]
        return any(last not in loop and set(below) & loop for loop in loops)

    @staticmethod
    def _touches(node: ast.AST, name: str) -> bool:
        """Tell whether a node gives a name a value, or may change what it stands for."""
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return any(isinstance(p, ast.Name) and p.id == name for t in targets for p in ast.walk(t))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called, function = python_text.called(node.value), node.value.func
            on = [function.value] if isinstance(function, ast.Attribute) else []
            return called not in _LOOKING and _times(name, [*on, *_given(node.value)]) > 0
        if isinstance(node, ast.Call):  # cv2.normalize(image, image, ...): what is put out stands among what is given
            outputs = [keyword.value for keyword in node.keywords if keyword.arg in ("dst", "out")]
            return _times(name, outputs) > 0 or _times(name, _given(node)) > 1
        return False

    def _called(self, node: ast.Call, line: int, depth: int) -> Steps:
        name, text = python_text.called(node), python_text.shown(node)
        if name == "copy" and isinstance(node.func, ast.Attribute) and not node.args:
            return self.of(node.func.value, line, depth - 1)
        if not isinstance(node.func, ast.Attribute) or python_text.shown(node.func.value) not in ("cv2", "cv"):
            raise self._unknown(node)
        if name == "imread":
            flag = self._argument(node, 1, "flags", _COLOURS, 1)
            if flag != 1:
                raise UnsupportedStep(f"{text} reads another picture than one of three channels; {WAY_ON}")
            return opened("cv2.imread", said=True)
        if name == "cvtColor" and len(node.args) > 1:
            target = _SWAPS.get(python_text.called(ast.Call(node.args[1], [], [])))
            if target is None:
                raise self._unknown(node)
            return self._swapped(self.of(node.args[0], line, depth - 1), text, target)
        if name == "resize" and node.args:
            return (*self.of(node.args[0], line, depth - 1), self._resize(node, text))
        raise self._unknown(node)

    def _argument(self, node: ast.Call, place: int, name: str, known: Mapping[str, Any], default: Any) -> Any:
        given = next(
            (k.value for k in node.keywords if k.arg == name), node.args[place] if len(node.args) > place else None
        )
        return default if given is None else python_text.constant(given, self._blob.names, name, known)

    def _swapped(self, steps: Steps, origin: str, target: str | None) -> Steps:
        order = next((s.target if isinstance(s, Colour) else s.channels for s in reversed(steps)
                      if isinstance(s, Colour | Decode)), "BGR")  # fmt: skip
        other = {"RGB": "BGR", "BGR": "RGB"}[order]
        return (*steps, Colour(source=order, target=target if target == other else other, origin=origin))

    def _resize(self, node: ast.Call, text: str) -> Step:
        size = self._argument(node, 1, "dsize", {}, None)
        kernel = self._argument(node, 5, "interpolation", _NUMBERS, 1)
        kinds = {number: KERNELS[name] for name, number in _NUMBERS.items()}
        is_size = (
            isinstance(size, tuple) and len(size) == 2 and all(isinstance(edge, int) and edge > 0 for edge in size)
        )
        if not is_size or kernel not in kinds or any(k.arg in ("fx", "fy") for k in node.keywords):
            raise UnsupportedStep(f"{text} scales to no size of two numbers, or by no kernel that is known; {WAY_ON}")
        step = scaled(size[1], size[0], kinds[kernel], text)
        chosen = {"height", "width"} | ({"kernel"} if "INTER" in text or len(node.args) > 5 else set())
        return with_defaults(step, chosen)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _times(name: str, nodes: list[ast.expr]) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for node in nodes)


def scaled(height: int, width: int, kernel: str, origin: str) -> Resize:
    """Return OpenCV's resize to a height and a width."""
    step = Resize(
        mode="stretch", height=height, width=width, kernel=kernel, antialias=False, subpixel=False,
        library="opencv", rounding="none",
    )  # fmt: skip
    return replace(step, origin=origin)
