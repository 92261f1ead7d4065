"""The two ways in which data fails a reader: it cannot be had, or it is not what it should be."""


class DataUnavailable(RuntimeError):
    """A file is nowhere at hand and could not be downloaded."""


class DataError(ValueError):
    """A file is at hand and its content is wrong; the message names file, place and remedy."""
