"""The rows of a session in memory: columns as arrays, or a data frame, under the names of the CSV."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from results.database.errors import ExportError
from results.sessions.rows import Table

PANDAS_HELP = "A data frame needs the package pandas: install it with `python -m pip install pandas`."


def arrays(table: Table) -> dict[str, npt.NDArray[Any]]:
    """(n,) the values of each column, unrounded; NaN where no number is known, None where no text is."""
    return {
        column.name: values.filled(np.nan) if isinstance(values, np.ma.MaskedArray) else values
        for column, values in table.by_column().items()
        if column.decimals is not None
    }


def data_frame(columns: dict[str, npt.NDArray[Any]]) -> Any:
    """The columns as a `pandas.DataFrame`, one row a face and frame. Raises ExportError without pandas."""
    try:
        import pandas
    except ImportError as error:
        raise ExportError(PANDAS_HELP) from error
    return pandas.DataFrame(columns)
