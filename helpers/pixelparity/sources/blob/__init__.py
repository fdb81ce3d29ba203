"""OpenCV's blobs: what ``cv2.dnn.blobFromImage`` does to a picture, by its parameters; OpenCV is not needed."""

from pixelparity.sources.blob.calls import is_text
from pixelparity.sources.blob.recipes import recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]

register(
    Source(
        kind="blob",
        forms=(
            Form(
                text="blob:FILE.py",
                takes="the cv2.dnn.blobFromImage of a Python file, with what is done to its picture before; of several the "
                "function is named, FILE.py:FUNCTION",
                example="blob:service/detect.py",
                executes=False,
                handling="the text alone; values that only running it would tell are refused",
            ),
            Form(
                text="blob:PARAMETERS",
                takes="the parameters of cv2.dnn.blobFromImage, for a picture that cv2.imread read",
                example="blob:scalefactor=1/255,size=(640,640),swapRB=True",
                executes=False,
                handling="numbers, lists and truth values; nothing else is taken",
                fits=is_text,
            ),
        ),
        recipe=recipe,
    )
)
