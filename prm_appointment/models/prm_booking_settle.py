from odoo import models
from odoo.addons.prm_core import patient_search
from odoo.addons.prm_core.importing import normalise
from odoo.fields import Domain

from .. import same_person

#: Digits at the end of a number by which it is looked for: its prefix may not be stored.
_TAIL = 8


class PrmBooking(models.Model):
    """Who it is that booked: asked only after the contact was verified."""

    _inherit = "prm.booking"

    def _settle(self):
        """Make of the verified person the patient who is here already, or a new one.

        Whatever comes out of it, the page says the same.
        """
        self.ensure_one()
        if self.found:
            return
        verdict, ids = same_person.judge(
            self.first_name,
            self.last_name,
            self.birth_date,
            self.verified_contact,
            self._known_patients(),
        )
        self.found = verdict
        found = self.env["prm.patient"].browse(ids)
        if verdict == same_person.MATCHED:
            self._take_over(found)
        else:
            self._welcome()
        if verdict == same_person.UNCLEAR:
            self._ask_who(found)

    def _known_patients(self):
        """Patients of the practice with whom this one has something in common, in few queries."""
        contact = self.verified_contact
        if "@" in contact:
            written = Domain("search_key", "like", patient_search.fold(contact))
            of_guardian = Domain("guardian_ids.partner_id.email", "=ilike", contact)
        else:
            tail = contact[-_TAIL:]
            written = Domain("search_key", "like", tail)
            of_guardian = Domain("guardian_ids.partner_id.phone_sanitized", "=", contact)
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("birth_date", "=", self.birth_date) | written | of_guardian
        patients = self.env["prm.patient"].with_context(active_test=False).search(domain)
        unverified = self.sudo().search([("patient_id", "in", patients.ids), ("found", "=", False)])
        patients -= unverified.patient_id
        return [self._as_known(patient) for patient in patients]

    def _as_known(self, patient):
        country = self.company_id.country_id.code
        people = patient.guardian_ids.partner_id
        emails = [patient.email, *people.mapped("email")]
        numbers = [patient.mobile, patient.phone, *people.mapped("phone")]
        contacts = {normalise.email(text) for text in emails if text}
        contacts |= {normalise.phone(text, country) for text in numbers if text}
        return same_person.Known(
            patient.id,
            patient.first_name,
            patient.last_name,
            patient.birth_date or None,
            frozenset(filter(None, contacts)),
            patient.active and patient.status != "deceased",
        )

    def _take_over(self, patient):
        """It is a patient already: the one made for the booking goes."""
        made = self.patient_id
        self.env["prm.message"].search([("patient_id", "=", made.id)]).patient_id = patient
        self.patient_id = patient
        made._prm_discard()

    def _welcome(self):
        """The person made for the booking becomes a patient whom people see."""
        patient = self.patient_id
        patient.partner_id.active = True
        patient.write({"active": True, "came_by": "online"})
        if self.whom == "child":
            self._add_guardian()
        patient._tell_of_creation()

    def _add_guardian(self):
        """The parent who booked speaks for the child and gets the messages, at their contacts."""
        patient, parent = self.patient_id, self._known_parent()
        if not parent:
            parent = self.env["res.partner"].create(
                {
                    "name": f"{self.guardian_first} {self.guardian_last}",
                    "email": self.email,
                    "phone": self.mobile,
                    "lang": self.lang,
                    "company_id": patient.partner_id.company_id.id,
                }
            )
        self.env["prm.guardian"].create(
            {"patient_id": patient.id, "partner_id": parent.id, "relation": "other"}
        )
        patient.write({"email": False, "mobile": False})

    def _known_parent(self):
        """The contact of a parent who has the verified contact and the same name, if it is one."""
        names = normalise.name_key(f"{self.guardian_first}{self.guardian_last}")
        known = self._known_patients()
        own = [
            item.patient_id
            for item in known
            if self.verified_contact in item.contacts
            and normalise.name_key(f"{item.first_name or ''}{item.last_name or ''}") == names
        ]
        return self.env["prm.patient"].browse(own).partner_id if len(own) == 1 else None

    def _ask_who(self, found):
        """Let the front desk say whether it is somebody whom the practice knows."""
        names = ", ".join(
            f"{patient.name} ({patient.birth_date or '–'})" for patient in found[:5]
        )  # fmt: skip
        patient = self.patient_id._in_practice_language()
        patient._ask_front_desk(
            "prm_appointment.mail_activity_same_person",
            summary=patient.env._("Booked online: is this %s?", names),
        )
