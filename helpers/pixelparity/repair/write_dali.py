"""Recipes written out as DALI source text; pure text, nothing here imports DALI.

The text is a module with one pipeline function. Sizes and offsets are computed inside the graph in whole numbers, because
float32 misses exact multiples; where a library's resampling has no switch in DALI, the text brings the arithmetic along.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.literals import boolean, decimal, identifier, integer, listed, remark, string
from pixelparity.recipes import Crop, Normalize, Pad, Recipe, Resize, Step, describe
from pixelparity.recipes.canonical import Plain, canonical, is_identity
from pixelparity.repair import dali_geometry, runtime_text

FEEDS = ("encoded", "rgb", "bgr")
INTERP = {
    "nearest": "INTERP_NN",
    "linear": "INTERP_TRIANGULAR",
    "cubic": "INTERP_CUBIC",
    "lanczos": "INTERP_LANCZOS3",
    "gaussian": "INTERP_GAUSSIAN",
}
#: DALI has no box filter; how far its closest kernel is from OpenCV's area, in levels (see benchmarks/zoo.py).
AREA_NOTE = (
    "DALI has no box filter: the triangular one is the closest. Measured against OpenCV's area on 12 photographs",
    "shrunk 1.5 to 3 times: mean 1.6 levels, largest 57.",
)


def write_dali(recipe: Recipe, *, name: str = "preprocess", feed: str = "encoded", source: str = "images") -> str:
    """Write a module with a DALI pipeline function ``name`` that does what the recipe says.

    ``feed`` is what the external source ``source`` gets: ``encoded`` files, or decoded ``rgb`` or ``bgr`` pictures (HWC
    uint8). The function takes ``device``, ``"cpu"`` or ``"gpu"``. Each line has the reason for its switches beside it.

    Raises ``UnsupportedStep`` for a step that DALI cannot be made to do, ``InputError`` for another feed.
    """
    if feed not in FEEDS:
        raise InputError(f"feed is {feed!r}, use one of {', '.join(FEEDS)}")
    if not name.isidentifier():
        raise InputError(f"{name!r} is not a name for a Python function")
    plain = canonical(recipe)
    _refuse_unknown(plain)
    draft = _Draft()
    body = _input_lines(plain, feed, source)
    if plain.geometry:
        body += ["shape = images.shape(dtype=types.INT32)", "height, width = shape[0], shape[1]"]
    for step in plain.geometry:
        body += _step_lines(step, draft)
    body += _normalize_lines(plain)
    body += _late_lines(plain, draft)
    return _module(recipe, name, body, draft)


@dataclass(kw_only=True)
class _Draft:
    """What a text needs besides the pipeline's body: helper functions by name, in the order of their first use."""

    functions: dict[str, str] = field(default_factory=dict)

    def need(self, *names: str) -> None:
        for name in names:
            self.functions.setdefault(name, runtime_text.functions()[name])

    def define(self, name: str, text: str) -> str:
        """Add a function and return its name, numbered when another one has it."""
        number, unique = 1, name
        while unique in self.functions and self.functions[unique] != text.replace(f"def {name}(", f"def {unique}("):
            number += 1
            unique = f"{name}_{number}"
        self.functions[unique] = text.replace(f"def {name}(", f"def {unique}(")
        return unique


def _refuse_unknown(plain: Plain) -> None:
    if plain.unknown:
        raise UnsupportedStep(
            f"{plain.source}: {plain.unknown[0].operator} has no known meaning, so it cannot be written"
        )
    if plain.channels not in ("RGB", "BGR", "GRAY"):
        raise UnsupportedStep(
            f"{plain.source}: the channels are {plain.channels!r}; only RGB, BGR and GRAY can be decoded"
        )


def _input_lines(plain: Plain, feed: str, source: str) -> list[str]:
    order = identifier(plain.channels)
    if feed == "encoded":
        exif = plain.orient is None or plain.orient.exif
        reader = plain.decode.library if plain.decode else "the training"
        return [
            f"images = fn.external_source(name={string(source)}, ndim=1, dtype=types.UINT8)",
            f"# {order} at once: the order that the network sees. The EXIF tag is {'' if exif else 'not '}applied,",
            f"# as {remark(reader)} does. On the CPU the pixels equal libjpeg-turbo's; nvJPEG's may differ by a few levels.",
            "images = fn.decoders.image(",
            '    images, device="mixed" if device == "gpu" else "cpu",',
            f"    output_type=types.{order}, adjust_orientation={boolean(exif)},",
            ")",
        ]
    lines = [
        f'images = fn.external_source(name={string(source)}, ndim=3, dtype=types.UINT8, layout="HWC")',
        'if device == "gpu":',
        "    images = images.gpu()",
    ]
    if feed.upper() != plain.channels:
        lines += [
            f"# Fed as {remark(feed.upper())}, but the network sees {order}.",
            f"images = fn.color_space_conversion(images, image_type=types.{identifier(feed.upper())}, "
            f"output_type=types.{order})",
        ]
    return lines


def _step_lines(step: Step, draft: _Draft) -> list[str]:
    if isinstance(step, Resize):
        return _resize_lines(step, draft)
    if isinstance(step, Crop):
        return _crop_lines(step, draft)
    assert isinstance(step, Pad)
    return _pad_lines(step, draft)


def _resize_lines(step: Resize, draft: _Draft) -> list[str]:
    draft.need("floats", *(["even_quotient"] if step.rounding == "half_even" else []))
    resized = draft.define("resized", dali_geometry.resized_function(step))
    lines = [f"new_height, new_width = {resized}(height, width)", *_kernel_lines(step, draft)]
    return [*lines, "height, width = new_height, new_width"]


def _kernel_lines(step: Resize, draft: _Draft) -> list[str]:
    library, kernel = remark(step.library), remark(step.kernel)
    sizes = "height, width, new_height, new_width"
    if step.kernel == "nearest" and step.library != "dali":
        draft.need("whole_levels", "tapped_columns", "tapped_resize", "nearest_tap")
        offset = "0.0 * scale" if step.library == "pillow" else "-0.5 * scale"
        which = "under the centre" if step.library == "pillow" else "before the corner"
        return [
            f"# {library}'s nearest pixel is the one {which}; on exact ties its own floating point decides.",
            f"images = tapped_resize(images, {sizes}, nearest_tap, offset=lambda scale: {offset})",
        ]
    if not step.antialias and step.library != "dali" and step.kernel in ("cubic", "lanczos"):
        taps = f"{step.kernel}_taps"
        draft.need("whole_levels", "tapped_columns", "tapped_resize", taps)
        between = "" if step.passes == "one" else ", between=whole_levels"
        return [
            f"# DALI has no such {kernel} kernel (its own: up to 19 levels away), so the taps are written out: 1 level.",
            f"images = tapped_resize(images, {sizes}, {identifier(taps)}, offset=lambda scale: -0.5{between})",
        ]
    if step.antialias and step.library in ("pillow", "torch") and step.kernel in INTERP:
        ways = {"pillow_13": "pillow_13_resize", "horizontal_first": "pillow_12_resize"}
        function = ways.get(step.passes, "filtered_resize")
        draft.need("whole_levels", "pillow_pass", function)
        return [
            f"# {library} widens the {kernel} filter when it shrinks; DALI calls bilinear with that filter triangular.",
            f"images = {function}(images, {sizes}, types.{identifier(INTERP[step.kernel])})",
        ]
    return _plain_resize(step)


def _plain_resize(step: Resize) -> list[str]:
    """Return DALI's own resize with the switches of the recipe."""
    kernel = "INTERP_LINEAR" if step.kernel == "linear" and not step.antialias else INTERP.get(step.kernel)
    antialias = step.antialias
    notes = [f"# No filter when shrinking and whole-pixel scale, as {remark(step.library)}: equal within 1 level."]
    if step.library == "dali":
        notes = ["# DALI's own resampling, its switches spelled out."]
    if step.kernel in ("area", "box"):
        kernel, antialias, notes = "INTERP_TRIANGULAR", True, [f"# {line}" for line in AREA_NOTE]
    if kernel is None:
        raise UnsupportedStep(
            f"DALI has no kernel close to {step.library}'s {step.kernel!r}; use another interpolation"
        )
    dtype = ", dtype=types.FLOAT" if step.dtype.startswith("float") else ""
    return [
        *notes,
        "images = fn.resize(",
        f"    images, size=floats(new_height, new_width), interp_type=types.{identifier(kernel)},",
        f"    antialias={boolean(antialias)}, subpixel_scale={boolean(step.subpixel)}{dtype},",
        ")",
    ]


def _crop_lines(step: Crop, draft: _Draft) -> list[str]:
    draft.need("halved")
    window = draft.define("window", dali_geometry.window_function(step))
    policy = {"pad": "pad", "trim": "error", "error": "error"}[step.out_of_bounds]
    fill = f", fill_values={_numbers(step.fill)}" if step.out_of_bounds == "pad" else ""
    return [
        f"top, left, height, width = {window}(height, width)",
        "# Sliced at whole pixels: the offset of fn.crop is a fraction that DALI rounds its own way.",
        "images = fn.slice(",
        "    images, start=fn.stack(top, left), shape=fn.stack(height, width), axes=[0, 1],",
        f"    out_of_bounds_policy={string(policy)}{fill},",
        ")",
    ]


def _pad_lines(step: Pad, draft: _Draft) -> list[str]:
    padded = draft.define("padded", dali_geometry.padded_function(step))
    return [
        f"top, left, height, width = {padded}(height, width)",
        f"# The picture lies {'in the centre' if step.position == 'centre' else 'at the top left'}; the rest is filled.",
        "images = fn.slice(",
        "    images, start=fn.stack(top, left), shape=fn.stack(height, width), axes=[0, 1],",
        f'    out_of_bounds_policy="pad", fill_values={_numbers(step.fill)},',
        ")",
    ]


def _normalize_lines(plain: Plain) -> list[str]:
    if plain.statistics is not None:
        axes = plain.statistics.axes or "HW"
        dims = [position for position, axis in enumerate("HWC") if axis in axes]
        lines = [
            "# Mean and standard deviation of each picture itself.",
            f"images = fn.normalize(images, axes={listed(dims, integer)}, dtype=types.FLOAT)",
        ]
        return lines + (
            ['images = fn.transpose(images, perm=[2, 0, 1], output_layout="CHW")'] if plain.layout == "CHW" else []
        )
    if plain.dtype == "uint8" and is_identity(plain.normalize):
        return ["images = fn.transpose(images, perm=[2, 0, 1])"] if plain.layout == "CHW" else []
    half = plain.dtype == "float16"
    note = (
        "only the number type and the layout change"
        if is_identity(plain.normalize)
        else "(x - mean) / std in levels of 0..255"
    )
    return [
        f"# {note[0].upper() + note[1:]}, channels in the order {remark(plain.channels)}.",
        "images = fn.crop_mirror_normalize(",
        f"    images, dtype=types.{'FLOAT16' if half else 'FLOAT'}, output_layout={string(plain.layout)},",
        f"    mean={_numbers(plain.normalize.mean)}, std={_numbers(_spread(plain.normalize))},",
        ")",
    ]


def _spread(step: Normalize) -> tuple[float, ...]:
    return tuple(std / step.scale for std in step.std)


def _late_lines(plain: Plain, draft: _Draft) -> list[str]:
    if not plain.late:
        return []
    axes = [plain.layout.index("H"), plain.layout.index("W")]
    lines = []
    if not plain.geometry:
        lines += [
            "shape = images.shape(dtype=types.INT32)",
            f"height, width = shape[{integer(axes[0])}], shape[{integer(axes[1])}]",
        ]
    for step in plain.late:
        lines += [line.replace("axes=[0, 1]", f"axes={listed(axes, integer)}") for line in _step_lines(step, draft)]
    return lines


def _numbers(values: tuple[float, ...]) -> str:
    return listed(values, lambda value: decimal(float(f"{value:.10g}")))


def _module(recipe: Recipe, name: str, body: list[str], draft: _Draft) -> str:
    texts = "".join(f"\n\n{text.strip()}\n" for text in draft.functions.values())
    numpy = "import numpy as np\n" if "np." in texts else ""
    math = "math, " if "math." in texts else ""
    recipe_text = "\n".join(remark(line).rstrip() for line in describe(recipe).splitlines())
    lines = "\n".join(f"    {line}" for line in body)
    layout = remark(canonical(recipe).layout)
    return f'''"""Preprocess pictures as {remark(recipe.source)} does.

Sizes and offsets are computed in the graph in whole numbers, so that every picture gets the size and the window that
the training gave it.

{recipe_text}
"""

{numpy}from nvidia.dali import fn, {math}pipeline_def, types
{texts}

@pipeline_def
def {identifier(name)}(device="cpu"):
    """Define the pipeline; ``device`` is "cpu" or "gpu". Returns {layout} tensors as the network sees them."""
{lines}
    return images
'''
