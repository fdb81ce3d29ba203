"""Train the reference classifier: MMPretrain's config, Runner and evaluation, nothing of ours between."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelparity.deploy import cache, dataset
from pixelparity.deploy.reference import quiet
from pixelparity.errors import InputError

CONFIG = Path(__file__).parent / "configs" / "hrnet_w30_surface.py"
CHECKPOINT = "model.pth"


def load_config(config: str | Path, data_root: Path | None = None) -> Any:
    """Return the mmengine ``Config`` of a file, its data sets pointed at ``data_root`` where that is given.

    What the config wants imported is not: reading takes a fraction of a second, MMPretrain several.
    """
    from mmengine.config import Config

    path = Path(config)
    if not path.is_file():
        raise InputError(f"{path} does not exist; give an MMPretrain config file")
    loaded = Config.fromfile(str(path), import_custom_modules=False)
    for name in ("train_dataloader", "statistics_dataloader", "test_dataloader"):
        if data_root is not None and name in loaded:
            loaded[name].dataset.data_root = str(data_root)
    return loaded


def ensure_trained(data_root: Path, *, config: Path = CONFIG, folder: Path | None = None) -> Path:
    """Return the path of the trained checkpoint, trained on the first call (one to two minutes on two cores).

    Beside it lies ``evaluation.json`` with the accuracy that MMPretrain's own test loop measured on the validation pictures.
    """
    digest = cache.key(config, Path(__file__), CONFIG.parents[1] / "transforms.py", data_root, _versions())
    return cache.build("model", digest, lambda target: _train(config, data_root, target), folder=folder) / CHECKPOINT


def accuracy(checkpoint: Path) -> dict[str, float]:
    """Return ``{"accuracy": 0..1, "images": count}`` as MMPretrain measured it right after training."""
    measured: dict[str, float] = json.loads((checkpoint.parent / "evaluation.json").read_text(encoding="utf-8"))
    return measured


def _train(config: Path, data_root: Path, target: Path) -> None:
    """Train, re-estimate batch-norm statistics at full size, evaluate and write the checkpoint."""
    import torch
    from mmengine.runner import Runner
    from mmengine.utils import import_modules_from_strings
    from mmpretrain.engine.hooks.precise_bn_hook import update_bn_stats

    quiet()
    loaded = load_config(config, data_root)
    import_modules_from_strings(**loaded.get("custom_imports", {"imports": []}))
    with tempfile.TemporaryDirectory(prefix="train-") as work:
        loaded.work_dir = work
        runner = Runner.from_cfg(loaded)
        with _progress(runner):
            runner.train()
        full_size = Runner.build_dataloader(loaded.statistics_dataloader, seed=loaded.randomness.seed)
        runner.model.train()
        update_bn_stats(runner.model, full_size, num_samples=loaded.statistics_images)
        measured = runner.test()
    checkpoint = {"state_dict": runner.model.state_dict(), "meta": {"dataset_meta": {"classes": list(dataset.CLASSES)}}}
    torch.save(checkpoint, target / CHECKPOINT)
    result = {"accuracy": measured["accuracy/top1"] / 100, "images": len(runner.test_dataloader.dataset)}
    (target / "evaluation.json").write_text(json.dumps(result), encoding="utf-8")


@contextmanager
def _progress(runner: Any) -> Iterator[None]:
    """Show a bar of the training's steps."""
    from mmengine.hooks import Hook
    from tqdm.auto import tqdm

    class Bar(Hook):
        """Move the bar after each step."""

        def after_train_iter(self, *_arguments: Any, **_options: Any) -> None:
            bar.update(1)

    with tqdm(total=runner.max_iters, desc="training", unit="step") as bar:
        runner.register_hook(Bar())
        yield


def _versions() -> str:
    from importlib.metadata import version

    return ",".join(f"{name}={version(name)}" for name in ("torch", "mmpretrain", "mmengine", "mmcv-lite", "numpy"))
