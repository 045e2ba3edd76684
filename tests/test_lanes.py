"""Operations on rows of lanes against numpy, each from inside compiled code."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from equidistance.models import lanes
from equidistance.models.lanes import LANES

ROWS = 6


def _rows(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(ROWS, LANES))


def _after(operation: Any, *operands: Any) -> Any:
    """What the operation makes of two elements, the third and fourth, of a target."""

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def none(target: Any) -> None:
        operation(target, 2, 2)

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def row(target: Any, x: Any) -> None:
        operation(target, 2, x, 1, 2)

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def number_row(target: Any, a: float, x: Any) -> None:
        operation(target, 2, a, x, 1, 2)

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def two(target: Any, a: Any, x: Any) -> None:
        operation(target, 2, a, 4, x, 1, 2)

    target = _rows(1)
    flat = target.ravel()
    if not operands:
        none(flat)
    elif len(operands) == 1:
        row(flat, operands[0].ravel())
    elif isinstance(operands[0], float):
        number_row(flat, operands[0], operands[1].ravel())
    else:
        two(flat, operands[0].ravel(), operands[1].ravel())
    return target


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        (lanes.clear, (), lambda old: 0 * old),
        (lanes.invert, (), lambda old: 1 / old),
        (lanes.copy, (_rows(2),), lambda old, x: x[1:3]),
        (lanes.add, (_rows(2),), lambda old, x: old + x[1:3]),
        (lanes.take, (_rows(2),), lambda old, x: old - x[1:3]),
        (lanes.copy_scaled, (0.3, _rows(2)), lambda old, a, x: a * x[1:3]),
        (lanes.add_scaled, (0.3, _rows(2)), lambda old, a, x: old + a * x[1:3]),
        (lanes.take_scaled, (0.3, _rows(2)), lambda old, a, x: old - a * x[1:3]),
        (lanes.copy_times, (_rows(3), _rows(2)), lambda old, a, x: a[4] * x[1:3]),
        (lanes.add_times, (_rows(3), _rows(2)), lambda old, a, x: old + a[4] * x[1:3]),
        (lanes.take_times, (_rows(3), _rows(2)), lambda old, a, x: old - a[4] * x[1:3]),
    ],
)
def test_an_operation_changes_its_elements_and_no_others(
    operation: Any, operands: tuple[Any, ...], expected: Callable[..., Any]
) -> None:
    target = _after(operation, *operands)
    before = _rows(1)
    np.testing.assert_allclose(target[2:4], expected(before[2:4], *operands), rtol=1e-14)  # rounding
    np.testing.assert_array_equal(np.delete(target, [2, 3], axis=0), np.delete(before, [2, 3], axis=0))


def test_an_inner_product_is_added_to_one_element() -> None:
    target, x, y = _after(lanes.add_dot, _rows(3), _rows(2)), _rows(3), _rows(2)
    np.testing.assert_allclose(target[2], _rows(1)[2] + x[4] * y[1] + x[5] * y[2], rtol=1e-13)  # rounding
    np.testing.assert_array_equal(np.delete(target, 2, axis=0), np.delete(_rows(1), 2, axis=0))
