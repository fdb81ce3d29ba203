"""Which reading of its files each side starts from is told from final tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from pixelparity import diagnosis, pictures, readings
from pixelparity.diagnosis.results import Diagnosis
from tests.diagnosis import sides


def diagnosed(files: list[Path], reference: Any, deployed: Any) -> Diagnosis:
    """Return the diagnosis of two functions from a file to a tensor (HWC) on these files."""
    names = [f"picture{n}" for n in range(len(files))]
    one, other = (
        sides.final(name, [f(x) for x in files]) for name, f in (("reference", reference), ("deployed", deployed))
    )
    found = {name: readings.of(file) for name, file in zip(names, files, strict=True)}
    return diagnosis.diagnose(
        one,
        other,
        raw={name: pictures.read_rgb(file, cmyk=True) for name, file in zip(names, files, strict=True)},
        readings={name: reading for name, reading in found.items() if reading is not None},
    )


def small(levels: np.ndarray) -> np.ndarray:
    """Return levels of any depth as a side makes a tensor of them: 96 x 96, divided by 255."""
    return (cv2.resize(levels, (96, 96)).astype(np.float32) / 255).astype(np.float32)


def alike(family: str, found: Diagnosis) -> None:
    """Assert that one family is named, and hardly anything is left."""
    assert [cause.family for cause in found.causes] == [family]
    assert found.unexplained["mean"] < 1.5 / 255


@pytest.fixture
def drawn() -> list[np.ndarray]:
    """Pictures that the files are made from."""
    return sides.pictures()


@pytest.mark.parametrize("ground", [255, 0])
def test_transparency_over_a_ground_against_dropped(drawn: list[np.ndarray], tmp_path: Path, ground: int) -> None:
    """One side blends, the other drops: alpha_gray, whichever blends."""
    files = []
    for n, picture in enumerate(drawn):
        alpha = np.clip(
            np.hypot(*np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]) * 200, 0, 255
        )
        files.append(tmp_path / f"{n}.png")
        PIL.Image.fromarray(np.dstack([picture, alpha.astype(np.uint8)])).save(files[-1])

    def blended(file: Path) -> np.ndarray:
        shown = PIL.Image.open(file)
        under = PIL.Image.new("RGBA", shown.size, (ground, ground, ground, 255))
        return small(np.asarray(PIL.Image.alpha_composite(under, shown).convert("RGB")))

    def dropped(file: Path) -> np.ndarray:
        return small(np.asarray(PIL.Image.open(file))[..., :3])

    alike("alpha_gray", diagnosed(files, dropped, blended))
    alike("alpha_gray", diagnosed(files, blended, dropped))
    assert diagnosed(files, blended, blended).verdict == "match"


def test_indices_taken_for_colours(drawn: list[np.ndarray], tmp_path: Path) -> None:
    """A palette is looked up on one side alone."""
    files = []
    for n, picture in enumerate(drawn):
        files.append(tmp_path / f"{n}.png")
        PIL.Image.fromarray(picture).convert("P", palette=PIL.Image.Palette.ADAPTIVE).save(files[-1])

    def colours(file: Path) -> np.ndarray:
        return small(np.asarray(PIL.Image.open(file).convert("RGB")))

    def indices(file: Path) -> np.ndarray:
        return small(np.dstack([np.asarray(PIL.Image.open(file))] * 3))

    alike("palette", diagnosed(files, colours, indices))
    assert diagnosed(files, indices, indices).verdict == "match"


@pytest.mark.parametrize(
    ("served", "scale"),
    [(lambda v: np.minimum(v, 255), 64), (lambda v: v & 255, 64), (lambda v: v >> 8, 1)],
    ids=["cut off", "low byte", "high byte"],
)
def test_eight_of_sixteen_bits(drawn: list[np.ndarray], tmp_path: Path, served: Any, scale: int) -> None:
    """The training reads all bits, serving some: bit_depth, with the rounding that comes with it."""
    files = []
    for n, picture in enumerate(drawn):
        values = picture[..., 0].astype(np.uint16) ** 2 // scale
        files.append(tmp_path / f"{n}.png")
        cv2.imwrite(str(files[-1]), values)

    def whole(file: Path) -> np.ndarray:
        values = cv2.imread(str(file), cv2.IMREAD_UNCHANGED).astype(np.float32) / 257
        return small(np.dstack([values] * 3))

    def part(file: Path) -> np.ndarray:
        return small(np.dstack([served(cv2.imread(str(file), cv2.IMREAD_UNCHANGED)).astype(np.uint8)] * 3))

    found = diagnosed(files, whole, part)
    assert [cause.family for cause in found.causes] == ["bit_depth"]
    assert diagnosed(files, whole, whole).verdict == "match"


def test_some_files_alone_are_spoken_of(drawn: list[np.ndarray], tmp_path: Path) -> None:
    """Three of six are CMYK, and serving takes their first planes for colours."""
    files = []
    for n, picture in enumerate(drawn):
        files.append(tmp_path / f"{n}.tif")
        PIL.Image.fromarray(picture).convert("CMYK" if n % 2 else "RGB").save(files[-1])

    def converted(file: Path) -> np.ndarray:
        return small(np.asarray(PIL.Image.open(file).convert("RGB")))

    def planes(file: Path) -> np.ndarray:
        shown = PIL.Image.open(file)
        return small(np.ascontiguousarray(np.asarray(shown)[..., :3]))

    found = diagnosed(files, converted, planes)
    alike("alpha_gray", found)
    assert "3 files" in found.causes[0].text
