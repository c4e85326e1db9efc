"""Writes what is found and planned in the patients' mouths, in bulk."""

from random import Random

from .mouths import FEES, make_mouths


class MouthLoader:
    """Fees, findings, work of others and planned work of the demo practice.

    :param loader: the `DemoLoader`, with its patients in place.
    """

    def __init__(self, loader, seed):
        self.env, self.practice = loader.env, loader.practice
        self.patients = loader.patients
        # A sequence of its own: what else is invented stays as it is.
        self.findings, self.work = make_mouths(
            Random(seed), loader.people, loader.visits, loader.today
        )

    def load(self):
        kinds = self.env["prm.procedure.type"].with_company(self.practice).search([])
        self.kinds = {kind.code: kind for kind in kinds}
        for code, fee in FEES.items():
            self.kinds[code].fee = fee
        self._load_findings()
        self._load_work()
        self.env.flush_all()

    def _load_findings(self):
        self.env["prm.tooth.finding"].create(
            [
                {
                    "patient_id": self.patients[found.person].id,
                    "kind": found.kind,
                    "tooth": found.tooth,
                    "surfaces": found.surfaces,
                    "date": found.day,
                    "note": found.note or False,
                }
                for found in self.findings
            ]
        )

    def _load_work(self):
        reasons = {reason.code: reason.id for reason in self.env["prm.decline.reason"].search([])}
        # As a list that is taken over: what was planned months ago is no news of today.
        self.env["prm.procedure"].with_context(prm_bulk=True).create(
            [
                {
                    "patient_id": self.patients[work.person].id,
                    "type_id": self.kinds[work.code].id,
                    "tooth": work.tooth,
                    "surfaces": work.surfaces or False,
                    "state": work.state,
                    "date": work.day,
                    "accepted_on": work.day if work.state == "accepted" else False,
                    "decline_reason_id": reasons.get(work.reason, False),
                    "fee": 0 if work.state == "existing" else FEES[work.code],
                }
                for work in self.work
            ]
        )
