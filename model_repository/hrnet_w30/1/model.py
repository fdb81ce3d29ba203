from helpers.deploy.served import EngineModel as TritonPythonModel

__all__ = ["TritonPythonModel"]
