"""Cells of a block of bytes as an Arrow column, without a Python object for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def copied(
    room: NDArray[np.uint8],
    at: NDArray[np.int32],
    to: NDArray[np.int32],
    there: NDArray[np.bool_] | None,
) -> pa.Array:
    """The bytes of one column's cells, each from `at` to `to`.

    The edges of all cells in a row part the room into cells and what lies between them, which
    Arrow sees as one long column; every second of it is a cell.
    """
    rows = len(at)
    edges = np.empty(2 * rows + 1, np.int32)
    edges[:-1:2], edges[1:-1:2], edges[-1] = at, to, to[-1]
    parted = pa.Array.from_buffers(
        pa.binary(), 2 * rows, [None, pa.py_buffer(edges), pa.py_buffer(room)]
    )
    bits = None if there is None else pa.py_buffer(np.packbits(there, bitorder="little"))
    second = np.arange(0, 2 * rows, 2, dtype=np.int32)
    return parted.take(pa.Array.from_buffers(pa.int32(), rows, [bits, pa.py_buffer(second)]))
