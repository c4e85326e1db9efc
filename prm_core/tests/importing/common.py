import base64
import json
from pathlib import Path

from ..common import PrmCase

DATA = Path(__file__).resolve().parents[3] / "tests" / "data"

HEADING = "PatNum,LName,FName,PatStatus,Birthdate,WirelessPhone,Email,TxtMsgOk,Guarantor"


class ImportCase(PrmCase):
    """A receptionist who imports lists."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.country_id = cls.env.ref("base.us")
        cls.imports = cls.env["prm.import"].with_user(cls.receptionist)

    def new_import(self, data, filename="list.csv", **vals):
        """Return an import of a file, as the form makes it."""
        if isinstance(data, str):
            data = data.encode("utf-8-sig")
        return self.imports.create(
            {"file": base64.b64encode(data), "filename": filename, "as_of": "2026-11-22", **vals}
        )

    def run_import(self, data, **vals):
        """Return an import that went through all steps."""
        run = self.new_import(data, **vals)
        run.action_read()
        run.action_check()
        run.action_import()
        self.assertEqual(run.state, "done")
        return run

    def rows(self, *rows):
        """Import rows of Open Dental's layout (see HEADING)."""
        return self.run_import("\r\n".join((HEADING, *rows)) + "\r\n")

    def patient(self, number, system="opendental"):
        """Return the patient with a number of the list."""
        identifier = self.env["prm.patient.identifier"].search(
            [("system", "=", system), ("value", "=", number),
             ("company_id", "=", self.practice.id)]
        )  # fmt: skip
        return identifier.patient_id

    @staticmethod
    def expected(name):
        return json.loads((DATA / name).read_text(encoding="utf-8"))
