"""Programs of one claw operation, or of every kind of one, for tests on devices."""

from harness import program, single, tensor, values

from clawc.dialects.elementwise_ops import PREDICATES


def kinds_of(dtype, everything, elements):
    return [kind for kind in everything if dtype in elements(kind)]


def unary(dtype, kinds, shape, dynamic=False):
    """One program with a result for each kind."""
    source = tensor(dtype, shape, dynamic)
    results = [tensor("i1" if k in PREDICATES else dtype, shape, dynamic) for k in kinds]
    body = "\n".join(
        f'  %r{i} = claw.unary %0 {{kind = "{kind}"}} : ({source}) -> {result}'
        for i, (kind, result) in enumerate(zip(kinds, results, strict=True))
    )
    return program([source], body, results)


def kept(shape, axes, keepdims=False):
    axes = [a % len(shape) for a in axes]
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def reduce(dtype, kinds, shape, axes, dynamic=False):
    source = tensor(dtype, shape, dynamic)
    target = tensor(dtype, kept(shape, axes), dynamic)
    named = ", ".join(map(str, axes))
    body = "\n".join(
        f'  %r{i} = claw.reduce %0 {{kind = "{kind}", axes = array<i64: {named}>}}'
        f" : ({source}) -> {target}"
        for i, kind in enumerate(kinds)
    )
    return program([source], body, [target] * len(kinds))


def matmul(m, n, k, operand, result, attributes="", dynamic=False, batch=()):
    lhs = (*batch, k, m) if "transpose_lhs" in attributes else (*batch, m, k)
    rhs = (*batch, n, k) if "transpose_rhs" in attributes else (*batch, k, n)
    op = "batch_matmul" if batch else "matmul"
    types = [tensor(operand, lhs, dynamic), tensor(operand, rhs, dynamic)]
    text = single(op, types, tensor(result, (*batch, m, n), dynamic), attributes)
    return text, [values(operand, lhs), values(operand, rhs, seed=1)]
