"""The store that the settings name; and the errors of the rooms below as those of the front door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import AnalysisError
from results import ResultsError, Store, StoreError
from valence.errors import ValenceError
from valence.settings import load


@contextmanager
def opened_store(folder: Path | None = None) -> Iterator[Store]:
    """The store in `folder`, by default the one in the settings.

    Raises ValenceError for whatever goes wrong with it, also inside the `with` block: exit code 2 for what
    the user asked for, 1 for a database that does not work.
    """
    settings = load()
    with explained(), Store(folder or settings.sessions, settings.database_url) as store:
        yield store


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of `results` or `analysis` into one for the user."""
    try:
        yield
    except ResultsError as error:
        raise ValenceError(str(error), exit_code=1 if isinstance(error, StoreError) else 2) from error
    except AnalysisError as error:
        raise ValenceError(str(error)) from error
