from odoo import fields, models
from odoo.exceptions import UserError


class PrmJourney(models.Model):
    """The life of a journey: draft, live, paused, replaced by the next version, ended."""

    _inherit = "prm.journey"

    def action_go_live(self):
        """Take patients in from now on; a version before this one takes in nobody any more."""
        self._check_may_run()
        for journey in self:
            if journey.state not in ("draft", "ended"):
                raise UserError(self.env._("“%s” is live already.", journey.name))
            journey._check_ladder()
            before = journey.previous_id.filtered(lambda one: one.state in ("live", "paused"))
            before.state = "replaced"
            journey.write(
                {
                    "state": "live",
                    "problem": False,
                    "scanned_on": False,
                    "date_start": journey.date_start or fields.Date.context_today(journey),
                }
            )
        self.env["prm.enrolment"]._wake()

    def action_change(self):
        """Open a copy to work on; nothing changes for anybody until it goes live."""
        self.ensure_one()
        self._check_may_run()
        draft = self.search([("previous_id", "=", self.id), ("state", "=", "draft")], limit=1)
        draft = draft or self._new_version()
        return draft._open()

    def _new_version(self):
        self.ensure_one()
        # A filter may have lost its field in an upgrade: here it is mended.
        draft = self.with_context(journey_to_mend=True).copy(
            {
                "name": self.name,
                "version": self.version + 1,
                "root_id": (self.root_id or self).id,
                "previous_id": self.id,
                "goal_type_ids": [fields.Command.set(self.goal_type_ids.ids)],
                "exit_type_ids": [fields.Command.set(self.exit_type_ids.ids)],
            }
        )
        for old, new in zip(self.step_ids, draft.step_ids, strict=True):
            new.previous_id = old
        return draft.with_env(self.env)

    def copy_data(self, default=None):
        """A copy of a journey is another journey, under another name."""
        default = dict(default or {})
        vals_list = super().copy_data(default)
        if "name" not in default:
            for journey, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", journey.name)
        return vals_list

    def action_pause(self):
        """Nobody takes a step until it is resumed; what was queued already still goes."""
        self._check_may_run()
        self.filtered(lambda journey: journey.state == "live").state = "paused"
        self._switch("active", "paused")

    def action_resume(self):
        self._check_may_run()
        self.filtered(lambda journey: journey.state == "paused").state = "live"
        self._switch("paused", "active")
        self.env["prm.enrolment"]._wake()

    def action_end(self):
        """Nobody starts or goes on."""
        self._check_may_run()
        self.write({"state": "ended"})
        # Of every practice that the journey is for, whichever of them are shown at the moment.
        self.env["prm.enrolment"].sudo().search(
            [("journey_id", "in", self.ids), ("state", "in", ("active", "held", "paused"))]
        )._end("stopped", "journey_ended")

    def _switch(self, old, new):
        people = self.env["prm.enrolment"].sudo()
        people.search([("journey_id", "in", self.ids), ("state", "=", old)]).write({"state": new})

    def _move_people(self):
        """Have those under way on the version before go on with this one.

        :return: the enrolments that were moved.
        """
        self.ensure_one()
        (self | self.previous_id)._check_may_run()
        people = self.sudo()._people_before()
        places = self._places_in(self.previous_id)
        for position, group in people.grouped("position").items():
            group.write({"journey_id": self.id, "position": places[position]})
        people._plan_anew()
        return people

    def _people_before(self):
        return self.env["prm.enrolment"].search(
            [
                ("journey_id", "=", self.previous_id.id),
                ("state", "in", ("active", "held", "paused")),
            ]
        )

    def _places_in(self, before):
        """For each position on the version before, the one on this that means the same.

        :return: list: index is the old position, value the new one.
        """
        self.ensure_one()
        new_place = {step.previous_id: index for index, step in enumerate(self.step_ids)}
        places, below = [0], 0
        for step in before.step_ids:
            # A step that is gone counts as taken where the one below it stands.
            below = new_place.get(step, below - 1) + 1
            places.append(below)
        return places

    def action_open_people(self):
        """Who is on the journey."""
        return self._open_people([("state", "in", ("active", "held", "paused"))])

    def action_open_reached(self):
        """For whom it has reached its goal."""
        return self._open_people([("state", "=", "goal")])

    def _open_people(self, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_core.prm_enrolment_action")
        return {**action, "domain": [("journey_id", "=", self.id), *domain], "context": {}}

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }
