"""What can be wrong with a database."""


class DatabaseError(Exception):
    """The database cannot be used as it is; the message says what to do."""
