"""Every error that pixelparity raises on purpose.

::

    SkewError                   the root: catch this to catch all of ours
    ├── InputError              what was given cannot be used: a file, a folder, an argument, a config
    │   └── ImageError          a picture cannot be read or decoded
    ├── SideError               a side failed while it preprocessed: a function raised, a tensor is NaN or of the wrong rank
    ├── NotComparable           two sides cannot be compared: other pictures, no common stage, nothing to compare
    ├── UnsupportedStep         a preprocessing step that pixelparity knows no meaning for
    ├── PipelineFileError       a serialized pipeline is truncated, foreign, too new, or carries Python code
    ├── MissingLibrary          an optional library is not installed; the message holds the install line
    └── ServerError             Triton did not start, a model did not load, or a request failed
        └── ServerTimeout       the server did not answer in time

Each message is one sentence that says what is wrong, where, and what to do. The command line prints it on
standard error and exits with 2.
"""

from __future__ import annotations


class SkewError(Exception):
    """Root of all errors raised on purpose by pixelparity."""


class InputError(SkewError, ValueError):
    """What was given (a file, a folder, an argument, a config) cannot be used."""


class ImageError(InputError):
    """A picture cannot be read or decoded."""


class SideError(SkewError):
    """A side failed while it preprocessed a picture, or returned something that is not a tensor of finite numbers."""


class NotComparable(SkewError):
    """Two sides cannot be compared: other pictures, no common stage, or nothing to compare."""


class UnsupportedStep(SkewError):
    """A preprocessing step has no known meaning, so no recipe can be written for it."""


class PipelineFileError(InputError):
    """A serialized pipeline is truncated, is not one, comes from a newer DALI, or carries Python code."""


class MissingLibrary(SkewError, ImportError):
    """An optional library is not installed; the message holds the exact install line."""


class ServerError(SkewError):
    """Triton did not start, a model did not load, or a request failed."""


class ServerTimeout(ServerError):
    """The server did not answer within the given time."""
