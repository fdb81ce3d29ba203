# DALI in the Python backend; the pipeline is model.dali beside this file.
from helpers.deploy.served import DaliModel as TritonPythonModel  # noqa: F401
