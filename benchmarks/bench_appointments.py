"""Booking many visits in one go, against Odoo's bare calendar events without mails.

A visit carries more than a meeting: patient, provider, chair, the stretch that is taken, two
exclusion constraints and an entry on the patient's timeline. The same users stand in both.
"""

from datetime import datetime, timedelta

from . import harness

COUNT = 1_000
PROVIDERS, CHAIRS = 10, 10
ROUNDS = 5
BUDGET = 1.5
FIRST = datetime(2035, 2, 5, 8)

#: What keeps a bare calendar event from sending mails.
SILENT = {
    "dont_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
    "skip_contact_description": True,
    "tracking_disable": True,
}


def main():
    report = harness.Report()
    with harness.database("appointments") as name, harness.environment(name) as env:
        bench = Bench(env)
        bench.prepare()
        visits, bare = [], []
        for number in range(ROUNDS):
            bare.append(bench.bare(number))
            visits.append(bench.visits(number))
        value, rival = (1000 * harness.median(times) / COUNT for times in (visits, bare))
        report.add(
            f"a visit, {COUNT:,} in one batch",
            value,
            "ms",
            f"a bare calendar event of the same batch: {rival:.3g} ms",
            harness.median(mine / theirs for mine, theirs in zip(visits, bare, strict=True)),
            BUDGET,
        )
    report.exit()


class Bench:
    def __init__(self, env):
        self.env = env

    def prepare(self):
        """A practice with providers who use Odoo, chairs, one kind of visit, and patients."""
        company = self.env.company
        harness.make_patients(self.env, COUNT)
        users = self.env["res.users"].with_context(no_reset_password=True).create(
            [{"name": f"Provider {n}", "login": f"provider{n}"} for n in range(PROVIDERS)]
        )  # fmt: skip
        self.users = users
        self.providers = self.env["prm.provider"].create(
            [{"name": user.name, "user_id": user.id, "company_id": company.id} for user in users]
        )
        self.chairs = self.env["prm.operatory"].create(
            [{"name": f"Chair {n}", "company_id": company.id} for n in range(CHAIRS)]
        )
        self.kind = self.env["prm.appointment.type"].create(
            {"name": "Check-up", "duration": 30, "buffer_after": 10, "company_id": company.id,
             "operatory_ids": [(6, 0, self.chairs.ids)]}
        )  # fmt: skip
        self.patients = self.env["prm.patient"].search([], limit=COUNT)
        self.env.cr.commit()

    def _start(self, number, index):
        """Visits of one provider one after the other; each round has weeks of its own."""
        return FIRST + timedelta(days=200 * number, minutes=45 * (index // PROVIDERS))

    def visits(self, number):
        wishes = [
            {
                "patient": patient,
                "type": self.kind,
                "provider": self.providers[index % PROVIDERS],
                "operatory": self.chairs[index % CHAIRS],
                "start": self._start(number, index),
            }
            for index, patient in enumerate(self.patients)
        ]
        self.env.invalidate_all()
        with harness.stopwatch() as seconds:
            self.env["calendar.event"]._prm_book(wishes)
            self.env.cr.commit()
        return seconds[0]

    def bare(self, number):
        vals_list = []
        for index in range(COUNT):
            user, start = self.users[index % PROVIDERS], self._start(number, index)
            vals_list.append(
                {
                    "name": "Check-up",
                    "start": start,
                    "stop": start + timedelta(minutes=30),
                    "user_id": user.id,
                    "partner_ids": [(6, 0, user.partner_id.ids)],
                    "show_as": "free",
                }
            )
        self.env.invalidate_all()
        with harness.stopwatch() as seconds:
            self.env["calendar.event"].with_context(**SILENT).create(vals_list)
            self.env.cr.commit()
        return seconds[0]


if __name__ == "__main__":
    main()
