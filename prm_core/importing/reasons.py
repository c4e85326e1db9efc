"""Why a row is not simply imported, as sentences for the person at the desk.

Each says what is wrong and what to do about it. ``%(value)s`` is the value to blame, ``%(of)s``
the identifier of the other row.
"""

from .problems import _

REASONS = {
    "missing_name": _("No first and no last name. Fill in at least one of them."),
    "missing_identifier": _("No patient number. Fill it in, or remove the row."),
    "deleted_in_source": _("Deleted in the other software. Nothing to do."),
    "bad_birth_date": _(
        "The birth date %(value)s doesn't exist, lies in the future or before 1900, or has a"
        " year of two digits. Correct it, or leave it empty if it is unknown."
    ),
    "bad_row": _(
        "The row can't be read (%(value)s). Most often a quotation mark or a separator too"
        " many, or an Excel error in a cell. Correct the row."
    ),
    "duplicate_identifier": _("The number %(of)s stands in an earlier row."),
    "duplicate_person": _("Looks like the same person as number %(of)s."),
    "matches_patient": _("Looks like a patient who is already here: %(of)s."),
}

#: Values that were left out, or that somebody should look at; the row itself is imported.
WARNINGS = {
    "bad_phone": _("This is no valid phone number: left out of the field, kept in the note."),
    "bad_email": _("This is no valid email address: left out of the field, kept in the note."),
    "bad_date": _("This is no valid date: left out of the field, kept in the note."),
    "unknown_value": _("This value is not known: left out of the field, kept in the note."),
    "formula_text": _("Looks like a formula: taken as plain text, nothing is calculated."),
}

#: Details of ``bad_row``.
ROW_PROBLEMS = {
    "too_many_cells": _("more cells than headings"),
    "bad_quotes": _("quotation marks that don't fit together"),
    "cell_error": _("Excel error"),
}
