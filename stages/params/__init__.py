"""params.yaml as typed, documented, closed models: `load()` gives a `Params` or one clear line."""

from stages.params.loading import ParamsError, load, parse
from stages.params.model import Params

__all__ = ["Params", "ParamsError", "load", "parse"]
