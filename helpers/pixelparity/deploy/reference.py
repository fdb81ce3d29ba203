"""The reference model at work: MMPretrain's own loading, preprocessing and answer, and what happens inside for given tensors."""

from __future__ import annotations

import contextlib
import io
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.errors import InputError


def load_model(config: str | Path, checkpoint: str | Path) -> Any:
    """Return the MMPretrain model in evaluation mode, on the CPU, with the checkpoint's weights.

    The same call loads a user's own config and checkpoint (a file or an address that mmengine can fetch).
    """
    from mmengine.registry import init_default_scope
    from mmpretrain.apis import get_model

    quiet()
    init_default_scope("mmpretrain")
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # mmengine prints where it loads from
            model = get_model(str(config), pretrained=str(checkpoint), device="cpu")
    except (OSError, KeyError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        raise InputError(f"cannot load {checkpoint} into {config}: {str(error).splitlines()[0]}") from error
    return model.eval()


def probabilities(model: Any, pictures: Mapping[str, Path], *, batch: int = 1) -> dict[str, NDArray[np.float32]]:
    """Return each picture's class probabilities, shape (classes,), through MMPretrain's own test pipeline.

    This is the reference that everything else is held against.
    """
    import torch
    from mmengine.dataset import Compose, default_collate
    from tqdm.auto import tqdm

    pipeline = Compose(model._config.test_dataloader.dataset.pipeline)  # noqa: SLF001 - MMPretrain has no other way
    names = list(pictures)
    found: dict[str, NDArray[np.float32]] = {}
    for start in tqdm(range(0, len(names), batch), desc="PyTorch", unit="batch"):
        part = names[start : start + batch]
        data = default_collate([pipeline({"img_path": str(pictures[name])}) for name in part])
        with torch.no_grad():
            samples = model.test_step(data)
        found |= {name: s.pred_score.numpy().astype(np.float32) for name, s in zip(part, samples, strict=True)}
    return found


def logits(model: Any, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits, shape (images, classes), for final tensors of shape (images, 3, height, width): no preprocessing at all."""
    import torch

    with torch.no_grad():
        scores = model.head.fc(model.extract_feat(torch.from_numpy(np.ascontiguousarray(tensors)))[-1])
    return np.asarray(scores.numpy(), np.float32)


def activation_ranges(model: Any, tensors: NDArray[np.float32]) -> dict[str, tuple[float, float]]:
    """Return the (lowest, highest) value of the input, of the backbone's stages, the neck and the logits for final tensors.

    ``tensors`` has shape (images, 3, height, width).
    """
    ranges: dict[str, tuple[float, float]] = {"input": (float(tensors.min()), float(tensors.max()))}
    watched = {"stem": model.backbone.layer1, "neck": model.neck, "logits": model.head.fc}
    watched |= {f"stage {n}": getattr(model.backbone, f"stage{n}") for n in (2, 3, 4)}

    def watch(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            values = list(_flat(output))
            ranges[name] = (min(float(v.min()) for v in values), max(float(v.max()) for v in values))

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in watched.items()]
    try:
        logits(model, tensors)
    finally:
        for handle in handles:
            handle.remove()
    order = ("input", "stem", "stage 2", "stage 3", "stage 4", "neck", "logits")
    return {name: ranges[name] for name in order if name in ranges}


def quiet() -> None:
    """Silence the warnings that OpenMMLab's packages print on import and on loading a model."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module=r"(mmcv|mmengine|mmpretrain)\..*")
    logging.getLogger("mmengine").setLevel(logging.WARNING)


def _flat(output: Any) -> Iterator[Any]:
    if isinstance(output, (list, tuple)):
        for entry in output:
            yield from _flat(entry)
    else:
        yield output
