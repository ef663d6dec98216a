"""clawc.jax.compile gives JAX's numbers, of functions and of their gradients.

Needs the extra `jax`.
"""

from __future__ import annotations

import numpy as np
import pytest

import clawc

for module in ("jax", "torch_mlir"):
    pytest.importorskip(module, reason="runs with the extra 'jax'")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import clawc.jax  # noqa: E402

DEVICES = ("host", "vulkan", "emulator:gfx1100")
TARGETS = ["host", "spirv:vulkan", "amdgpu:gfx1100"]
KEYS = jax.random.split(jax.random.key(0), 8)
X = jax.random.normal(KEYS[0], (5, 8))
HEADS = jax.random.normal(KEYS[1], (2, 3, 6, 16))
LAYERS = [
    {"w": jax.random.normal(w, (8, 8)), "b": jax.random.normal(b, (8,))}
    for w, b in zip(KEYS[2:5], KEYS[5:8], strict=True)
]


def perceptron(layers, x):
    for layer in layers:
        x = jax.nn.gelu(x @ layer["w"] + layer["b"])
    return jax.nn.softmax(x)


def attention(queries, keys, values):
    scores = jnp.einsum("bhqd,bhkd->bhqk", queries, keys) / 4
    masked = jnp.where(jnp.tril(jnp.ones(scores.shape[-2:], bool)), scores, -jnp.inf)
    return jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(masked), values)


def convolution(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME")


def halves(x):
    x = x.astype(jnp.bfloat16)
    return x @ x.T


PROGRAMS = {
    "perceptron": (perceptron, (LAYERS, X)),
    "gradient": (jax.grad(lambda layers, x: perceptron(layers, x).var()), (LAYERS, X)),
    "attention": (attention, (HEADS, HEADS, HEADS)),
    "convolution": (
        convolution,
        (jax.random.normal(KEYS[2], (1, 3, 8, 8)), jax.random.normal(KEYS[3], (4, 3, 3, 3))),
    ),
    "halves": (halves, (X,)),
    "cumsum": (lambda x: jnp.cumsum(x, 1), (X,)),
    "argmax": (lambda x: jnp.argmax(x, 1), (X,)),
    "rows": (lambda x, i: x[i], (X, jnp.array([0, 3, 1]))),
    "slice": (lambda x, i: jax.lax.dynamic_slice(x, (i, 0), (2, 8)), (X, jnp.int32(1))),
    "padding": (lambda x: jnp.pad(x, ((1, 2), (0, 3)))[::-1], (X,)),
    "unused": (lambda x, y: y * 2, (X, X[0])),
    "layer norm": (lambda x: (x - x.mean(1)[:, None]) / jnp.sqrt(x.var(1)[:, None] + 1), (X,)),
    "erf": (lambda x: jax.nn.gelu(x, approximate=False), (X,)),
    "while": (
        lambda n: jax.lax.while_loop(lambda c: c[0] < 5, lambda c: (c[0] + 1, c[1] * n), (0, n)),
        (jnp.int32(3),),
    ),
    "scan of a cond": (
        lambda x: jax.lax.scan(
            lambda c, row: (
                jax.lax.cond(c.sum() > 0, lambda a: a * 0.5 + row, lambda a: a - row, c),
                c,
            ),
            jnp.zeros(8),
            x,
        ),
        (X,),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_function_on_each_device(name):
    function, arguments = PROGRAMS[name]
    bundle = clawc.jax.compile(function, arguments, TARGETS)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(arguments)]
    wanted = [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(function)(*arguments))]
    for device in DEVICES:
        found = clawc.load(bundle, device)(*leaves)
        found = found if isinstance(found, tuple) else (found,)
        for result, right in zip(found, wanted, strict=True):
            assert result.dtype == right.dtype and result.shape == right.shape
            floats = jnp.issubdtype(right.dtype, jnp.floating)
            allowed = 100 * float(jnp.finfo(right.dtype).eps) if floats else 0
            np.testing.assert_allclose(
                result.astype(np.float64), right.astype(np.float64), rtol=allowed, atol=allowed
            )


@pytest.mark.parametrize("branches", [1, 2, 3, 4])
def test_a_switch_takes_its_branch(branches):
    def function(number, x):
        return jax.lax.switch(number, [lambda x, n=n: x + n for n in range(branches)], x)

    run = clawc.load(clawc.jax.compile(function, (jnp.int32(0), X[0])))
    for number in (-1, 0, 1, 2, 3, 9):
        taken = min(max(number, 0), branches - 1)  # as JAX has it
        found = run(np.int32(number), np.asarray(X[0]))
        np.testing.assert_array_equal(found, np.asarray(X[0]) + np.float32(taken))


def test_integers_without_a_sign_pass_as_their_bits():
    def draw(seed):
        return jax.random.bits(jax.random.key(seed), (7,))

    run = clawc.load(clawc.jax.compile(draw, (jnp.uint32(3),)))
    found = run(np.int32(3)).view(np.uint32)
    np.testing.assert_array_equal(found, np.asarray(jax.jit(draw)(jnp.uint32(3))))


def test_shapes_alone_are_enough():
    bundle = clawc.jax.compile(jnp.tanh, (jax.ShapeDtypeStruct((3,), jnp.float32),))
    np.testing.assert_allclose(clawc.load(bundle)(np.zeros(3, np.float32)), np.zeros(3), atol=1e-7)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x + "text", "JAX cannot trace the function: "),
        (lambda x: jnp.sort(x), "torch-mlir-opt cannot lower stablehlo.sort"),
        (lambda x: jnp.fft.fft(x), "torch-mlir-opt cannot lower stablehlo.fft"),
    ],
)
def test_what_cannot_be_done_is_said(function, said):
    with pytest.raises(clawc.CompileError, match=said):
        clawc.jax.compile(function, (X,))
