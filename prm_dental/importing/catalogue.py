"""A practice's own list of procedures with their codes: targets, layout, rules and report."""

from odoo.addons.prm_core.importing.layouts import Layout, Target
from odoo.addons.prm_core.importing.mapper import Note
from odoo.addons.prm_core.importing.problems import _
from odoo.addons.prm_core.importing.rules import ACCEPTED, DUPLICATE, REJECTED, Outcome

SCOPES = ("mouth", "arch", "quadrant", "tooth", "surface")
CATEGORIES = (
    "diagnostic", "preventive", "restorative", "endodontic", "periodontic", "prosthodontic",
    "surgical", "orthodontic", "other",
)  # fmt: skip

#: What lists write for our codes, without case; a code stands for itself.
_WORDS = {
    "scope": {
        "whole mouth": "mouth", "full mouth": "mouth", "bocca": "mouth", "boca": "mouth",
        "mund": "mouth", "jaw": "arch", "arcata": "arch", "arcada": "arch", "kiefer": "arch",
        "quadrante": "quadrant", "cuadrante": "quadrant", "dente": "tooth", "diente": "tooth",
        "zahn": "tooth", "surfaces": "surface", "surfaces of a tooth": "surface",
        "superficie": "surface", "superfici": "surface", "superficies": "surface",
        "fläche": "surface", "flächen": "surface",
    },
    "category": {
        "diagnostics": "diagnostic", "prevention": "preventive", "fillings": "restorative",
        "filling": "restorative", "root canal": "endodontic", "endodontics": "endodontic",
        "gums": "periodontic", "periodontics": "periodontic",
        "crowns and dentures": "prosthodontic", "prosthodontics": "prosthodontic",
        "surgery": "surgical", "oral surgery": "surgical", "orthodontics": "orthodontic",
        "diagnostica": "diagnostic", "prevenzione": "preventive", "conservativa": "restorative",
        "endodonzia": "endodontic", "parodontologia": "periodontic", "protesi": "prosthodontic",
        "chirurgia": "surgical", "ortodonzia": "orthodontic",
    },
}  # fmt: skip
for _name, _codes in (("scope", SCOPES), ("category", CATEGORIES)):
    _WORDS[_name].update({code: code for code in _codes})

TARGETS = (
    Target("code", "Code", words=(
        "procedure code", "proccode", "codice", "código", "codigo", "kürzel",
    )),
    Target("name", "Name", words=(
        "description", "descript", "procedure", "descrizione", "prestazione", "nombre",
        "descripción", "bezeichnung", "leistung",
    )),
    Target("category", "Category", words=("categoria", "categoría", "kategorie", "proccat")),
    Target("scope", "Scope", words=("treatarea", "area", "ambito", "bereich")),
    Target("duration", "Minutes", "decimal", words=(
        "duration", "time", "durata", "minuti", "duración", "minutos", "dauer", "minuten",
    )),
    Target("fee", "Fee", "decimal", words=(
        "price", "amount", "prezzo", "tariffa", "importo", "precio", "preis", "honorar",
    )),
    Target("explanation", "In plain words", words=("explanation", "spiegazione")),
    Target("aftercare", "Instructions afterwards", words=("aftercare", "istruzioni")),
    Target("documents_needed", "Documents needed", words=("documents", "documenti")),
)  # fmt: skip

CATALOGUE = Layout(
    code="catalogue",
    name="Procedure catalogue",
    kind="procedure_types",
    system="catalogue",
    columns=tuple((target.label, target.name) for target in TARGETS),
)

LAYOUTS = (CATALOGUE,)

REASONS = {
    "missing_procedure_code": _("No code. Give each procedure a short code of its own."),
    "negative_number": _("%(value)s can't be less than nothing. Correct it."),
}


class CatalogueRules:
    """Judges the rows of one catalogue, in the order of the list."""

    def __init__(self):
        self._rows = {}

    def judge(self, record):
        """Return the ``Outcome`` of the next record."""
        if record.problem:
            return Outcome(REJECTED, "bad_row", value=": ".join(filter(None, record.problem)))
        code = record.get("code")
        if not code:
            return Outcome(REJECTED, "missing_procedure_code")
        for name in ("duration", "fee"):
            if record.get(name, 0) < 0:
                return Outcome(REJECTED, "negative_number", value=f"{record.get(name):g}")
        self.complete(record)
        if code in self._rows:
            return Outcome(DUPLICATE, "duplicate_identifier", code, self._rows[code])
        self._rows[code] = record.number
        return Outcome(ACCEPTED)

    @staticmethod
    def complete(record):
        """Put words into our codes; a word that nobody knows is left out and told."""
        record.values["identifier"] = record.values["code"]
        if "duration" in record.values:
            record.values["duration"] = round(record.values["duration"])
        for name, words in _WORDS.items():
            written = record.values.get(name)
            if written is None:
                continue
            code = words.get(written.casefold())
            if code:
                record.values[name] = code
            else:
                del record.values[name]
                record.notes.append(Note("unknown_value", name, name, written))
