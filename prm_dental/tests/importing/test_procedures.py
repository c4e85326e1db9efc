"""The rules for procedures, without a database."""

import io
import random
import unittest
from datetime import datetime

from odoo.addons.prm_core.importing.mapper import Mapper
from odoo.addons.prm_core.importing.readers import open_table
from odoo.addons.prm_dental.importing.procedures import (
    OPENDENTAL_PROCEDURES,
    TARGETS,
    UNIVERSAL_TO_FDI,
    ProcedureReport,
    ProcedureRules,
)

HEADING = "ProcNum,PatNum,ProcDate,ProcCode,ToothNum,Surf,ProcStatus,ProvNum,ProcFee"
DATES = ("2026-02-28", "2024-02-29", "2026-02-30", "0000-00-00", "0001-01-01", "", "yesterday")


def judge(text, known):
    table = open_table(io.BytesIO(text.encode("utf-8-sig")))
    mapper = Mapper(table, OPENDENTAL_PROCEDURES, TARGETS, "US")
    rules, report = ProcedureRules(), ProcedureReport()
    rules.known_patients = known
    records = [mapper.read(row) for row in table.rows()]
    for record in records:
        report.add(record, rules.judge(record))
    return report.as_dict(), records


def expected(rows, known):
    """The rules' text once more, naively."""
    found = {"read": len(rows), "accepted": 0, "rejected": [], "duplicates": []}
    seen = []
    for number, (proc, patient, date, code) in enumerate(rows, start=2):
        reason = None
        try:
            impossible = datetime.strptime(date, "%Y-%m-%d").year == 1
        except ValueError:
            impossible = True
        if patient not in known:
            reason = "unknown_patient"
        elif impossible:
            reason = "bad_date"
        elif not code:
            reason = "missing_code"
        if reason:
            found["rejected"].append({"row": number, "reason": reason})
        elif proc in seen:
            found["duplicates"].append({"row": number, "reason": "duplicate_identifier"})
        else:
            seen.append(proc)
            found["accepted"] += 1
    return found


class TestProcedureRules(unittest.TestCase):
    maxDiff = None

    def test_against_oracle(self):
        for seed in range(100):
            rng = random.Random(seed)
            rows = [
                (
                    str(rng.randint(1, 60)),
                    rng.choice(("1", "2", "3", "999", "")),
                    rng.choice(DATES),
                    rng.choice(("HYG", "PERM", "EXAM", "")),
                )
                for _number in range(60)
            ]
            text = HEADING + "\n" + "".join(f"{','.join(row)},,,2,1,85.00\n" for row in rows)
            with self.subTest(seed=seed):
                self.assertEqual(judge(text, {"1", "2", "3"})[0], expected(rows, {"1", "2", "3"}))

    def test_values(self):
        text = f"{HEADING}\n1,7,2026-01-02,HYG,14,MOD,2,3,85.00\n2,7,2026-01-02,X,A,,4,3,x\n"
        _report, (one, two) = judge(text, {"7"})
        self.assertEqual(one.values["tooth"], "26")
        self.assertEqual((one.values["state"], one.values["fee"]), ("completed", 85.0))
        # A state that nobody knows never counts as completed.
        self.assertEqual((two.values["state"], two.values["tooth"]), ("existing", "55"))
        self.assertEqual([note.code for note in two.notes], ["unknown_value", "unknown_value"])

    def test_teeth(self):
        self.assertEqual(len(set(UNIVERSAL_TO_FDI.values())), 52)
        for universal, fdi in (("1", "18"), ("8", "11"), ("9", "21"), ("17", "38"), ("24", "31"),
                               ("25", "41"), ("32", "48"), ("A", "55"), ("K", "75"),
                               ("T", "85")):  # fmt: skip
            self.assertEqual(UNIVERSAL_TO_FDI[universal], fdi)

    def test_procedures_without_numbers(self):
        row = ",7,2026-01-02,HYG,,,2,3,85.00\n"
        report, _records = judge(f"{HEADING}\n{row}{row},7,2026-01-03,HYG,,,2,3,85.00\n", {"7"})
        self.assertEqual((report["accepted"], len(report["duplicates"])), (2, 1))
