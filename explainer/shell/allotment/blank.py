"""The largest empty rectangle between what is placed."""

from collections.abc import Sequence

Box = tuple[int, int, int, int]  # x, y, width, height in px


def largest_blank(width: int, height: int, boxes: Sequence[Box]) -> int:
    """Area in px of the largest rectangle of a stage that no box touches.

    Only the edges of boxes matter, so that a raster with lines there is all that has to be looked at.
    """
    xs = sorted({0, width, *(x for box in boxes for x in (box[0], box[0] + box[2]))})
    ys = sorted({0, height, *(y for box in boxes for y in (box[1], box[1] + box[3]))})
    at_x, at_y = ({value: i for i, value in enumerate(values)} for values in (xs, ys))
    full = [bytearray(len(xs) - 1) for _ in ys[1:]]
    for x, y, w, h in boxes:
        left, right = at_x[x], at_x[x + w]
        for row in range(at_y[y], at_y[y + h]):
            full[row][left:right] = b"\1" * (right - left)
    return _largest(full, xs, ys)


def _largest(full: Sequence[bytearray], xs: Sequence[int], ys: Sequence[int]) -> int:
    """Row by row, with a stack of rising columns."""
    up, best = [0] * (len(xs) - 1), 0
    for row, filled in enumerate(full):
        tall = ys[row + 1] - ys[row]
        up = [0 if taken else high + tall for taken, high in zip(filled, up, strict=True)]
        stack: list[tuple[int, int]] = []
        for column, high in enumerate([*up, 0]):
            start = xs[column]
            while stack and stack[-1][1] >= high:
                start, above = stack.pop()
                best = max(best, above * (xs[column] - start))
            stack.append((start, high))
    return best
