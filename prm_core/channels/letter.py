"""Letters: a person prints them, folds them and takes them to the post."""

from .base import Channel, UnsupportedFeature


class LetterChannel(Channel):
    """Letters wait as ``queued`` until somebody prints them under *Letters to print*.

    Printing claims them (``sending``); they are ``sent`` once that person has seen the paper. No
    dispatcher touches them, so there is nothing to send here; the pages are made by `letter_pdf`.
    An address has at least two lines: a street and a place.
    """

    code = "letter"
    provider = "letter"
    label = "Letters, printed by the practice"
    manual = True

    @classmethod
    def validate_address(cls, address):
        """The address in lines without gaps, or None when it has no street or no place."""
        lines = [" ".join(line.split()) for line in (address or "").splitlines()]
        lines = [line for line in lines if line]
        return "\n".join(lines) if len(lines) > 1 else None

    def send(self, batch):
        raise UnsupportedFeature("letters are printed by a person")
