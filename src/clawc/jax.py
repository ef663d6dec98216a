"""clawc.jax: functions of JAX as kernels; needs `pip install clawc[jax]`.

clawc.jax.compile(function, arguments, ["nvptx"]) makes a bundle, ahead of time.
"""

from clawc.frontends.jax_functions.ahead import compile_function as compile

__all__ = ["compile"]
