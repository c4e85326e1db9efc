"""Lists of procedures: targets, the layout of a known source, the rules and the report."""

from odoo.addons.prm_core.importing.layouts import Layout, Target
from odoo.addons.prm_core.importing.problems import _
from odoo.addons.prm_core.importing.rules import ACCEPTED, DUPLICATE, REJECTED, Outcome, digest

from ..teeth import tidy, universal_to_fdi

STATES = ("planned", "completed", "existing", "deleted")

UNIVERSAL_TO_FDI = universal_to_fdi()

TARGETS = (
    Target("identifier", "Number of the procedure", words=("procnum",)),
    Target("patient", "Number of the patient", words=(
        "patient", "patnum", "patient number", "patient id", "codice paziente", "codice",
    )),
    Target("date", "Date", "date", words=("procdate", "data", "fecha", "datum")),
    Target("code", "Code", words=("proccode", "procedure", "prestazione", "codice prestazione")),
    Target("tooth", "Tooth", "choice", tuple(sorted(UNIVERSAL_TO_FDI.values())), words=(
        "toothnum", "dente", "diente", "zahn",
    )),
    Target("surfaces", "Surfaces", words=("surf", "surface", "superfici", "superficie")),
    Target("state", "State", "choice", STATES, words=("procstatus", "status", "stato")),
    Target("provider_code", "Provider", words=("provnum", "operatore", "medico")),
    Target("fee", "Fee", "decimal", words=("procfee", "importo", "amount", "importe")),
)  # fmt: skip

OPENDENTAL_PROCEDURES = Layout(
    code="opendental",
    name="Open Dental",
    kind="procedures",
    system="opendental",
    country="US",
    date_order="ymd",
    unknown_dates=frozenset({"0001-01-01"}),
    columns=(
        ("ProcNum", "identifier"),
        ("PatNum", "patient"),
        ("ProcDate", "date"),
        ("ProcCode", "code"),
        ("ToothNum", "tooth"),
        ("Surf", "surfaces"),
        ("ProcStatus", "state"),
        ("ProvNum", "provider_code"),
        ("ProcFee", "fee"),
    ),
    values={
        "state": {"1": "planned", "2": "completed", "3": "existing", "6": "deleted"},
        "tooth": UNIVERSAL_TO_FDI,
    },
    # What isn't known to be completed must not start a recall.
    blank={"state": "existing"},
)

LAYOUTS = (OPENDENTAL_PROCEDURES,)

REASONS = {
    "unknown_patient": _(
        "No patient has the number %(value)s. Import the list of patients first, or correct the"
        " number."
    ),
    "bad_date": _("The date %(value)s is missing or doesn't exist. Correct it."),
    "missing_code": _("No code of the procedure. Fill it in."),
}


class ProcedureRules:
    """Judges the rows of one list of procedures, in the order of the list.

    As with patients, a rejected row leaves no trace: a later row with its number is accepted.
    """

    def __init__(self):
        self.known_patients = set()
        self._rows = {}

    def judge(self, record):
        """Return the ``Outcome`` of the next record."""
        if record.problem:
            return Outcome(REJECTED, "bad_row", value=": ".join(filter(None, record.problem)))
        patient = record.get("patient")
        if not patient or patient not in self.known_patients:
            return Outcome(REJECTED, "unknown_patient", value=patient or "")
        if not record.get("date"):
            written = (note.value for note in record.notes if note.target == "date")
            return Outcome(REJECTED, "bad_date", value=next(written, ""))
        if not record.get("code"):
            return Outcome(REJECTED, "missing_code")
        self.complete(record)
        identifier = record.values["identifier"]
        if identifier in self._rows:
            return Outcome(DUPLICATE, "duplicate_identifier", identifier, self._rows[identifier])
        self._rows[identifier] = record.number
        return Outcome(ACCEPTED)

    @staticmethod
    def complete(record):
        """Give a procedure without a number one that follows from what it is."""
        if not record.get("identifier"):
            names = ("patient", "date", "code", "tooth", "surfaces", "state")
            parts = (str(record.get(name) or "") for name in names)
            record.values["identifier"] = f"~{digest(*parts):016x}"
        if record.get("surfaces"):
            # As it is stored, so that a list that is read again finds nothing changed.
            record.values["surfaces"] = tidy(record.get("tooth"), record.values["surfaces"])[1]


class ProcedureReport:
    """Collects the outcomes of a list of procedures."""

    def __init__(self):
        self.read = self.accepted = 0
        self.rejected, self.duplicates = [], []

    def add(self, record, outcome):
        """Count one record."""
        self.read += 1
        if outcome.kind == ACCEPTED:
            self.accepted += 1
        else:
            rows = self.rejected if outcome.kind == REJECTED else self.duplicates
            rows.append({"row": record.number, "reason": outcome.reason})

    def as_dict(self):
        """Return plain values in the order in which people read them."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
        }
