"""Rows of a table held whole in vector registers while compiled code works on them.

Compiled loops over an array leave a row in memory after every operation. These operations are for rows
whose width the compiler knows and are written out as vector instructions, so a row that many operations
work on stays in registers between them. The compiler fits them to what vectors the processor has.

Tables have two dimensions and rows as `table` makes them. An index is not checked.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model
from numpy.typing import NDArray

LINE = 64
"""Bytes in a cache line, which is what the widest vectors have, too."""

# Sums may be taken in another order (that is what makes them vectors), but NaN and infinity stay what
# they are: divergence is found by looking for them.
LENIENT = ("reassoc", "contract", "nsz", "arcp")


def table(rows: int, columns: int, dtype: Any) -> NDArray[Any]:
    """Zeros in at least this many columns: each row fills whole cache lines."""
    real = np.dtype(dtype)
    wide = padded(columns, real)
    memory = np.zeros(rows * wide * real.itemsize + LINE, dtype=np.uint8)
    start = -memory.ctypes.data % LINE
    whole: NDArray[Any] = memory[start : start + rows * wide * real.itemsize].view(real)
    return whole.reshape(rows, wide)


def padded(columns: int, dtype: np.dtype[Any]) -> int:
    """How many columns a table has for these."""
    lanes = LINE // dtype.itemsize
    return -(-columns // lanes) * lanes


class Row(types.Type):
    """The compiler's type of a row of `width` reals."""

    def __init__(self, real: types.Float, width: int) -> None:
        self.real, self.lanes = real, LINE * 8 // real.bitwidth
        self.vectors = width // self.lanes
        super().__init__(f"Row({real}, {width})")


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, row: Row) -> None:
        real = manager.lookup(row.real).get_value_type()
        held = ir.ArrayType(ir.VectorType(real, row.lanes), row.vectors)
        super().__init__(manager, row, held)  # type: ignore[no-untyped-call]


def _operation(generate: Callable[..., Any]) -> Any:
    return intrinsic(prefer_literal=True)(generate)


def _addresses(builder: Any, context: Any, signature: Any, arguments: Any, row: Row) -> list[Any]:
    """Of the vectors of the row with the index `arguments[1]` in the table `arguments[0]`."""
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    index = builder.mul(arguments[1], ir.Constant(arguments[1].type, row.vectors))
    vector = context.get_value_type(row).element
    first = builder.gep(builder.bitcast(data, vector.as_pointer()), [index])
    return [builder.gep(first, [ir.Constant(index.type, n)]) for n in range(row.vectors)]


def _everywhere(builder: Any, real: Any, lanes: int) -> Any:
    """A vector of this real in every lane."""
    vector = ir.Constant(ir.VectorType(real.type, lanes), ir.Undefined)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    only = builder.insert_element(vector, real, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(only, vector, mask)


def _sum(builder: Any, vector: Any, lanes: int) -> Any:
    """The sum over the lanes, halved until one is left."""
    while lanes > 1:
        lanes //= 2
        low, high = (
            ir.Constant(ir.VectorType(ir.IntType(32), lanes), list(range(first, first + lanes)))
            for first in (0, lanes)
        )
        vector = builder.fadd(
            builder.shuffle_vector(vector, vector, low), builder.shuffle_vector(vector, vector, high), LENIENT
        )
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))


@_operation
def loaded(_: Any, held: Any, _index: Any, width: Any) -> Any:
    """`held[index]`, of a table whose width is this constant."""
    row = Row(held.dtype, width.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = ir.Constant(context.get_value_type(row), ir.Undefined)
        for n, address in enumerate(_addresses(builder, context, signature, arguments, row)):
            found = builder.insert_value(found, builder.load(address, align=row.real.bitwidth // 8), n)
        return found

    return row(held, types.intp, width), generate


@_operation
def store(_: Any, held: Any, _index: Any, row: Any) -> Any:
    """`held[index] = row`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        for n, address in enumerate(_addresses(builder, context, signature, arguments, row)):
            builder.store(builder.extract_value(arguments[2], n), address, align=row.real.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(held, types.intp, row), generate


@_operation
def fetch(_: Any, held: Any, _index: Any, width: Any) -> Any:
    """Have `held[index]` brought into the cache, without waiting for it."""
    row = Row(held.dtype, width.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        signed = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch.p0", (), signed)
        to_read, keep_near, of_data = (ir.Constant(number, n) for n in (0, 3, 1))
        for address in _addresses(builder, context, signature, arguments, row):
            builder.call(prefetch, [builder.bitcast(address, byte), to_read, keep_near, of_data])
        return context.get_dummy_value()

    return types.void(held, types.intp, width), generate


@_operation
def blended(_: Any, _share: Any, row: Any, _other_share: Any, other: Any) -> Any:
    """`share * row + other_share * other`."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        mine, yours = (_everywhere(builder, arguments[n], row.lanes) for n in (0, 2))
        found = arguments[1]
        for n in range(row.vectors):
            kept = builder.fmul(mine, builder.extract_value(arguments[1], n), LENIENT)
            added = builder.fmul(yours, builder.extract_value(arguments[3], n), LENIENT)
            found = builder.insert_value(found, builder.fadd(kept, added, LENIENT), n)
        return found

    return row(row.real, row, row.real, other), generate


@_operation
def product(_: Any, row: Any, other: Any) -> Any:
    """The dot product of two rows."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        pairs = ((builder.extract_value(side, n) for side in arguments) for n in range(row.vectors))
        total = builder.fmul(*next(pairs), LENIENT)
        for pair in pairs:
            total = builder.fadd(total, builder.fmul(*pair, LENIENT), LENIENT)
        return _sum(builder, total, row.lanes)

    return row.real(row, other), generate
