"""clawc.frontends.jax_functions: functions of JAX, by way of StableHLO.

What users see of it is `clawc.jax`.
"""
