# The engine in the Python backend; it is model.plan or model.onnx beside this file.
from pixelparity.deploy.served import EngineModel as TritonPythonModel  # noqa: F401
