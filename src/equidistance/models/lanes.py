"""Arithmetic on rows of lanes: the same on several series at once, which is what a processor's wide registers do.

An array of lanes is flat, and every element of it is :data:`LANES` numbers, one for each series. All places and counts
are in elements. A compiler makes such code of a loop only where the loop is long and where it can prove that no two
arrays overlap, neither of which holds for a state of a dozen elements; so here it is written down for the compiler.

Every operation takes the target and a place in it, then its operands, and last over how many elements it goes. A
*row* (an array and a place) goes along with the target, a *cell* (the same) is one element for all of them, a *number*
is also the same for all lanes.
"""

from collections.abc import Callable
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
"""Series that go through the recursions side by side: the double-precision numbers of a 512-bit register."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_JOINED = ("contract",)  # a product and a sum may be rounded once

_ARGUMENTS = {"row": 2, "cell": 2, "number": 1}


def _operation(combine: Callable[..., Any], *operands: str, gathers: bool = False) -> Any:
    """An operation for compiled code.

    Args:
        combine: the target's new value from the code builder, its old one and the operands'.
        operands: "row", "cell" or "number" each.
        gathers: whether the target is a cell, to which all elements of the rows are added.
    """

    def operation(typing: Any, *kinds: Any) -> Any:
        return types.void(*kinds), generate

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        def address(argument: int, step: Any = None) -> Any:
            array = context.make_array(signature.args[argument])(context, builder, arguments[argument])
            element = arguments[argument + 1]
            if step is not None:
                element = builder.add(element, step)
            first = builder.mul(element, context.get_constant(types.intp, LANES))
            return builder.bitcast(builder.gep(array.data, [first]), _VECTOR.as_pointer())

        def load(argument: int, step: Any = None) -> Any:
            return builder.load(address(argument, step), align=8)

        values: list[Callable[[Any], Any]] = []
        argument = 2
        for operand in operands:
            if operand == "row":
                values.append(partial(load, argument))
            elif operand == "cell":
                values.append(partial(_same, load(argument)))
            elif operand == "number":
                values.append(partial(_same, _everywhere(builder, arguments[argument])))
            argument += _ARGUMENTS[operand]
        gathered: Any = cgutils.alloca_once(builder, _VECTOR)  # type: ignore[no-untyped-call]
        builder.store(load(0), gathered)
        with cgutils.for_range(builder, arguments[argument]) as loop:
            goal = gathered if gathers else address(0, loop.index)
            old = builder.load(goal, align=8)
            builder.store(combine(builder, old, *(value(loop.index) for value in values)), goal, align=8)
        if gathers:
            builder.store(builder.load(gathered), address(0), align=8)

    count = 4 + sum(_ARGUMENTS[operand] for operand in operands)  # typing, target, place and count beside them
    parameters = [Parameter(f"argument_{i}", Parameter.POSITIONAL_OR_KEYWORD) for i in range(count)]
    operation.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # the compiler asks how many there are
    return intrinsic(operation)


def _same(lanes: Any, _: Any) -> Any:
    return lanes


def _everywhere(builder: Any, number: Any) -> Any:
    lanes: Any = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(LANES):
        lanes = builder.insert_element(lanes, number, ir.Constant(ir.IntType(32), lane))
    return lanes


def _plus(builder: Any, a: Any, b: Any) -> Any:
    return builder.fadd(a, b, flags=_JOINED)


def _less(builder: Any, a: Any, b: Any) -> Any:
    return builder.fsub(a, b, flags=_JOINED)


def _times(builder: Any, a: Any, b: Any) -> Any:
    return builder.fmul(a, b, flags=_JOINED)


clear = _operation(lambda builder, old: ir.Constant(_VECTOR, [0.0] * LANES))
"""(target, at, count): 0."""

copy = _operation(lambda builder, old, x: x, "row")
"""(target, at, row, from, count)."""

copy_times = _operation(lambda builder, old, a, x: _times(builder, a, x), "cell", "row")
"""(target, at, cell, of, row, from, count): the product."""

copy_scaled = _operation(lambda builder, old, a, x: _times(builder, a, x), "number", "row")
"""(target, at, number, row, from, count): the product."""

add = _operation(lambda builder, old, x: _plus(builder, old, x), "row")
"""(target, at, row, from, count)."""

take = _operation(lambda builder, old, x: _less(builder, old, x), "row")
"""(target, at, row, from, count): subtract."""

add_scaled = _operation(
    lambda builder, old, a, x: _plus(builder, old, _times(builder, a, x)), "number", "row"
)
"""(target, at, number, row, from, count): add the product."""

add_times = _operation(lambda builder, old, a, x: _plus(builder, old, _times(builder, a, x)), "cell", "row")
"""(target, at, cell, of, row, from, count): add the product."""

take_scaled = _operation(
    lambda builder, old, a, x: _less(builder, old, _times(builder, a, x)), "number", "row"
)
"""(target, at, number, row, from, count): subtract the product."""

take_times = _operation(lambda builder, old, a, x: _less(builder, old, _times(builder, a, x)), "cell", "row")
"""(target, at, cell, of, row, from, count): subtract the product."""

add_dot = _operation(
    lambda builder, old, x, y: _plus(builder, old, _times(builder, x, y)), "row", "row", gathers=True
)
"""(cell, at, row, from, row, from, count): add the inner product of two rows to one element."""

invert = _operation(
    lambda builder, old: builder.fdiv(ir.Constant(_VECTOR, [1.0] * LANES), old)
)
"""(target, at, count): 1 over it."""
