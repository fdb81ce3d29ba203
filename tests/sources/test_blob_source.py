"""OpenCV's blobs: the parameters of a call, against ``cv2.dnn.blobFromImage`` itself, and what a text does not hold."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Recipe, Resize
from pixelparity.sources import blob
from tests.sources.simulating import simulate

PICTURE = np.random.default_rng(5).integers(0, 256, (60, 97, 3), dtype=np.uint8)
DETECTOR = """
import cv2
SIZE = (48, 32)
SCALE = 1 / 255.0
net = cv2.dnn.readNet("model.onnx")
image = cv2.imread("street.jpg")
inputs = cv2.dnn.blobFromImage(image, SCALE, SIZE, swapRB=True, crop=False)
net.setInput(inputs)
print(inputs.shape)
"""


def written(folder: Path, text: str) -> Recipe:
    """Return the recipe of a Python file."""
    file = folder / "detect.py"
    file.write_text(text)
    return blob.recipe(str(file))


def test_a_detector_is_read_in_order(tmp_path: Path) -> None:
    """A file with an imread and a blob is decoded, scaled, cast, swapped, multiplied and transposed."""
    assert written(tmp_path, DETECTOR).steps == (
        Decode(library="opencv", channels="BGR"), Orient(exif=True),
        Resize(mode="stretch", height=32, width=48, kernel="linear", antialias=False, subpixel=False, library="opencv",
               rounding="none"),
        Cast(dtype="float32"), Colour(source="BGR", target="RGB"), Normalize(mean=(0.0, 0.0, 0.0)), Normalize(scale=1 / 255),
        Layout(source="HWC", target="CHW"),
    )  # fmt: skip


def test_defaults_of_opencv_are_marked() -> None:
    """A call with a size alone has a scale of 1, no mean and no swap, none of them chosen; so is the reader of the picture."""
    read = blob.recipe("size=(8, 6)")
    mean, scale = read.of_kind("normalize")
    assert isinstance(mean, Normalize)
    assert isinstance(scale, Normalize)
    assert (mean.mean, scale.scale) == ((0.0, 0.0, 0.0), 1.0)
    assert "mean" in mean.defaulted
    assert "scale" in scale.defaulted
    assert not read.of_kind("colour")
    assert {"library", "channels"} <= read.steps[0].defaulted


PARAMETERS = [
    "size=(48,32)",
    "scalefactor=1/255,size=(48,32),swapRB=True",
    "scalefactor=0.017,size=(24,24),mean=(103.94,116.78,123.68)",
    "scalefactor=0.017,size=(24,24),mean=(123.68,116.78,103.94),swapRB=True",
    "scalefactor=1/127.5,size=(97,60),mean=127.5",
    "mean=(1,2),swapRB=True",
    "1.0, (30, 30), (104, 117, 123), False, False",
    "size=(8,6),ddepth=CV_8U,swapRB=True",
    "size=(97,60),crop=True",
]


@pytest.mark.parametrize("text", PARAMETERS)
def test_recipes_compute_what_opencv_does(text: str) -> None:
    """What the recipe says of a picture is OpenCV's own blob, within float32's rounding."""
    expected = eval(f"cv2.dnn.blobFromImage(PICTURE, {text})", {"cv2": cv2, "PICTURE": PICTURE, "CV_8U": cv2.CV_8U})[0]
    np.testing.assert_allclose(simulate(blob.recipe(text), PICTURE), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("size", [(48, 32), (24, 24), (20, 50), (300, 90)])
def test_a_crop_is_a_scale_to_cover_and_the_middle(size: tuple[int, int]) -> None:
    """With ``crop`` the picture covers the size, its other edge is rounded to even, and the window is rounded down."""
    read = blob.recipe(f"size={size},crop=True")
    (resize,), (crop,) = read.of_kind("resize"), read.of_kind("crop")
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.rounding, resize.subpixel) == ("not_smaller", "half_even", True)
    assert crop == Crop(height=size[1], width=size[0], rounding="floor", out_of_bounds="error")
    factor = float(max(np.float32(size[0]) / np.float32(97), np.float32(size[1]) / np.float32(60)))
    scaled = cv2.resize(PICTURE, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    assert scaled.shape[:2] == (round(60 * factor), round(97 * factor))
    top, left = (scaled.shape[0] - size[1]) // 2, (scaled.shape[1] - size[0]) // 2
    window = scaled[top : top + size[1], left : left + size[0]].transpose(2, 0, 1)
    np.testing.assert_array_equal(cv2.dnn.blobFromImage(PICTURE, size=size, crop=True)[0], window)


def test_one_number_is_the_first_channels_mean() -> None:
    """OpenCV takes a single mean for the first channel alone, whatever its author meant."""
    (mean, _) = blob.recipe("mean=127.5").of_kind("normalize")
    assert mean == Normalize(mean=(127.5, 0.0, 0.0))


BEFORE = """
import cv2
import numpy as np
MEAN = np.array([104.0, 117.0, 123.0])

def network_input(path):
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    small = cv2.resize(image, (40, 30), interpolation=cv2.INTER_AREA)
    return cv2.dnn.blobFromImage(small.copy(), mean=MEAN)

def other(frame):
    return cv2.dnn.blobFromImages([frame[:, :, ::-1]], 1.0, (8, 8))
"""


def test_what_happens_before_is_read(tmp_path: Path) -> None:
    """A swap and a scale before the blob are steps, and each function has its own."""
    (tmp_path / "f.py").write_text(BEFORE)
    read = blob.recipe(f"{tmp_path}/f.py:network_input")
    assert [step.kind for step in read.steps] == [
        "decode",
        "orient",
        "colour",
        "resize",
        "cast",
        "normalize",
        "normalize",
        "layout",
    ]
    (resize,) = read.of_kind("resize")
    assert isinstance(resize, Resize)
    assert (resize.kernel, resize.height, resize.width) == ("area", 30, 40)
    other = blob.recipe(f"{tmp_path}/f.py:other")
    assert other.of_kind("colour") == (Colour(source="BGR", target="RGB"),)
    assert "channels" in other.steps[0].defaulted
    with pytest.raises(InputError, match="on the lines 10, 13: name the function"):
        blob.recipe(f"{tmp_path}/f.py")
    with pytest.raises(InputError, match="has no function 'none'"):
        blob.recipe(f"{tmp_path}/f.py:none")


def test_drawing_into_the_picture_afterwards_is_no_part_of_it(tmp_path: Path) -> None:
    """A loop below the blob that draws its boxes changes the picture only when the network has had it; one around it does."""
    text = "image = cv2.imread('a.jpg')\n{0}net.setInput(cv2.dnn.blobFromImage(image, 1 / 255, (64, 64)))\n"
    drawn = "for box in boxes:\n    cv2.rectangle(image, box, (0, 0, 255), 2)\n"
    assert [step.kind for step in written(tmp_path, text.format("") + drawn).of_kind("resize")] == ["resize"]
    around = text.format("while True:\n    ") + "    cv2.rectangle(image, (0, 0), (9, 9), 0)\n"
    with pytest.raises(UnsupportedStep, match="whose meaning is not known"):
        written(tmp_path, around)


REFUSED = {
    "b = cv2.dnn.blobFromImage(image)\nb /= 255\n": "goes on with the blob",
    "b = cv2.dnn.blobFromImage(image)\nb[0] = (b[0] - 1) / 2\n": "goes on with the blob",
    "net.setInput(cv2.dnn.blobFromImage(image) / 255)\n": "goes on with the blob",
    "image = image[10:20]\nnet.setInput(cv2.dnn.blobFromImage(image))\n": r"image\[10:20\], whose meaning is not known",
    "image = cv2.GaussianBlur(image, (3, 3), 0)\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "GaussianBlur",
    "image //= 2\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "whose meaning is not known",
    "if x:\n    image = cv2.imread('b.jpg')\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "whose meaning is not known",
    "cv2.rectangle(image, (0, 0), (1, 1), 0)\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "cv2.rectangle",
    "for i in range(2):\n    net.setInput(cv2.dnn.blobFromImage(image))\n    image = image * 2\n": "whose meaning is not known",
    "net.setInput(cv2.dnn.blobFromImage(image), 'data', 0.5)\n": "goes on with the blob",
    "b = cv2.dnn.blobFromImage(image)\ndef go():\n    return net(b / 255)\n": "'b' goes on in def go",
    "image[:, :, 0] = 0\nnet.setInput(cv2.dnn.blobFromImage(image))\n": r"comes from image\[:, :, 0\] = 0",
    "image.sort()\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "image.sort",
    "z = cv2.normalize(image, image, 0, 1)\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "cv2.normalize",
    "def go():\n    global image\n    image = image * 2\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "def go",
    "net.setInput(cv2.dnn.blobFromImage(image, 1.0, (w, h)))\n": r"its size is \(w, h\), which is no constant",
    "net.setInput(cv2.dnn.blobFromImage(image, args.scale))\n": "its scalefactor is args.scale",
    "net.setInput(cv2.dnn.blobFromImageWithParams(image, p))\n": "takes its parameters as an object",
    "image = cv2.imread('a.png', 0)\nnet.setInput(cv2.dnn.blobFromImage(image))\n": "than one of three channels",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_only_running_it_would_tell_is_refused(tmp_path: Path, text: str) -> None:
    """A blob that is changed afterwards, a picture from elsewhere and a value that is computed are one sentence each."""
    with pytest.raises(UnsupportedStep, match=REFUSED[text]):
        written(tmp_path, f"image = cv2.imread('a.jpg')\n{text}")


def test_a_video_frame_and_a_dictionary_are_known_uses(tmp_path: Path) -> None:
    """Frames of a video are BGR, and a blob that goes into a session under a name is handed on as it is."""
    text = "ok, frame = video.read()\nb = cv2.dnn.blobFromImage(frame, 1 / 255, (8, 8))\nout = session.run(None, {'x': b})\n"
    assert [step.kind for step in written(tmp_path, text).steps][:3] == ["decode", "orient", "resize"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("none.py", r"none\.py cannot be read"),
        ("size=(0,6)", "size is .*, which has no pixels"),
        ("scalefactor=0", "scalefactor is 0, use a finite number"),
        ("swapRB='yes'", "swapRB is 'yes', use true or false"),
        ("scale=2", "scale is no parameter of blobFromImage"),
        ("ddepth=CV_8U,scalefactor=2.0", "OpenCV makes no such blob"),
        ("size=(8,8", "is no Python"),
        ("__import__('os').system('id')) + f(", "is no Python|write the parameters"),
    ],
)
def test_wrong_parameters_are_named(target: str, message: str) -> None:
    """A value that OpenCV would not take, another name and a text that is none are one clear error each."""
    with pytest.raises(InputError, match=message):
        blob.recipe(target)


def test_text_is_never_run(tmp_path: Path) -> None:
    """A call in the place of a number is a call, and refused; deep nesting is answered too."""
    with pytest.raises(UnsupportedStep, match=r"which is no constant of the text"):
        blob.recipe(f"scalefactor=open('{tmp_path}/made', 'w')")
    assert not (tmp_path / "made").exists()
    for deep in ("(" * 500 + ")" * 500, "+".join(["1"] * 5000)):
        with pytest.raises((InputError, UnsupportedStep)):
            blob.recipe(f"scalefactor={deep}")
