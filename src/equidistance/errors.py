"""Every error a person can meet: one base class, each naming the value, the choices and the next command."""

from collections.abc import Sequence


class EquidistanceError(Exception):
    """Base of all expected errors; the command line prints it as one message and exits with status 2.

    Args:
        message: what is wrong, naming the offending value.
        choices: allowed or nearest values, printed after the message.
        hint: the next thing to do, usually a command.
    """

    def __init__(self, message: str, *, choices: Sequence[str] = (), hint: str = "") -> None:
        self.message = message
        self.choices = tuple(choices)
        self.hint = hint
        super().__init__(self.render())

    def render(self) -> str:
        """The whole message as a person reads it."""
        parts = [self.message]
        if self.choices:
            parts.append("Choices: " + ", ".join(self.choices) + ".")
        if self.hint:
            parts.append(self.hint)
        return " ".join(parts)


class UnknownName(EquidistanceError):
    """A state, power, bloc, source, indicator or channel that is not known."""


class AmbiguousName(EquidistanceError):
    """A name that stands for several states; the choices list them."""


class InvalidRequest(EquidistanceError):
    """Arguments that cannot be answered together: a power equal to the state, a window without evidence."""


class BadFile(EquidistanceError):
    """A file that cannot be read as the layout it is offered as."""


class StoreError(EquidistanceError):
    """The store is locked, corrupt, newer than this version, or the disk is full."""


class FetchError(EquidistanceError):
    """A download failed: offline, refused, or its checksum does not match."""


class NotConnected(EquidistanceError):
    """No way is open between two places, or a place is off the network; the message says where the gap is."""
