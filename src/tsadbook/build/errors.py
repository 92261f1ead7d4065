"""What stops a build."""


class BuildFailed(RuntimeError):
    """A step of the build failed; the message says where, and what to do."""
