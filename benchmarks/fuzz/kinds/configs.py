"""Settings of Hugging Face, timm and MMDeploy: wrong types, code in every text and number, damaged JSON."""

from __future__ import annotations

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

HUGGINGFACE = (
    {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": 48, "width": 48}, "resample": 2,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    },
    {
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 48}, "do_center_crop": True,
        "crop_size": {"height": 48, "width": 48}, "resample": 3, "do_convert_rgb": True,
    },
    {"feature_extractor_type": "ConvNextFeatureExtractor", "size": {"shortest_edge": 48}, "crop_pct": 0.875},
)  # fmt: skip
TIMM = (
    {
        "input_size": [3, 48, 48], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center",
        "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
    },
    {"pretrained_cfg": {"input_size": [3, 48, 40], "crop_mode": "border", "mean": 0.5, "std": [0.2, 0.2, 0.2]}},
)  # fmt: skip
TRANSFORMS = [
    {"type": "LoadImageFromFile", "color_type": "color"},
    {"type": "Resize", "size": [48, -1], "keep_ratio": True, "interpolation": "bilinear"},
    {"type": "CenterCrop", "crop_size": [48, 48]},
    {"type": "Pad", "size": [48, 48], "size_divisor": 1, "pad_val": {"img": 0}},
    {"type": "Normalize", "mean": [1.0, 2.0, 3.0], "std": [1.0, 2.0, 3.0], "to_rgb": True},
    {"type": "ImageToTensor", "keys": ["img"]},
    {"type": "Collect", "keys": ["img"]},
]
MMDEPLOY = ({"pipeline": {"tasks": [{"name": "pre", "module": "Transform", "transforms": TRANSFORMS}]}},)
BASES = {"huggingface": HUGGINGFACE, "timm": TIMM, "mmdeploy": MMDEPLOY}


@st.composite
def attempts(draw: st.DrawFn, kind: str) -> Attempt:
    """Return changed settings, compared with themselves; some are written as source and run."""
    content = draw(changes.written_json(draw(st.sampled_from(BASES[kind]))))
    side, files = f"{kind}:settings.json", {"settings.json": content}
    commands: tuple[tuple[str, ...], ...] = (("diff", side, side),)
    further = draw(st.sampled_from(("read",) * 6 + ("write",) * 3 + ("run",)))
    if further == "write":
        commands = (*commands, ("repair", "--reference", side))
    if further == "run":
        files |= {f"{base.PICTURES}/drawn.png": base.picture()}
        commands = (*commands, base.diagnose(side, side))
    return Attempt(kind=kind, name=further, files=files, commands=commands, wrong=frozenset({1}))
