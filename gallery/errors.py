"""What goes wrong between a browser and the pages."""


class GalleryError(Exception):
    """Base class; the message is one line for the person at the browser."""


class QueryError(GalleryError):
    """The query of a URL means nothing."""


class NoSuchPageError(GalleryError):
    """There is nothing at this address."""


class ForeignFolderError(GalleryError):
    """Pages are to be written where files of others lie."""


class ServerError(GalleryError):
    """The server cannot listen where it was told to."""
