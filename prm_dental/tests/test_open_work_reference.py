import random
from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .open_work_case import OpenWorkCase

HISTORIES = 6
STEPS = 100
PATIENTS = 4
#: What happens, and how often for each time of the others.
OFTEN = {"enter": 8, "book": 4, "visit_status": 4, "visit_moves": 3, "state": 3, "days_pass": 2}
STATES = ("planned", "accepted", "in_progress", "in_progress", "completed", "existing", "deleted")


@tagged("post_install", "-at_install")
class TestOpenWorkReference(OpenWorkCase):
    """The list against its rules, over long random histories, after every single change."""

    def test_random_histories(self):
        self.taken = {}
        for seed in range(HISTORIES):
            with self.subTest(seed=seed):
                self._live(seed)
        self.assertEqual(set(self.taken), set(self._steps()), "all of it has happened")

    def _live(self, seed):
        """One history, of which nothing stays."""
        self.dice, self.visits, self.told = random.Random(seed), 0, []
        before = self.patients
        with freeze_time("2026-06-01 10:00:00") as self.clock, self.env.cr.savepoint() as savepoint:
            for _step in range(STEPS):
                self._take(self.dice.choice(self._steps()))
                self._compare(self.told[-8:])
            # Only rows whose time has come differ from what is to be kept from here on.
            due = self.kept.sudo().search([("changes_at", "<=", fields.Datetime.now())])
            self.assertLessEqual(self._differences(), len(due))
            self._compare(self.told[-8:])
            self.assertEqual(self._differences(), 0)
            savepoint.rollback()
            self.env.invalidate_all(flush=False)
            self.env.cr.precommit.clear()
        self.patients = before

    def _steps(self):
        names = sorted(name[6:] for name in dir(self) if name.startswith("_step_"))
        return [name for name in names for _time in range(OFTEN.get(name, 1))]

    def _take(self, what):
        """One step, if it finds something to do it to. What is refused has changed nothing."""
        step = getattr(self, f"_step_{what}")
        try:
            if "visit" in what or what == "book":
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    done = step()
            else:
                done = step()
        except (UserError, IntegrityError):
            self.env.invalidate_all()
            done = None
        if done is not None:
            self.taken[what] = self.taken.get(what, 0) + 1
        self.told.append((what, done))

    # === WHOM AND WHAT IT HAPPENS TO ===

    def _day(self, first, last):
        """A day, so many days from today."""
        return fields.Date.today() + timedelta(days=self.dice.randint(first, last))

    def _patient_drawn(self):
        while len(self.patients) < PATIENTS:
            self.patients |= self._patient(first_name=f"Di{len(self.patients)}")
        return self.dice.choice(list(self.patients))

    def _procedure(self):
        """A procedure, most often one that is open."""
        domain = [("patient_id", "in", self.patients.ids)]
        if self.dice.random() < 0.8:
            domain += [("state", "in", ("planned", "accepted", "scheduled", "in_progress"))]
        found = self.env["prm.procedure"].search(domain, order="id")
        return self.dice.choice(list(found)) if found else found

    def _visit(self):
        """A visit at which something is done, in place or not."""
        visits = self.env["calendar.event"].with_context(active_test=False, prm_bulk=True)
        visits = visits.search([("prm_procedure_ids", "!=", False)], order="id")
        return self.dice.choice(list(visits)) if visits else visits

    def _change(self, record, vals):
        """Write it, and tell of it."""
        if not record:
            return None
        record.write(vals)
        return record, vals

    # === STEPS ===

    def _step_enter(self):
        vals = {
            "fee": self.dice.choice([0, 40, 120.5, 900]),
            "urgency": self.dice.choice("012"),
            "provider_id": self.dice.choice([False, *self.providers.ids]),
        }
        state = self.dice.choice(STATES)
        day = self._day(-60, 0)
        return self._done(self._patient_drawn(), day, self.crown, state, **vals), state

    def _step_many(self):
        """A list that is taken over."""
        vals = {
            "date": self._day(-90, 0), "state": self.dice.choice(STATES), "fee": 10,
            **self._kind_vals(self.crown),
        }  # fmt: skip
        bulk = self.env["prm.procedure"].with_context(prm_bulk=True)
        return bulk.create([{"patient_id": patient.id, **vals} for patient in self.patients] * 2)

    def _step_state(self):
        vals = {"state": self.dice.choice(STATES), "date": self._day(-3, 0)}
        return self._change(self._procedure(), vals)

    def _step_decline(self):
        vals = {"state": "declined", "decline_reason_id": self.reason.id}
        return self._change(self._procedure(), vals)

    def _step_fee(self):
        return self._change(self._procedure(), {"fee": self.dice.randint(0, 500)})

    def _step_urgency(self):
        return self._change(self._procedure(), {"urgency": self.dice.choice("012")})

    def _step_date(self):
        return self._change(self._procedure(), {"date": self._day(-99, 0)})

    def _step_provider(self):
        provider = self.dice.choice([False, *self.providers.ids])
        return self._change(self._procedure(), {"provider_id": provider})

    def _step_remove(self):
        procedure = self._procedure()
        return procedure.unlink() if procedure else None

    def _step_leave(self):
        """It was somebody else's."""
        procedure = self._procedure()
        if procedure.appointment_id:
            return None
        return self._change(procedure, {"patient_id": self._patient_drawn().id})

    def _step_book(self):
        """A visit for some of the work that waits."""
        patient = self._patient_drawn()
        work = patient.sudo()._waiting_work().get(patient.id)
        if not work:
            return None
        self.visits += 1
        day = fields.Datetime.now().replace(hour=5, minute=0, second=0)
        minutes = 45 * (self.visits % 20)
        start = day + timedelta(days=self.dice.randint(0, 20), minutes=minutes)
        return work[: self.dice.randint(1, 3)]._schedule(self._book(patient, start=start))

    def _step_visit_status(self):
        status = self.dice.choice(["booked", "confirmed", "completed", "cancelled", "no_show"])
        return self._change(self._visit(), {"prm_status": status})

    def _step_visit_moves(self):
        visit = self._visit()
        if not visit:
            return None
        way = timedelta(days=self.dice.randint(-20, 10), minutes=self.dice.randint(0, 300))
        return self._change(visit, {"start": visit.start + way, "stop": visit.stop + way})

    def _step_visit_archived(self):
        return self._change(self._visit(), {"active": self.dice.random() < 0.6})

    def _step_status(self):
        status = self.dice.choice(["active", "active", "active", "moved", "deceased"])
        return self._change(self._patient_drawn(), {"status": status})

    def _step_archived(self):
        return self._change(self._patient_drawn(), {"active": self.dice.random() < 0.7})

    def _step_merge(self):
        gone, kept = self._patient_drawn(), self._patient_drawn()
        if gone == kept:
            return None
        gone._merge_into(kept)
        self.patients -= gone
        return gone, kept

    def _step_put_off(self):
        until = self.dice.choice([None, self._day(1, 20)])
        snoozes = self.env["prm.unscheduled.snooze"]
        return snoozes._put_off(self._patient_drawn(), "work", until, "later")

    def _step_ask_again(self):
        self.env["prm.unscheduled.snooze"]._end(self._patient_drawn(), "work")
        return True

    def _step_written_to(self):
        return self.env["prm.message"].create(
            {
                "patient_id": self._patient_drawn().id,
                "company_id": self.practice.id,
                "state": "sent",
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "sent_at": fields.Datetime.now() - timedelta(days=self.dice.randint(0, 30)),
            }
        )

    def _step_called(self):
        self.env["prm.event"].emit("treatment_called", [{"patient": self._patient_drawn()}])
        return True

    def _step_days_pass(self):
        days = self.dice.randint(1, 12)
        self.clock.tick(timedelta(days=days, minutes=self.dice.randint(0, 600)))
        return days

    def _step_tidy_up(self):
        """The night's work."""
        self.kept.sudo()._tidy_up()
        return True
