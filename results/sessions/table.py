"""The table of samples, made from the declaration of their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Double, ForeignKey, Integer, MetaData, Table

from results.database.schema import Base
from results.sessions.samples import Column as SampleColumn
from results.sessions.samples import Sample, Samples, columns_of

Rows = list[tuple[Any, ...]]
"""Of the table: the session's key, then one number per column in the order of the declaration."""


def sample_table(metadata: MetaData, kind: type[Samples] = Samples) -> Table:
    """The table `samples`: one face in one frame.

    Its primary key is the index on (session, frame), and on SQLite the table itself is stored in its order,
    so that reading or deleting a session touches one stretch of the file.
    """
    columns = chain.from_iterable(columns_of(kind).values())
    return Table(
        "samples",
        metadata,
        _named("session_key", Column(ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True)),
        *(
            _named(
                column.stored,
                Column(
                    Integer if column.type is int else Double,
                    primary_key=column.key,
                    nullable=column.optional,
                ),
            )
            for column in sorted(columns, key=lambda column: not column.key)
        ),
        sqlite_with_rowid=False,
    )


def _named(name: str, column: Column[Any]) -> Column[Any]:
    """The column under a plain name: what SQLAlchemy makes of one that is given at once is a `quoted_name`,
    which every row that is written looks up by a slower hash, a seventh of the time of an insert."""
    column.name = column.key = name
    return column


def row_maker(kind: type[Samples] = Samples) -> Callable[[int, Iterable[Sample]], Rows]:
    """A function that turns samples of the session with this key into rows of the table.

    It is written out and compiled, as `collections.namedtuple` does it: every face of every frame goes
    through here, and a loop over the columns takes 1.6 times as long.
    """

    def told(name: str, columns: Sequence[SampleColumn]) -> str:
        if columns[0].optional:  # None, or a plain number, as it is
            return f"*sample.{name}"
        made = columns[0].type.__name__
        return f"{made}(sample.{name})" if len(columns) == 1 else f"*map({made}, sample.{name})"

    values = (told(name, columns) for name, columns in columns_of(kind).items())
    made: Callable[[int, Iterable[Sample]], Rows] = eval(
        f"lambda key, samples: [(key, {', '.join(values)}) for sample in samples]"
    )
    return made


SAMPLES = sample_table(Base.metadata)
rows_of = row_maker()
