# DALI in the Python backend; the pipeline is model.dali beside this file.
from pixelparity.deploy.served import DaliModel as TritonPythonModel  # noqa: F401
