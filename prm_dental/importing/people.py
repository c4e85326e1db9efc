"""Which patient a row is about: by number, or by name and birth date."""

from odoo.addons.prm_core.importing import normalise
from odoo.addons.prm_core.importing.layouts import Target
from odoo.addons.prm_core.importing.problems import _
from odoo.addons.prm_core.importing.rules import REJECTED, Outcome

#: What stands for a row that fits more than one patient.
SEVERAL = -1

PERSON_TARGETS = (
    Target("patient", "Number of the patient", words=(
        "patient", "patnum", "patient number", "patient id", "codice paziente", "codice",
        "patientennummer", "número de paciente",
    )),
    Target("last_name", "Last name", "name", words=("lname", "cognome", "apellidos", "nachname")),
    Target("first_name", "First name", "name", words=("fname", "nome", "nombre", "vorname")),
    Target("birth_date", "Birth date", "birth_date", words=(
        "birthdate", "data di nascita", "fecha de nacimiento", "geburtsdatum",
    )),
)  # fmt: skip

REASONS = {
    "unknown_person": _(
        "No patient is %(value)s. Import the list of patients first, or correct the number, or the"
        " name and birth date."
    ),
    "several_people": _(
        "Several patients are %(value)s. Write the patient's number, so that it is clear who is"
        " meant."
    ),
}


def name_key(last_name, first_name, birth_date):
    """One key for a person: case, accents and punctuation don't count; None without a birth date.

    :param birth_date: a date
    """
    names = normalise.name_key(f"{last_name or ''} {first_name or ''}")
    return (names, birth_date) if names and birth_date else None


def words(record):
    """Whom a row means, as it writes it."""
    parts = [record.get("patient"), record.get("last_name"), record.get("first_name")]
    born = record.get("birth_date")
    return " ".join(filter(None, [*parts, born and born.isoformat()])) or "–"


def judge(record, people):
    """The ``Outcome`` when a row can't be given to one patient, else None.

    :param people: {row number: patient id, None or `SEVERAL`}
    """
    if record.problem:
        return Outcome(REJECTED, "bad_row", value=": ".join(filter(None, record.problem)))
    if record.bad_birth_date and not record.get("patient"):
        return Outcome(REJECTED, "bad_birth_date", value=record.bad_birth_date[1] or "")
    found = people.get(record.number)
    if found == SEVERAL:
        return Outcome(REJECTED, "several_people", value=words(record))
    if not found:
        return Outcome(REJECTED, "unknown_person", value=words(record))
    return None
