"""The demo's folder is written once, stays its user's, and holds photographs and two sides that differ as they seem to."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity import demo, extras, pictures, tools
from pixelparity.demo import photographs
from pixelparity.errors import InputError, MissingLibrary


@pytest.fixture
def made(tmp_path: Path) -> demo.Demo:
    """Return a demo that was just written."""
    return demo.write(tmp_path / "a folder")


def test_the_pictures_are_parts_of_a_photograph(made: demo.Demo) -> None:
    """Each picture is the named part of the photograph, in colour, of several shapes, and none is small."""
    found = pictures.find([made.pictures])
    assert set(found) == set(photographs.PARTS)
    with PIL.Image.open(photographs.source()) as opened:
        whole = np.asarray(opened.convert("RGB"))
    shapes = set()
    for name, (left, top, right, bottom) in photographs.PARTS.items():
        part = pictures.read_rgb(found[name], strict=True)
        assert np.array_equal(part, whole[top:bottom, left:right])
        assert min(part.shape[:2]) >= 256
        shapes.add(np.sign(part.shape[0] - part.shape[1]))
    assert shapes == {-1, 0, 1}


def test_the_faults_are_found_and_nothing_else(made: demo.Demo) -> None:
    """The diagnosis names the three faults, in the order of their weight, and leaves less than it tolerates."""
    found = tools.diagnose(made.reference, made.deployed, pictures.find([made.pictures]))
    assert [cause.family for cause in found.causes] == ["mean_std_wrong_range", "channel_order", "antialias"]
    assert found.unexplained["mean"] <= found.tolerance["mean"]


def test_a_mended_service_stays_and_matches(made: demo.Demo) -> None:
    """What the user changes is not written over; with all three faults mended the two sides match."""
    service = made.pictures.parent / "serve.py"
    text = service.read_text(encoding="utf-8")
    mends = (
        ("decoded = cv2.imread(str(path))", "decoded = cv2.imread(str(path))[..., ::-1].copy()"),
        ("astype(np.float32) - MEAN", "astype(np.float32) / 255 - MEAN"),
        ("resized = cv2.resize(decoded, (round(width * scale), round(height * scale)))",
         "from PIL import Image\n    size = (round(width * scale), round(height * scale))\n"
         "    resized = np.asarray(Image.fromarray(decoded).resize(size, Image.Resampling.BILINEAR))"),
    )  # fmt: skip
    for before, after in mends:
        assert text.count(before) == 1
        text = text.replace(before, after)
    service.write_text(text, encoding="utf-8")
    again = demo.write(made.pictures.parent)
    assert again == made
    assert service.read_text(encoding="utf-8") == text
    assert tools.diagnose(made.reference, made.deployed, pictures.find([made.pictures])).verdict == "match"


def test_the_command_is_a_command_line(made: demo.Demo) -> None:
    """A folder with a space in its name is one word of the command that is printed."""
    words = shlex.split(made.command)
    assert words == [
        "diagnose", "--reference", made.reference, "--deployed", made.deployed, "--images", str(made.pictures),
    ]  # fmt: skip


def test_what_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Matplotlib without its photograph, none at all, and a folder that is a file have each their sentence."""
    import matplotlib

    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="file/pictures cannot be written"):
        demo.write(tmp_path / "file")
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(InputError, match="without its photograph"):
        photographs.source()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingLibrary) as caught:
        photographs.source()
    assert str(caught.value).endswith(extras.install("report"))
