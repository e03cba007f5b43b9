"""What can go wrong with what is kept; every message is one sentence a user can act on."""

from results.database.texts import storable


class ResultsError(Exception):
    """Base of all errors of this room. Its text can be encoded, whatever names and paths are in it."""

    def __init__(self, text: str) -> None:
        super().__init__(storable(text))


class StoreError(ResultsError):
    """The database cannot be opened, read or written."""


class NotFoundError(ResultsError, LookupError):
    """No session, face, study, stimulus or viewer of that name."""


class AmbiguousError(NotFoundError):
    """A shortened id fits more than one."""


class DeletedError(StoreError):
    """A session was deleted while something was still writing to it."""


class ExportError(ResultsError):
    """An export cannot be written."""


class InputError(ResultsError, ValueError):
    """A value that cannot be, e.g. an empty name."""


class AccessError(ResultsError):
    """An operator or a token cannot be made as asked."""


class StudyError(ResultsError):
    """A study cannot do what it was asked for, e.g. aggregate viewers who never overlap."""
