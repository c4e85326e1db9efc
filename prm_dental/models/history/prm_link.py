from odoo import api, fields, models
from odoo.addons.prm_core import templating

templating.register_variables(
    templating.Variable(
        "link.history",
        "Page on which the patient answers the questions on their health",
        "https://aurora.example/prm/l/h3RqLw8ZrYd5NfHa2JmCe7XuPsTq4Vb1",
    )
)


#: States of a patient's answers in which nobody has to answer now.
ANSWERED = ("valid", "review")


class PrmLink(models.Model):
    """The link's action ``history``: the patient answers the questions on their health.

    Who has the link sees what was typed with it and not yet sent, and never what stands in the
    record: an address can be passed on.
    """

    _inherit = "prm.link"

    def _page_history(self, params):
        self.ensure_one()
        history = self._history(store=False)
        return history._page(params) if history else self._history_settled()

    def _post_history(self, params):
        """Keep a page, send everything, or begin again (``do`` is ``again``)."""
        self.ensure_one()
        again = params.get("do") == "again"
        history = self._history(again=again)
        if not history:
            return self._history_settled()
        if again:
            return history._page({})
        answer = history._post(params)
        if history.state == "submitted":
            self._acted(record=history)
        return answer

    def _history(self, again=False, store=True):
        """What the patient has begun or may begin; empty when there is nothing to answer now.

        :param again: whether to begin anew although the answers are here.
        :param store: see `prm.history._begun`.
        """
        histories, patient = self.env["prm.history"].sudo(), self.patient_id
        begun = histories.search([("patient_id", "=", patient.id), ("state", "=", "draft")])
        if not begun and not again and histories._states(patient)[patient.id] in ANSWERED:
            return histories
        return histories._begun(patient, "link" if self.id else "portal", store)

    def _history_settled(self):
        """The page when there is nothing to answer."""
        phone = self.company_id.phone
        asked = bool(self.env["prm.history.form"]._of(self.company_id))
        return "prm_dental.page_history_settled", {
            "asked": asked,
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
        }

    @api.model
    def _for_portal_history(self, patient):
        """The unstored link of somebody who has logged in."""
        return self.sudo().new(
            {
                "action": "history",
                "patient_id": patient.id,
                "company_id": patient.company_id.id,
                "expires_at": fields.Datetime.now(),
            }
        )
