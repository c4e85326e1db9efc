"""A visit as an iCalendar file (RFC 5545), for the patient's own calendar."""

from dataclasses import dataclass
from datetime import datetime

_FORMAT = "%Y%m%dT%H%M%SZ"
_LINE_OCTETS = 75


@dataclass(frozen=True)
class Visit:
    """What the file says. Moments are naive, in UTC.

    :param uid: stays the same when the visit changes; :param sequence: counts the changes, so that
        a calendar knows which of two files is newer.
    """

    uid: str
    sequence: int
    start: datetime
    stop: datetime
    changed_at: datetime
    summary: str
    location: str = ""
    description: str = ""
    cancelled: bool = False


def _escape(text):
    """Text as a value (section 3.3.11)."""
    for char in ("\\", ";", ","):
        text = text.replace(char, f"\\{char}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _fold(line):
    """A content line in pieces of at most 75 octets, never inside a letter (section 3.1)."""
    pieces, piece, size = [], "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _LINE_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += char
        size += octets
    return "\r\n".join([*pieces, piece])


def write(visit):
    """The file's content.

    :return: bytes, UTF-8.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//PRM for Odoo//Appointments//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if visit.cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{_escape(visit.uid)}",
        f"SEQUENCE:{visit.sequence}",
        f"DTSTAMP:{visit.changed_at.strftime(_FORMAT)}",
        f"DTSTART:{visit.start.strftime(_FORMAT)}",
        f"DTEND:{visit.stop.strftime(_FORMAT)}",
        f"SUMMARY:{_escape(visit.summary)}",
        f"STATUS:{'CANCELLED' if visit.cancelled else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        "TRANSP:OPAQUE",
    ]
    if visit.location:
        lines.append(f"LOCATION:{_escape(visit.location)}")
    if visit.description:
        lines.append(f"DESCRIPTION:{_escape(visit.description)}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{_fold(line)}\r\n" for line in lines).encode()
