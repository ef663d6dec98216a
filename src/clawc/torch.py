"""clawc.torch: modules of PyTorch as kernels; needs `pip install clawc[torch]`.

torch.compile(model, backend="clawc")                   where the model runs
clawc.torch.compile(model, arguments, ["nvptx"])        a bundle, ahead of time
"""

from clawc.frontends.pytorch.ahead import compile_module as compile
from clawc.frontends.pytorch.backend import backend

__all__ = ["backend", "compile"]
