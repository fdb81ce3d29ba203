from helpers.deploy.served import DaliModel as TritonPythonModel

__all__ = ["TritonPythonModel"]
