"""Recipes of OpenCLIP: the ``open_clip_config.json`` beside its weights; open_clip itself is not needed.

The meaning is that of ``open_clip.transform.image_transform`` for inference, the defaults those of its ``PreprocessCfg``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import MAPPING, PIXELS, Rule, number, per_channel, shown, within
from pixelparity.recipes import (
    Cast,
    Crop,
    Layout,
    Normalize,
    Recipe,
    Resize,
    Step,
    installed_pillow_passes,
    pillow_decode,
    read_settings,
    with_defaults,
)
from pixelparity.sources.protocol import WAY_ON, Form, Source, register

DEFAULTS: Mapping[str, Any] = {
    "size": 224,
    "mode": "RGB",
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "std": (0.26862954, 0.26130258, 0.27577711),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
    "fill_color": 0,
}
#: For inference, ``random`` is bicubic.
KERNELS = {"bicubic": "cubic", "bilinear": "linear", "random": "cubic"}
MODES = ("shortest", "longest", "squash")
#: The fields of OpenCLIP's own ``CLIPVisionCfg`` (3.0 and before): a fork that has others may feed its network otherwise.
VISION = frozenset((
    "layers", "width", "head_width", "mlp_ratio", "patch_size", "image_size", "image_seq_len", "ls_init_value",
    "patch_dropout", "attentional_pool", "attn_pooler_queries", "attn_pooler_heads", "no_ln_pre", "pos_embed_type",
    "final_ln_after_pool", "pool_type", "output_tokens", "act_kwargs", "norm_kwargs", "block_type", "qk_norm",
    "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc", "timm_model_name",
    "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop", "timm_drop_path", "timm_model_kwargs",
    "input_patchnorm", "global_average_pool", "n_queries",
))  # fmt: skip
_SIZE = per_channel(PIXELS, 2, least=2, most=2)
RULES: Mapping[str, Rule] = {
    "size": _SIZE,
    "mean": per_channel(number(), 3, least=3, most=3),
    "std": per_channel(number(zero=False), 3, least=3, most=3),
    "fill_color": per_channel(number(0, 255), 1),
}


def recipe(config: str | Path) -> Recipe:
    """Read the recipe of an ``open_clip_config.json``, or of the folder that it is in.

    Raises ``InputError`` when it is not one, ``UnsupportedStep`` for a setting without a known meaning.
    """
    path = Path(config) / "open_clip_config.json" if Path(config).is_dir() else Path(config)
    content, source = read_settings(path, "open_clip_config.json"), f"openclip:{config}"
    with within(source):
        return Recipe(source=source, steps=_steps(content))


def _steps(content: Mapping[str, Any]) -> tuple[Step, ...]:
    if "preprocess_cfg" not in content:
        raise InputError("it has no preprocess_cfg; give OpenCLIP's open_clip_config.json")
    given = MAPPING(content["preprocess_cfg"], "preprocess_cfg")
    unknown = sorted(set(given) - set(DEFAULTS))
    if unknown:
        raise UnsupportedStep(f"the meaning of {shown(unknown[0])} in preprocess_cfg is not known; {WAY_ON}")
    settings = {name: value for name, value in given.items() if value is not None}
    model = MAPPING(content.get("model_cfg") or {}, "model_cfg")
    size = _vision(model).get("image_size")
    if size is not None:  # OpenCLIP takes the model's own size over that of the preprocessing
        settings["size"] = size
    chosen = frozenset(settings)
    merged = {**DEFAULTS, **settings}
    merged |= {name: rule(merged[name], name) for name, rule in RULES.items()}
    for name, known in (("interpolation", tuple(KERNELS)), ("resize_mode", MODES), ("mode", ("RGB",))):
        if merged[name] not in known:
            raise UnsupportedStep(f"{name} {shown(merged[name])} is not known, only {', '.join(known)}; {WAY_ON}")
    origin = "vision_cfg.image_size" if size is not None else "size"
    opened = pillow_decode(
        "the caller's Image.open; one with transparency is scaled, weighted by it, before it becomes RGB"
    )
    return (*opened, *_geometry(merged, chosen, origin), *_end(merged, chosen))


def _vision(model: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of the vision tower; raise ``UnsupportedStep`` for those that OpenCLIP itself does not have."""
    vision: Mapping[str, Any] = MAPPING(model.get("vision_cfg") or {}, "model_cfg.vision_cfg")
    others = sorted(set(vision) - VISION)
    if others:
        raise UnsupportedStep(
            f"its vision_cfg has {shown(', '.join(others))}, which OpenCLIP does not know: it is for a network of another "
            f"project, which may be fed otherwise; {WAY_ON}"
        )
    return vision


def _geometry(settings: Mapping[str, Any], chosen: frozenset[str], size_from: str) -> tuple[Step, ...]:
    height, width = settings["size"]
    mode = settings["resize_mode"]
    interpolation, named = settings["interpolation"], {"kernel"} if "interpolation" in chosen else set()
    target: dict[str, Any] = {"height": height, "width": width}
    if mode == "squash":
        target |= {"mode": "stretch", "rounding": "none"}
    elif mode == "longest":
        target |= {"mode": "not_larger", "rounding": "half_even"}
    elif height == width:
        target = {"mode": "shorter", "size": height, "rounding": "floor"}
    else:
        # The interpolation is not handed on here: OpenCLIP's own default is bicubic.
        target |= {"mode": "not_smaller", "rounding": "half_even"}
        interpolation, named = "bicubic", set()
    resize = Resize(
        **target, kernel=KERNELS[interpolation], antialias=True, subpixel=False, library="pillow",
        passes=installed_pillow_passes(), origin=f"resize_mode, interpolation, {size_from}",
    )  # fmt: skip
    sizes = {"height", "width", "size"} if "size" in chosen else set()
    step = with_defaults(resize, named | sizes | ({"mode"} if "resize_mode" in chosen else set()))
    if mode == "squash":
        return (step,)
    fill = settings["fill_color"] if mode == "longest" else (0.0,)
    # A picture that is smaller is padded, with the odd pixel below and to the right, before it is cut.
    crop = Crop(height=height, width=width, rounding="half_even", out_of_bounds="pad", fill=fill, origin=size_from)
    window = {"height", "width"} if "size" in chosen else set()
    window |= {"fill"} if mode == "longest" and "fill_color" in chosen else set()
    return step, with_defaults(crop, {"anchor"} | window)


def _end(settings: Mapping[str, Any], chosen: frozenset[str]) -> tuple[Step, ...]:
    normalize = Normalize(mean=settings["mean"], std=settings["std"], origin="mean, std")
    return (
        Layout(source="HWC", target="CHW", origin="ToTensor"),
        Cast(dtype="float32", origin="ToTensor"),
        Normalize(scale=1 / 255, origin="ToTensor"),
        replace(with_defaults(normalize, chosen & {"mean", "std"}), origin="mean, std"),
    )


register(
    Source(
        kind="openclip",
        forms=(
            Form(
                text="openclip:open_clip_config.json",
                takes="the config beside OpenCLIP's weights, or its folder",
                example="openclip:clip/open_clip_config.json",
                executes=False,
                handling="JSON; open_clip is not needed",
            ),
        ),
        recipe=recipe,
    )
)
