"""What callers of `pipeline` may have to react to."""


class PipelineError(Exception):
    """Base class; the message is one line for the person at the terminal."""


class SettingsError(PipelineError):
    """A setting has a value that cannot be used."""


class StoreError(PipelineError):
    """The store cannot be read or written."""


class MissingBlobError(StoreError):
    """The store works and this blob is not in it."""


class WorkerError(PipelineError):
    """Worker processes cannot be started on this machine."""
