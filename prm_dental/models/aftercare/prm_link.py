from odoo import models
from odoo.addons.prm_core import templating

templating.register_variables(
    templating.Variable(
        "link.aftercare",
        "Page with what to do and to avoid after the treatment",
        "https://aurora.example/prm/l/a7KqLw8ZrYd5NfHa2JmCe3XuPsTq9Vb6",
    ),
    templating.Variable(
        "link.prescription",
        "Page with the medicines that the patient takes now",
        "https://aurora.example/prm/l/m2KqLw8ZrYd5NfHa7JmCe3XuPsTq4Vb8",
    ),
)


class PrmLink(models.Model):
    """The links' actions ``aftercare``: what to do after the treatment of one day, on one page; and
    ``prescription``: what the patient takes at present.

    Both pages say what holds now, so that what was corrected is right on them.
    """

    _inherit = "prm.link"

    def _page_aftercare(self, _params, done=False):
        self.ensure_one()
        row = self._record()
        parts = row.with_context(lang=self.env.lang)._parts() if row else []
        phone = self.company_id.phone
        return "prm_dental.page_aftercare", {
            "name": self.patient_id._salutation(),
            "day": row.date if row else False,
            "parts": parts,
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
            "done": done or bool(self.acted_at),
        }

    def _post_aftercare(self, params):
        """The patient says that they have read it."""
        self.ensure_one()
        if not self.acted_at:
            self._acted(record=self._record())
        return self._page_aftercare(params, done=True)

    def _page_prescription(self, _params, done=False):
        self.ensure_one()
        phone = self.company_id.phone
        return "prm_dental.page_prescription", {
            "name": self.patient_id._salutation(),
            "now": self._taken_now(),
            "medicines": self.patient_id._prm_prepare_medicines(),
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
            "done": done or bool(self.acted_at),
        }

    def _taken_now(self):
        """Plain values of what is taken at the moment that the link is about."""
        row = self._record()
        if not row or row._name != "prm.intake":
            return []
        return row.patient_id._prm_prepare_medicines(row.at)

    def _post_prescription(self, params):
        """The patient says that it is taken."""
        self.ensure_one()
        if not self.acted_at:
            self._acted()
        return self._page_prescription(params, done=True)
