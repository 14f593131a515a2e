"""What callers of `pipeline` may have to react to."""

from db import patience


class PipelineError(Exception):
    """Base class; the message is one line for the person at the terminal."""


class SettingsError(PipelineError):
    """A setting has a value that cannot be used."""


class SearchError(PipelineError):
    """Nothing can be found by what was asked for."""


class StoreError(PipelineError):
    """The store cannot be read or written."""


class StoreAwayError(StoreError):
    """The store does not answer, or is too busy to: it may do so later."""


class MissingBlobError(StoreError):
    """The store works and this blob is not in it."""


class CredentialsError(PipelineError):
    """The key that outputs are signed with cannot be used, made or read."""


class WorkerError(PipelineError):
    """Worker processes cannot be started on this machine."""


# A machine that was too busy to start a process may not be the next time.
_PASSING = (StoreAwayError, WorkerError)


def will_pass(error: Exception) -> bool:
    """Whether the same may well succeed later, with nobody having changed anything."""
    return isinstance(error, _PASSING) or patience.will_pass(error)
