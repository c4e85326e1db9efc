from odoo import models
from odoo.addons.prm_core import templating

templating.register_variables(
    templating.Variable(
        "link.aftercare",
        "Page with what to do and to avoid after the treatment",
        "https://aurora.example/prm/l/a7KqLw8ZrYd5NfHa2JmCe3XuPsTq9Vb6",
    )
)


class PrmLink(models.Model):
    """The link's action ``aftercare``: what to do after the treatment of one day, on one page.

    The page says what the catalogue says now, so that what was corrected is right on it.
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
