"""Operations on sliding windows of images: `conv2d` and `pool2d`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import (
    ClawOp,
    accumulated_types,
    expect_element,
    expect_same_element,
)
from clawc.dialects.ext import Operand, Result, one_of
from clawc.dialects.shapes import DYNAMIC, FLOATS, NUMBERS, Label, compatible, element, shape

LAYOUTS = {"nchw": "nchw", "nhwc": "nhwc"}
FILTERS = {"nchw": "fcij", "nhwc": "ijcf"}


def sides(padding: Sequence[int]) -> tuple[int, int, int, int]:
    """Padding as top, bottom, left, right."""
    if len(padding) == 2:
        return padding[0], padding[0], padding[1], padding[1]
    top, bottom, left, right = padding or (0, 0, 0, 0)
    return top, bottom, left, right


def _check_window(op: Conv2dOp | Pool2dOp) -> Iterator[str]:
    for name, values in (("stride", op.stride), ("dilation", op.dilation)):
        if values is not None and (len(values) != 2 or min(values) < 1):
            yield f"{name} must be two positive numbers, height and width; got {values}"
    padding = op.padding
    if padding is not None and (len(padding) not in (2, 4) or min(padding) < 0):
        yield f"padding must be [height, width] or [top, bottom, left, right]; got {padding}"


def _check_extents(op: Conv2dOp | Pool2dOp, window: Sequence[int]) -> Iterator[str]:
    """The result's height and width follow from the input's and the window."""
    layout, source, result = LAYOUTS[op.layout], shape(op.input), shape(op.out)
    for i, (name, axis) in enumerate(zip(("height", "width"), "hw", strict=True)):
        at = layout.index(axis)
        if DYNAMIC in (source[at], window[i]):
            continue
        low, high = sides(op.padding or [])[2 * i : 2 * i + 2]
        room = source[at] + low + high - (op.dilations[i] * (window[i] - 1) + 1)
        if room < 0:
            yield f"the window's {name} {window[i]} does not fit the padded input's {source[at]}"
        elif not compatible(result[at], room // op.strides[i] + 1):
            yield f"the result's {name} must be {room // op.strides[i] + 1}, got {result[at]}"


class Conv2dOp(ClawOp, name="conv2d"):
    """`out[n, f, y, x] = sum of filter[f, c, i, j] * input[n, c, y*s+i*d-p, x*s+j*d-p]`.

    `layout` "nchw" takes input and result as [n, c, h, w] and the filter as [f, c, h, w]; "nhwc"
    takes [n, h, w, c] and the filter as [h, w, c, f].  `stride` (s) and `dilation` (d) are
    [height, width], 1 if left out; `padding` (p) with zeros is [height, width] or [top, bottom,
    left, right].  With `groups`, the filter's c counts the channels of one group.  Types are those
    of `matmul`.
    """

    input: Operand
    filter: Operand
    stride: list[int] | None
    padding: list[int] | None
    dilation: list[int] | None
    groups: int = 1
    layout: str = one_of(*LAYOUTS, default="nchw")
    out: Result

    example = (
        "claw.conv2d %x, %w {padding = array<i64: 1, 1>} : "
        "(tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x8x8xf32>"
    )

    @property
    def strides(self) -> list[int]:
        return self.stride or [1, 1]

    @property
    def dilations(self) -> list[int]:
        return self.dilation or [1, 1]

    def preconditions(self) -> Iterator[str]:
        yield from _check_window(self)
        if self.groups < 1:
            yield f"groups must be positive, got {self.groups}"

    def labels(self) -> dict[str, Sequence[Label]]:
        layout = LAYOUTS[self.layout]
        channels = "c" if self.groups == 1 else "all channels"
        source = [channels if axis == "c" else axis for axis in layout]
        out = [{"c": "f", "h": "y", "w": "x"}.get(axis, axis) for axis in layout]
        return {"input": source, "filter": list(FILTERS[self.layout]), "out": out}

    def rules(self) -> Iterator[str]:
        names = FILTERS[self.layout]
        sizes = dict(zip(names, shape(self.filter), strict=True))
        channels = shape(self.input)[LAYOUTS[self.layout].index("c")]
        if sizes["f"] != DYNAMIC and sizes["f"] % self.groups:
            yield f"{sizes['f']} filters cannot be cut into {self.groups} groups"
        if DYNAMIC in (channels, sizes["f"], sizes["c"]) and self.groups > 1:
            yield "with groups, the numbers of channels and filters must be known"
        elif self.groups > 1 and channels != sizes["c"] * self.groups:
            yield (
                f"{self.groups} groups of {sizes['c']} channels (filter) need "
                f"{sizes['c'] * self.groups} input channels, got {channels}"
            )
        yield from _check_extents(self, [sizes["i"], sizes["j"]])
        yield from expect_element("input", self.input, NUMBERS)
        yield from expect_same_element("input and filter", self.input, self.filter)
        yield from expect_element("out", self.out, accumulated_types(element(self.input)))


class Pool2dOp(ClawOp, name="pool2d"):
    """`max` or `avg` (the mean) of each window of `kernel` = [height, width] elements.

    `layout`, `padding` and `dilation` are as in `conv2d`; `stride` is `kernel` if left out.
    Padding never wins a `max`; it counts as zeros for `avg` unless `count_include_pad` is false,
    when the mean is over the elements inside (NaN if there are none).  `avg` takes floats.
    """

    input: Operand
    kind: str = one_of("max", "avg")
    kernel: list[int]
    stride: list[int] | None
    padding: list[int] | None
    dilation: list[int] | None
    count_include_pad: bool = True
    layout: str = one_of(*LAYOUTS, default="nchw")
    out: Result

    example = (
        'claw.pool2d %x {kind = "max", kernel = array<i64: 2, 2>} : '
        "(tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>"
    )

    @property
    def strides(self) -> list[int]:
        return self.stride or self.kernel

    @property
    def dilations(self) -> list[int]:
        return self.dilation or [1, 1]

    def preconditions(self) -> Iterator[str]:
        yield from _check_window(self)
        if len(self.kernel) != 2 or min(self.kernel) < 1:
            yield f"kernel must be two positive numbers, height and width; got {self.kernel}"

    def labels(self) -> dict[str, Sequence[Label]]:
        layout = LAYOUTS[self.layout]
        out = [{"h": "y", "w": "x"}.get(axis, axis) for axis in layout]
        return {"input": layout, "out": out}

    def rules(self) -> Iterator[str]:
        yield from _check_extents(self, self.kernel)
        allowed = NUMBERS if self.kind == "max" else FLOATS
        yield from expect_element("input", self.input, allowed)
        yield from expect_same_element("input and out", self.input, self.out)
