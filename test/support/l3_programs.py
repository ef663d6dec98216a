"""Programs of linalg operations for tests of tiles and vectors."""

from l3_run import generic, shaped


def sizes_of(value: str, type_: str, sizes) -> str:
    """Index constants and the sizes of `value` as %d0, %d1, ..."""
    text = ""
    for i, n in enumerate(sizes):
        text += f"\n  %i{i} = arith.constant {i} : index"
        if n is None:
            text += f"\n  %d{i} = tensor.dim {value}, %i{i} : {type_}"
    return text


def dynamic(sizes, dims) -> str:
    return ", ".join(f"%d{i}" for i in dims if sizes[i] is None)


def softmax(sizes, axis: int) -> str:
    whole, rows = shaped(sizes, "f32"), shaped([n for i, n in enumerate(sizes) if i != axis], "f32")
    letters = [f"d{i}" for i in range(len(sizes))]
    every = f"({', '.join(letters)}) -> ({', '.join(letters)})"
    kept = f"({', '.join(letters)}) -> ({', '.join(c for i, c in enumerate(letters) if i != axis)})"
    kinds = ["reduction" if i == axis else "parallel" for i in range(len(sizes))]
    others = [i for i in range(len(sizes)) if i != axis]
    text = sizes_of("%x", whole, sizes)
    text += f"""
  %lowest = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %er = tensor.empty({dynamic(sizes, others)}) : {rows}
  %e = tensor.empty({dynamic(sizes, range(len(sizes)))}) : {whole}
  %f = linalg.fill ins(%lowest : f32) outs(%er : {rows}) -> {rows}
  %g = linalg.fill ins(%zero : f32) outs(%er : {rows}) -> {rows}"""
    parallel = ["parallel"] * len(sizes)
    text += generic(
        "%m",
        [("%x", whole)],
        ("%f", rows),
        [every, kept],
        kinds,
        "    %y = arith.maximumf %a0, %o : f32",
    )
    shifted = "    %t = arith.subf %a0, %a1 : f32\n    %y = math.exp %t : f32"
    maps = [every, kept, every]
    text += generic("%p", [("%x", whole), ("%m", rows)], ("%e", whole), maps, parallel, shifted)
    text += generic(
        "%s",
        [("%p", whole)],
        ("%g", rows),
        [every, kept],
        kinds,
        "    %y = arith.addf %a0, %o : f32",
    )
    ratio = "    %y = arith.divf %a0, %a1 : f32"
    text += generic("%z", [("%p", whole), ("%s", rows)], ("%e", whole), maps, parallel, ratio)
    return f"func.func @main(%x: {whole}) -> {whole} {{{text}\n  return %z : {whole}\n}}"
