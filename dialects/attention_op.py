"""Attention: `softmax(query * key^T * scale + mask) * value` for each head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawc.dialects.claw_op import ClawOp, expect_element, expect_same_element
from clawc.dialects.ext import Operand, Result
from clawc.dialects.shapes import BOOL, DYNAMIC, FLOATS, Label, element, rank, shape


class AttentionOp(ClawOp, name="attention"):
    """`softmax(query @ key^T * scale + mask) @ value` for each batch and head.

    query is [batch, heads, queries, depth], key [batch, heads, keys, depth], value [batch, heads,
    keys, width]; without the heads all have rank 3.  With fewer key heads than query heads, each
    serves as many neighbouring query heads.  `mask` is added if it holds floats; if it holds i1,
    only keys where it is true are seen; its shape is [batch, heads, queries, keys] without leading
    dimensions at will, and sizes 1 stretch.  With `causal`, query i sees keys 0 to i.  `scale` is
    1 / sqrt(depth) if left out.  A query that sees no key gives zeros.  Scores and softmax are
    computed in f32 for f16 and bf16, and the weights rounded before they meet value.
    """

    query: Operand
    key: Operand
    value: Operand
    mask: Operand | None
    scale: float | None
    causal: bool = False
    out: Result

    example = (
        "claw.attention %q, %k, %v {causal} : "
        "(tensor<1x8x16x64xf16>, tensor<1x2x16x64xf16>, tensor<1x2x16x64xf16>)"
        " -> tensor<1x8x16x64xf16>"
    )

    @property
    def grouped(self) -> bool:
        """Whether query heads share key heads; unknown numbers of heads are equal."""
        if rank(self.query) != 4:
            return False
        heads, key_heads = shape(self.query)[1], shape(self.key)[1]
        return DYNAMIC not in (heads, key_heads) and 0 < key_heads != heads

    @property
    def group(self) -> int:
        """How many query heads share a key head."""
        return shape(self.query)[1] // shape(self.key)[1] if self.grouped else 1

    @property
    def mask_stretched(self) -> list[int]:
        """The axes of the mask that have size 1 where the scores do not."""
        if self.mask is None:
            return []
        sizes, lead = shape(self.mask), rank(self.query) - rank(self.mask)
        scores = [*shape(self.query)[:-1], shape(self.key)[-2]]
        return [i for i, size in enumerate(sizes) if size == 1 and scores[lead + i] != 1]

    def preconditions(self) -> Iterator[str]:
        if rank(self.query) not in (3, 4):
            yield f"query must have rank 3 or 4, got {rank(self.query)}"
        elif self.mask is not None and rank(self.mask) > rank(self.query):
            yield f"mask has rank {rank(self.mask)}, more than query's {rank(self.query)}"
        elif rank(self.key) != rank(self.query):
            yield f"key must have query's rank {rank(self.query)}, got {rank(self.key)}"

    def labels(self) -> dict[str, Sequence[Label]]:
        batch = "bh" if rank(self.query) == 4 else "b"
        shared = "bg" if self.grouped else batch
        labels: dict[str, Sequence[Label]] = {
            "query": batch + "md",
            "key": shared + "nd",
            "value": shared + "nv",
            "out": batch + "mv",
        }
        if self.mask is not None:
            names = (batch + "mn")[rank(self.query) - rank(self.mask) :]
            stretched = self.mask_stretched
            labels["mask"] = [("mask", i) if i in stretched else n for i, n in enumerate(names)]
        return labels

    def rules(self) -> Iterator[str]:
        if self.grouped and shape(self.query)[1] % shape(self.key)[1]:
            heads, key_heads = shape(self.query)[1], shape(self.key)[1]
            yield f"{heads} query heads must be a multiple of {key_heads} key heads"
        yield from expect_element("query", self.query, FLOATS)
        yield from expect_same_element(
            "query, key, value and out", self.query, self.key, self.value, self.out
        )
        if self.mask is not None:
            allowed = tuple(dict.fromkeys((element(self.query), "f32", BOOL)))
            yield from expect_element("mask", self.mask, allowed)
