"""What a caller of the crawler has to react to."""


class CrawlerError(Exception):
    """Base of this package's errors; the message is one line for a person."""


class SourceError(CrawlerError):
    """A source that does not exist, or that cannot be asked as things are."""


class ApiError(CrawlerError):
    """An API answered with something that cannot be used; the message says what."""
