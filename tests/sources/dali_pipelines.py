"""Pipelines for the tests of the DALI source, as a file that is named by FILE.py:FUNCTION. No test is in here."""

import numpy as np
from nvidia.dali import fn, math, pipeline_def, types

CONSTANTS = np.array([1.0, 2.0, 4.0], np.float32)


@pipeline_def
def shipped():
    """Preprocess as in the incident: no division by 255."""
    images = fn.external_source(name="INPUT")
    images = fn.resize(images, size=(48, 32), mode="not_larger")
    images = fn.crop(images, crop=(48, 32), out_of_bounds_policy="pad")
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])


@pipeline_def
def encoded():
    """Decode, letterbox, normalise; two outputs."""
    images = fn.decoders.image(fn.external_source(name="E"), output_type=types.BGR)
    images = fn.resize(images, resize_longer=40, interp_type=types.INTERP_CUBIC)
    images = fn.paste(images, ratio=1, min_canvas_size=40, fill_value=[114, 114, 114])
    return fn.crop_mirror_normalize(images, std=[255.0] * 3), images


@pipeline_def(batch_size=4, num_threads=1, device_id=0)
def on_gpu():
    """Run on a GPU when served: mixed decoder, constants copied to the device."""
    images = fn.decoders.image(fn.external_source(name="IN"), device="mixed")
    images = fn.resize(images, size=(20, 20))
    images = fn.cast(images, dtype=types.FLOAT) / 255.0
    images = images - fn.constant(fdata=[0.5, 0.4, 0.25], shape=[1, 1, 3]).gpu()
    return images / types.Constant([0.5, 0.5, 0.25])


@pipeline_def
def computed():
    """Compute the size in the graph in float32, and a mean from each picture."""
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape()
    height, width = fn.cast(shape[0], dtype=types.FLOAT), fn.cast(shape[1], dtype=types.FLOAT)
    scale = 24.0 / math.min(height, width)
    size = fn.stack(math.floor(height * scale), math.floor(width * scale))
    images = fn.resize(images, size=size, antialias=False)
    images = fn.crop(images, crop=(20, 20))
    return (images - fn.reductions.mean(images, axes=(0, 1), keep_dims=True)) / types.Constant(CONSTANTS)


@pipeline_def(enable_conditionals=True)
def conditional():
    """Resize by orientation, with an if in the graph."""
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape()
    if shape[0] > shape[1]:  # noqa: SIM108
        resized = fn.resize(images, size=(20, 10))
    else:
        resized = fn.resize(images, size=(10, 20))
    return fn.pad(resized, shape=[20, 20, 3])


@pipeline_def
def swapped_by_cat():
    """Swap red and blue by picking channels."""
    images = fn.external_source(name="IN", layout="HWC")
    return fn.cat(images[:, :, 2:3], images[:, :, 1:2], images[:, :, 0:1], axis=2)


@pipeline_def
def swapped_by_stack():
    """Swap red and blue, and put channels first, by stacking planes."""
    images = fn.external_source(name="IN", layout="HWC")
    return fn.stack(images[:, :, 2], images[:, :, 1], images[:, :, 0], axis=0)


@pipeline_def
def swapped_by_conversion():
    """Swap red and blue with the colour operator; normalise per channel."""
    images = fn.external_source(name="IN", layout="HWC")
    images = fn.color_space_conversion(images, image_type=types.RGB, output_type=types.BGR)
    return fn.normalize(images, mean=CONSTANTS.reshape(1, 1, 3), stddev=2.0, scale=0.5, shift=1.0)


@pipeline_def
def reshaped():
    """Reshape for a transpose: the fault called layout."""
    images = fn.resize(fn.external_source(name="IN", layout="HWC"), size=(16, 12))
    return fn.reshape(images, shape=[3, 16, 12])


@pipeline_def
def sliced():
    """Cut out the middle with whole-number arithmetic in the graph."""
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape(dtype=types.INT32)
    height, width = shape[0], shape[1]
    short = math.min(height, width)
    height, width = height * 24 // short, width * 24 // short
    images = fn.resize(images, size=fn.stack(height * 1.0, width * 1.0))
    start = fn.stack((height - 20) // 2, (width - 20) // 2)
    return fn.slice(images, start=start, shape=[20, 20], axes=[0, 1])


@pipeline_def
def identity():
    """Put out what is fed."""
    return fn.external_source(name="IN", layout="HWC")


@pipeline_def
def two_sources():
    """Take the size from a second source."""
    images, size = fn.external_source(name="a", layout="HWC"), fn.external_source(name="b")
    return fn.resize(images, size=size)


@pipeline_def
def reads_itself():
    """Read its own files."""
    files, _ = fn.readers.file(files=["nothing.jpg"])
    return fn.decoders.image(files)


@pipeline_def
def measures():
    """Put out a shape, which is no picture."""
    return fn.external_source(name="IN", layout="HWC").shape()


@pipeline_def
def crops_too_much():
    """Crop more than there is."""
    return fn.crop(fn.external_source(name="IN", layout="HWC"), crop=(70, 10))


@pipeline_def
def dumps():
    """Write files while it runs."""
    return fn.dump_image(fn.external_source(name="IN", layout="HWC"))


@pipeline_def
def calls_python():
    """Call a Python function."""
    return fn.python_function(fn.external_source(name="IN"), function=lambda x: x)


@pipeline_def
def raises():
    """Fail while it is defined."""
    raise ValueError("boom")


def undecorated():
    """Forget the decorator."""


def _sized(images):
    """Resize to half of each picture's size, computed in the graph, and cut to one shape."""
    shape = fn.cast(images.shape(device="cpu"), dtype=types.FLOAT)
    images = fn.resize(images, size=fn.stack(shape[0] * 0.5, shape[1] * 0.5), antialias=False)
    return fn.cast(fn.crop(images, crop=(20, 20), out_of_bounds_policy="pad"), dtype=types.FLOAT)


@pipeline_def
def sized():
    """Resize by a computed size; no division by 255."""
    return fn.transpose(_sized(fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)), perm=[2, 0, 1])


@pipeline_def
def sized_scaled():
    """Resize by a computed size and divide by 255."""
    images = _sized(fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)) * (1 / 255)
    return fn.transpose(images, perm=[2, 0, 1])
