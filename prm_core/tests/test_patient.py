from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PrmCase


@tagged("post_install", "-at_install")
class TestPatient(PrmCase):
    def test_names_and_contact_follow_each_other(self):
        self.assertEqual(self.maria.name, "Maria Verdi")
        self.maria.last_name = "Verdi Bianchi"
        self.assertEqual(self.maria.partner_id.name, "Maria Verdi Bianchi")
        self.maria.partner_id.name = "Maria Neri"
        self.assertEqual((self.maria.first_name, self.maria.last_name), ("Maria", "Neri"))
        self.assertEqual(self.maria.sort_name, "neri, maria")

    def test_contact_becomes_patient(self):
        contact = self.env["res.partner"].create({"name": "Anna Maria Costa"})
        patient = self._patient(partner_id=contact.id)
        self.assertEqual((patient.first_name, patient.last_name), ("Anna Maria", "Costa"))
        self.assertEqual(patient.name, "Anna Maria Costa")

    def test_quick_creation_by_typing_a_name(self):
        patient = self.env["prm.patient"].browse(
            self.env["prm.patient"].name_create("Carlo Conti")[0]
        )
        self.assertEqual((patient.first_name, patient.last_name), ("Carlo", "Conti"))

    def test_a_name_is_needed(self):
        with self.assertRaisesRegex(ValidationError, "first or a last name"):
            self._patient(first_name=" ", last_name="")
        with self.assertRaisesRegex(ValidationError, "first or a last name"):
            self.maria.write({"first_name": "", "last_name": " "})

    def test_born_in_the_future(self):
        with self.assertRaisesRegex(ValidationError, "born in the future"):
            self.maria.birth_date = "2999-01-01"

    def test_receptionist_fills_the_form(self):
        form = Form(self.as_user(self.receptionist, self.env["prm.patient"]))
        form.first_name = "Lia"
        form.last_name = "Sala"
        form.mobile = "+393331234567"
        patient = form.save()
        self.assertEqual(patient.name, "Lia Sala")
        self.assertEqual(patient.company_id, self.practice)

    def test_identifier_is_unique_in_a_practice(self):
        self.env["prm.patient.identifier"].create(
            {"patient_id": self.maria.id, "system": "opendental", "value": "7"}
        )
        other = self._patient(first_name="Ugo", company_id=self.other_practice.id)
        elsewhere = {"patient_id": other.id, "system": "opendental", "value": "7"}
        self.assertTrue(self.env["prm.patient.identifier"].create(elsewhere))
        twin = self._patient(first_name="Pia")
        with self.assertRaises(Exception) as caught, self.cr.savepoint():
            self.env["prm.patient.identifier"].create({**elsewhere, "patient_id": twin.id})
        self.assertIn("identifier", str(caught.exception))

    def test_creation_writes_the_timeline(self):
        events = self.maria.event_ids
        self.assertEqual(events.event_type_id.code, "patient_created")

    def test_timeline_newest_first(self):
        events = self.env["prm.event"]
        for day in ("2026-01-05", "2026-03-01", "2026-02-01"):
            events.emit("imported", [{"patient": self.maria, "occurred_at": f"{day} 10:00:00"}])
        days = (
            self.env["prm.event"].search([("patient_id", "=", self.maria.id)]).mapped("occurred_at")
        )
        self.assertEqual(days, sorted(days, reverse=True))

    def test_timeline_is_append_only(self):
        event = self.maria.event_ids[0]
        with self.assertRaisesRegex(UserError, "can't be changed"):
            event.write({"payload": {}})
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            event.unlink()

    def test_unknown_event_type_is_a_fault(self):
        with self.assertRaisesRegex(KeyError, "no_such_thing"):
            self.env["prm.event"].emit("no_such_thing", [{"patient": self.maria}])

    def test_bulk_creation_asks_few_questions(self):
        """Statements grow with batches, not with patients."""
        patients = self.env["prm.patient"].with_context(prm_bulk=True)

        def statements(count):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            patients.create(
                [{"first_name": f"Bulk{index}", "last_name": "Test"} for index in range(count)]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        statements(2)
        self.assertLessEqual(statements(60), statements(20) + 5)


@tagged("post_install", "-at_install")
class TestPatientAccess(PrmCase):
    """Who may see and do what, by persona."""

    MODELS = (
        "prm.patient", "prm.patient.identifier", "prm.household", "prm.event", "prm.consent",
        "prm.template", "prm.template.body", "prm.message", "prm.link", "prm.purpose",
        "prm.channel", "prm.event.type", "prm.policy.rule", "prm.gateway", "prm.address.block",
        "prm.message.event", "prm.mailbox", "prm.guardian", "prm.letter.batch", "prm.call",
        "prm.journey", "prm.journey.step", "prm.journey.step.condition", "prm.journey.condition",
        "prm.journey.source", "prm.journey.signal", "prm.enrolment", "prm.enrolment.entry",
        "prm.template.test",
    )  # fmt: skip

    def test_outside_prm_nothing_is_seen(self):
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            for model in self.MODELS:
                with self.assertRaises(AccessError, msg=f"{user.login} {model}"):
                    self.env[model].with_user(user).search([])

    def test_every_model_of_the_add_on_is_covered(self):
        """A new model without a line here fails, so that nobody forgets its rule."""
        mine = self.env["ir.model"].search([("model", "=like", "prm.%"), ("transient", "=", False)])
        names = {model.model for model in mine if "prm_core" in model.modules.split(", ")}
        importing = {name for name in names if name.startswith("prm.import")}
        self.assertEqual(names - importing, set(self.MODELS))

    def test_another_practice_sees_nothing(self):
        household = self.env["prm.household"].create(
            {"name": "Verdi", "company_id": self.practice.id}
        )
        self.maria.household_id = household
        for model in ("prm.patient", "prm.household", "prm.event"):
            records = self.as_user(self.stranger, self.env[model])
            self.assertFalse(records.search([("company_id", "=", self.practice.id)]), model)
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, self.maria).read(["first_name"])

    def test_roles(self):
        for user in (self.receptionist, self.clinician, self.manager):
            self.assertEqual(self.as_user(user, self.maria).name, "Maria Verdi")
        self.as_user(self.receptionist, self.maria).mobile = "+393330000001"
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, self.env["prm.patient"]).create({"first_name": "No"})
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, self.maria).unlink()
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, self.env["prm.purpose"]).create(
                {"name": "x", "code": "x"}
            )

    def test_a_contact_shows_no_patient_facts(self):
        """A colleague outside PRM reads the contact, and learns nothing from it."""
        contact = self.maria.partner_id.with_user(self.outsider)
        self.assertEqual(contact.name, "Maria Verdi")
        fields = self.env["res.partner"].with_user(self.outsider).fields_get()
        self.assertFalse([name for name in fields if name.startswith("prm_")])
