"""What can go wrong around the stages, each as one line."""


class FlowError(Exception):
    """The run cannot go on. The message is one line: what, where, what to do."""


class Busy(FlowError):
    """Another run has the workspace."""


class StageFailed(FlowError):
    """A stage ended with a failure. The message is its real reason, without the stage's name."""


def one_line(error: BaseException) -> str:
    """The message of `error` with its line breaks folded."""
    return " ".join(str(error).split())
