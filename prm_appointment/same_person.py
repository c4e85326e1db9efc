"""Whether somebody who books is a patient of the practice already.

Pure functions. The contact was verified by a code, so it is worth more than what was typed; still
only all three together — contact, names, birth date — make one person. Whatever is near is for
people to decide.
"""

from dataclasses import dataclass
from datetime import date

from odoo.addons.prm_core.importing import normalise

MATCHED, NEW, UNCLEAR = "matched", "new", "unclear"


@dataclass(frozen=True)
class Known:
    """A patient who may be the one.

    :param contacts: email addresses and numbers in their normal form, the guardians' with them.
    :param bookable: whether a visit can be booked for them.
    """

    patient_id: int
    first_name: str
    last_name: str
    birth_date: date | None
    contacts: frozenset
    bookable: bool = True


def _names(first_name, last_name):
    return normalise.name_key(first_name or ""), normalise.name_key(last_name or "")


def judge(first_name, last_name, birth_date, contact, known):
    """Compare somebody with patients.

    :param birth_date: a date; :param contact: verified, in its normal form.
    :param known: list of `Known`.
    :return: (``matched``, ids of one patient), (``unclear``, ids of those it may be) or
        (``new``, []).
    """
    names = _names(first_name, last_name)
    same, near = [], []
    for patient in known:
        agreeing = (
            _names(patient.first_name, patient.last_name) == names,
            patient.birth_date == birth_date,
            contact in patient.contacts,
        )
        if all(agreeing):
            same.append(patient)
        elif sum(agreeing) == 2:
            near.append(patient)
    if len(same) == 1 and same[0].bookable:
        return MATCHED, [same[0].patient_id]
    found = [patient.patient_id for patient in (*same, *near)]
    return (UNCLEAR, found) if found else (NEW, [])
