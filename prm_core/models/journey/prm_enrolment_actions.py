from odoo import fields, models
from odoo.fields import Command

from ...bulk import read_rows
from ...outbox import Request
from ..messaging.prm_link import EVERYWHERE


class PrmEnrolmentActions(models.Model):
    """What steps do. Each action has a method ``_act_<action>``; add-ons bring their own."""

    _inherit = "prm.enrolment"

    def _take(self, step):
        """Do one step for people for whom it is due.

        :return: ``{id: what to write into its entry}``
        """
        held = self._for_whom_holds(step)
        effects = {one.id: {"outcome": "skipped", "reason": "condition"} for one in self - held}
        if held:
            effects.update(getattr(held, f"_act_{step.action}")(step))
        return effects

    def _for_whom_holds(self, step):
        """Those for whom every condition of the step holds."""
        people = self
        for line in step.condition_ids:
            if people:
                holds = people._ask(line.condition_id.code, line.number)
                people = people - holds if line.negated else people & holds
        return people

    def _act_message(self, step):
        requests = self._prepare_requests(step)
        messages = self.env["prm.message"]._queue(requests)
        return {
            one.id: {"outcome": "taken", "message_id": message.id}
            for one, message in zip(self, messages, strict=True)
        }

    def _act_call(self, step):
        """A message by phone: on its way it becomes a call on the list."""
        return self._act_message(step)

    def _prepare_requests(self, step):
        """The outbox's requests for one step, in the order of these people."""
        template = step.template_id
        shared = {
            "purpose": self.journey_id.purpose_id.code,
            "template": template,
            "link_action": self._link_action(template),
            "channels": step._channel_codes(),
        }
        records = self._records()
        values = self._request_values(template, records)
        patients = {patient.id: patient for patient in self.patient_id}
        rows = read_rows(self, ("patient_id", "res_model", "res_id"))
        return [
            Request(
                **{
                    **shared,
                    "patient": patients[row.patient_id],
                    "record": records.get((row.res_model, row.res_id)),
                    **values.get(number, {}),
                }
            )
            for number, row in rows.items()
        ]

    def _records(self):
        """``{(model, id): record}`` of what these journeys are about, as far as it still exists."""
        found = {}
        for model, group in self.grouped("res_model").items():
            if model and model in self.env:
                records = self.env[model].sudo().browse(group.mapped("res_id")).exists()
                found.update(((model, record.id), record) for record in records)
        return found

    def _link_action(self, template):
        """The one action of the template's links that needs to know what it is about."""
        actions = set().union(*(body._link_actions() for body in template.body_ids))
        special = sorted(actions - set(EVERYWHERE))
        return special[0] if special else ""

    def _request_values(self, template, records):
        """Hook: what add-ons know to say of each person's record, for the request to the outbox.

        Asked once for all people of a step.

        :param records: ``{(model, id): record}`` of what still exists.
        :return: ``{id: {name of a field of `outbox.Request`: value}}``
        """
        return {}

    def _languages(self):
        """``{id: language}`` in which a message about each patient is read."""
        receivers = self.env["prm.guardian"]._receivers(self.patient_id)
        result = {}
        for one in self:
            guardian = receivers.get(one.patient_id.id)
            reader = guardian[:1].partner_id if guardian else one.patient_id.partner_id
            result[one.id] = reader.lang or one.company_id.partner_id.lang or "en_US"
        return result

    def _act_activity(self, step):
        """A task for a member of the group, each in turn."""
        users = step._users_in_turn(self.company_id)
        taken, effects = self.browse(), {}
        vals_list = []
        model = self.env["ir.model"]._get_id("prm.patient")
        today = fields.Date.context_today(self)
        for place, one in enumerate(self):
            turn = users.get(one.company_id) or self.env["res.users"]
            if step.group_id and not turn:
                effects[one.id] = {"outcome": "skipped", "reason": "no_user"}
                continue
            user = turn[(step._turn() + place) % len(turn)] if turn else self.env.user
            taken += one
            vals_list.append(
                {
                    "res_model_id": model,
                    "res_id": one.patient_id.id,
                    "activity_type_id": step.activity_type_id.id,
                    "summary": step.activity_summary or False,
                    "date_deadline": today,
                    "user_id": user.id,
                    "automated": True,
                }
            )
        activities = self.env["mail.activity"].sudo()
        activities = activities.with_context(mail_activity_quick_update=True).create(vals_list)
        for one, activity in zip(taken, activities, strict=True):
            effects[one.id] = {"outcome": "taken", "activity_id": activity.id}
        return effects

    def _act_tag(self, step):
        self.patient_id.partner_id.write({"category_id": [Command.link(step.tag_id.id)]})
        return {one.id: {"outcome": "taken"} for one in self}

    def _act_journey(self, step):
        """Start the live version of another journey, about the same record."""
        root = step.started_journey_id._root()
        live = self.env["prm.journey"].sudo().search(
            [("root_id", "=", root.id), ("state", "=", "live")], limit=1
        )  # fmt: skip
        if not live:
            return {one.id: {"outcome": "skipped", "reason": "journey_closed"} for one in self}
        now = fields.Datetime.now()
        about = {one.id: (one.res_model or False, one.res_id or False) for one in self}
        started = live._enrol([(one.patient_id, about[one.id], now, None) for one in self])
        patients = started.patient_id
        return {
            one.id: {"outcome": "taken"}
            if one.patient_id in patients
            else {"outcome": "skipped", "reason": "started_already"}
            for one in self
        }


class PrmJourneyStep(models.Model):
    _inherit = "prm.journey.step"

    def _users_in_turn(self, companies):
        """Members of the step's group by practice: ``{practice: res.users}``"""
        self.ensure_one()
        members = self.group_id.sudo().all_user_ids.filtered(lambda user: not user.share)
        return {
            company: members.filtered(lambda user, c=company: c in user.company_ids).sorted("id")
            for company in companies
        }

    def _turn(self):
        """Whose turn it is: how many tasks the step has given."""
        self.ensure_one()
        domain = [("step_id", "=", self.id), ("outcome", "=", "taken")]
        return self.env["prm.enrolment.entry"].sudo().search_count(domain)
