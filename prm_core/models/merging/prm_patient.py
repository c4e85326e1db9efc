from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..importing.prm_import_duplicate import DETAIL_FIELDS
from ..journey.prm_enrolment import OPEN

#: Of two statuses the one that keeps more messages back counts.
_STATUS_RANK = ("prospect", "inactive", "active", "moved", "deceased")


class PrmPatient(models.Model):
    """One person who was entered twice becomes one patient, with everything that ever happened.

    Nothing is lost: whatever points to the patient who goes points to the one who stays, also in
    add-ons that this one doesn't know. What can exist only once is settled before that, by
    `_settle_for_merge`, which rooms and add-ons extend.
    """

    _inherit = "prm.patient"

    def _merge_into(self, kept):
        """Give everything of these patients to another one, and remove them.

        :param kept: the patient who stays.
        :raises UserError: when they are not of one practice, or both have an account.
        """
        kept.ensure_one()
        gone = (self - kept).sudo()
        kept = kept.sudo()
        self._check_merge(gone, kept)
        self.env.cr.execute(
            SQL("SELECT id FROM prm_patient WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                (gone | kept).ids)
        )  # fmt: skip
        for patient in gone:
            patient._give_to(kept)

    def _check_merge(self, gone, kept):
        if not gone:
            raise UserError(self.env._("Choose two patients: one stays, the others go."))
        if gone.company_id != kept.company_id:
            raise UserError(self.env._("Patients of different practices can't become one."))
        users = (gone | kept).partner_id.with_context(active_test=False).user_ids
        if len(users) > 1:
            raise UserError(
                self.env._(
                    "Each of them has an account of their own. Close one of the accounts first, so"
                    " that nobody reads with it what is another's."
                )
            )

    def _give_to(self, kept):
        self.ensure_one()
        words = self._merge_words()
        self._settle_for_merge(kept)
        self._fill_from_duplicate(kept)
        contact = self.partner_id
        self.env.flush_all()
        self._move_references(kept)
        self.env.invalidate_all()
        number, name = self.id, self.display_name
        self.unlink()
        kept._take_contact(contact)
        kept._recompute_everything()
        self.env["prm.event"].emit(
            "patient_merged", [{"patient": kept, "payload": {"name": name, "number": number}}]
        )
        kept.message_post(body=words)

    def _settle_for_merge(self, kept):
        """Before everything of this patient becomes another's: settle what can be there only once.

        :param kept: the patient who stays. Both are read as superuser.
        """
        self.ensure_one()
        # A journey about the person goes on for who stays, and not twice.
        people = self.env["prm.enrolment"].sudo()
        people.search(
            [("patient_id", "=", self.id), ("state", "in", OPEN),
             ("res_model", "in", (False, self._name))]
        )._end("stopped", "merged")  # fmt: skip
        guardians = self.env["prm.guardian"].sudo().with_context(active_test=False)
        named = guardians.search([("patient_id", "=", kept.id)]).partner_id
        guardians.search(
            [("patient_id", "=", self.id), ("partner_id", "in", [*named.ids, kept.partner_id.id])]
        ).unlink()
        guardians.search(
            [("patient_id", "=", kept.id), ("partner_id", "=", self.partner_id.id)]
        ).unlink()
        # Messages that name both as whoever it may be from.
        self.env.cr.execute(
            """
            DELETE FROM prm_message_prm_patient_rel r
             USING prm_message_prm_patient_rel other
             WHERE r.prm_patient_id = %s AND other.prm_patient_id = %s
               AND other.prm_message_id = r.prm_message_id
            """,
            [self.id, kept.id],
        )

    def _fill_from_duplicate(self, kept):
        """What is known of one of them only; where both say something, who stays is right."""
        values = {
            name: self[name].id if self._fields[name].type == "many2one" else self[name]
            for name in (*DETAIL_FIELDS, "household_id", "import_note")
            if self[name] and not kept[name]
        }
        visits = [day for day in (self.first_visit_date, kept.first_visit_date) if day]
        if visits and min(visits) != kept.first_visit_date:
            values["first_visit_date"] = min(visits)
        status = max(self.status, kept.status, key=_STATUS_RANK.index)
        if status != kept.status:
            values["status"] = status
        if self.active and not kept.active:
            values["active"] = True
        kept.write(values)

    def _merge_words(self):
        """What the record of who goes said, for the history of who stays."""
        said = [
            f"{self._fields[name].get_description(self.env)['string']}: {self[name]}"
            for name in ("name", "birth_date", "mobile", "phone", "email", "street", "city")
            if self[name]
        ]
        return self.env._(
            "Another record of the same patient was added to this one. It said: %s",
            ", ".join(said),
        )

    def _move_references(self, kept):
        """Whatever points to this patient points to the one who stays, in every table."""
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        for table, column in wizard._get_fk_on(self._table):
            self.env.cr.execute(
                SQL("UPDATE %s SET %s = %s WHERE %s = %s", SQL.identifier(table),
                    SQL.identifier(column), kept.id, SQL.identifier(column), self.id)
            )  # fmt: skip
        wizard._update_reference_fields_generic(self._name, self, kept)
        for model in self.env.registry.values():
            if model._abstract or not model._auto or not model._name.startswith("prm."):
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store:
                    self._move_typed_references(model, field, kept)

    def _move_typed_references(self, model, field, kept):
        self.env.cr.execute(
            SQL("UPDATE %s SET %s = %s WHERE %s = %s AND %s = %s", SQL.identifier(model._table),
                SQL.identifier(field.name), kept.id, SQL.identifier(field.model_field),
                self._name, SQL.identifier(field.name), self.id)
        )  # fmt: skip

    def _take_contact(self, contact):
        """The contact of who is gone becomes part of this patient's, as Odoo merges contacts.

        A contact that is a patient of another practice too stays as it is.
        """
        self.ensure_one()
        mine = self.partner_id
        patients = self.with_context(active_test=False).search_count(
            [("partner_id", "=", contact.id)], limit=1
        )
        if contact == mine or patients:
            return
        guardians = self.env["prm.guardian"].sudo().with_context(active_test=False)
        same = guardians.search([("partner_id", "=", mine.id)]).patient_id
        guardians.search([("partner_id", "=", contact.id), ("patient_id", "in", same.ids)]).unlink()
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge((contact | mine).ids, mine, extra_checks=False)

    def _recompute_everything(self):
        """Stored values that rest on rows which were another's a moment ago."""
        self.ensure_one()
        self.env.invalidate_all()
        for field in self._fields.values():
            if field.store and field.compute:
                self.env.add_to_compute(field, self)
        self.env.flush_all()
