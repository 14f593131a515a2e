"""What ends a command with one line instead of a traceback."""


class UsageError(Exception):
    """The person asked for something that cannot be; the message says what to do."""


class NothingToDo(UsageError):  # noqa: N818  # an answer, not a fault
    """Nothing was found or may be used; the message has the counts by reason."""
