"""`ingest.filter`: a small, safe expression over the columns of a row. It is parsed, never executed."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from stages.artifacts import StageError
from stages.ingest.mapping import BadRow, as_text

Cells = Mapping[str, Any]
# True, False or, where a cell that is compared is missing, None: as NULL in SQL
Truth = bool | None
Test = Callable[[Cells], Truth]

_LONGEST = 2000
_EXAMPLE = "write such as: confidence >= 0.6 and language == 'en'"
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_WORDS = {"true": True, "false": False}


class Filter:
    """Decides which rows are kept: columns, literals, comparisons, `and`, `or`, `not` and parentheses.

    A missing cell compares as unknown, and only a row for which the whole is true is kept; compared with
    an empty text, a missing cell is an empty text.

    Raises:
        StageError: the expression cannot be read or holds anything else.
    """

    def __init__(self, expression: str) -> None:
        self.columns: set[str] = set()
        if len(expression) > _LONGEST:
            raise StageError(f"ingest.filter: longer than {_LONGEST} characters; shorten it")
        try:
            tree = ast.parse(expression.strip(), mode="eval")
            self._test = self._boolean(tree.body)
        except SyntaxError as error:
            raise StageError(
                f"ingest.filter: not understood at character {error.offset or 1}; {_EXAMPLE}"
            ) from None
        except (ValueError, RecursionError, MemoryError):
            raise StageError(f"ingest.filter: not understood; {_EXAMPLE}") from None

    def keeps(self, cells: Cells) -> bool:
        """Whether the row is kept.

        Raises:
            BadRow: a cell cannot be compared, such as a word with a number.
        """
        return self._test(cells) is True

    def _boolean(self, node: ast.expr) -> Test:
        if isinstance(node, ast.BoolOp):
            tests = [self._boolean(value) for value in node.values]
            decisive = isinstance(node.op, ast.Or)
            return lambda cells: _join(tests, cells, decisive)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            test = self._boolean(node.operand)
            return lambda cells: None if (truth := test(cells)) is None else not truth
        if isinstance(node, ast.Compare) and all(type(sign) in _COMPARE for sign in node.ops):
            sides = [node.left, *node.comparators]
            tests = [
                self._comparison(left, _COMPARE[type(sign)], right)
                for left, sign, right in zip(sides, node.ops, sides[1:], strict=False)
            ]
            return lambda cells: _join(tests, cells, decisive=False)
        raise _refusal(node)

    def _comparison(self, left: ast.expr, compare: Callable[[Any, Any], bool], right: ast.expr) -> Test:
        left_is_column, first = self._side(left)
        right_is_column, second = self._side(right)
        if left_is_column and right_is_column:
            return lambda cells: _compare(compare, *_alike(cells.get(first), cells.get(second)))
        if left_is_column:
            return lambda cells: _compare(compare, _cast(cells.get(first), second, first), second)
        if right_is_column:
            return lambda cells: _compare(compare, first, _cast(cells.get(second), first, second))
        raise _refusal(left)

    def _side(self, node: ast.expr) -> tuple[bool, Any]:
        """Whether the side is a column, and its name or the literal."""
        if isinstance(node, ast.Name) and node.id not in _WORDS:
            self.columns.add(node.id)
            return True, node.id
        if isinstance(node, ast.Name):
            return False, _WORDS[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            is_column, value = self._side(node.operand)
            if not is_column and isinstance(value, int | float) and not isinstance(value, bool):
                return False, -value
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bool | int | float):
            return False, node.value
        raise _refusal(node)


def _refusal(node: ast.expr) -> StageError:
    return StageError(
        f"ingest.filter: at character {node.col_offset + 1} stands what is neither a comparison of columns "
        f"and literals nor and, or, not; {_EXAMPLE}"
    )


def _join(tests: list[Test], cells: Cells, decisive: bool) -> Truth:
    """`or` where `decisive` is True and `and` where it is False, in Kleene's three-valued logic."""
    unknown = False
    for test in tests:
        truth = test(cells)
        if truth is decisive:
            return decisive
        unknown = unknown or truth is None
    return None if unknown else not decisive


def _compare(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> Truth:
    return None if left is None or right is None else compare(left, right)


def _cast(value: Any, literal: Any, column: str) -> Any:
    """The cell as the type of the literal it is compared with; None where it is missing."""
    text = as_text(value)
    if isinstance(literal, str):
        return (text or "") if not literal else (text or None)
    if text is None or not text.strip():
        return None
    if isinstance(literal, bool):
        word = text.strip().lower()
        if word in {"true", "1", "false", "0"}:
            return word in {"true", "1"}
        raise BadRow(f"ingest.filter compares the column {column!r} with true or false, and it is neither")
    number = _number(text)
    if number is None:
        raise BadRow(f"ingest.filter compares the column {column!r} with a number, and it is none")
    return number


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two cells as numbers where both are, else as text."""
    texts = [as_text(value) or None for value in (left, right)]
    if None in texts:
        return None, None
    numbers = [_number(text) for text in texts if text is not None]
    return (texts[0], texts[1]) if None in numbers else (numbers[0], numbers[1])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
