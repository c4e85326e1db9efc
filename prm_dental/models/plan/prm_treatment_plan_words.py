from odoo import models
from odoo.addons.prm_appointment import patient_dates
from odoo.tools import format_amount

from ... import teeth


class PrmTreatmentPlan(models.Model):
    """How a plan reads: the words of its lines in every language, days and sums in one."""

    _inherit = "prm.treatment.plan"

    def _freeze(self):
        """Keep with each line what the estimate says of it, and give the whole its fingerprint."""
        self.ensure_one()
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        for line in self.line_ids:
            line.frozen = {
                "amount": round(line.procedure_id.fee, 2),
                "facts": line._facts(),
                "words": {code: line.with_context(lang=code)._words() for code in codes},
            }

    def _content(self):
        """Everything that the patient reads, as plain values, for the fingerprint."""
        self.ensure_one()
        return {
            "plan": self.id,
            "revision": self.revision,
            "valid_until": str(self.valid_until),
            "currency": self.currency_id.name,
            "note": self.patient_note or "",
            "alternatives": [
                [way.id, way.name, way.explanation or ""] for way in self.alternative_ids
            ],
            "lines": [
                [line.id, line.procedure_id.id, line.phase_id.name or "", line.alternative_id.id,
                 line.frozen]
                for line in self.line_ids
            ],
        }  # fmt: skip

    def _shown_lang(self):
        """The language in which the proposed plan reads: of the context, or else the patient's."""
        self.ensure_one()
        words = (self.line_ids[:1].frozen or {}).get("words", {})
        known = (self.env.lang, self.patient_id.lang, "en_US", *words)
        return next((code for code in known if code in words), self.env.lang or "en_US")

    def _say_day(self, day):
        """A day in words, in the language of the context."""
        return patient_dates.Writer(self.env.lang or "en_US", "UTC").plain_date(day) if day else ""

    def _say_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)


class PrmTreatmentPlanLine(models.Model):
    """What a patient reads of one treatment."""

    _inherit = "prm.treatment.plan.line"

    def _words(self):
        """Name, place and explanation in the language of the context.

        :rtype: dict
        """
        self.ensure_one()
        procedure = self.procedure_id
        return {
            "name": procedure.type_id.name,
            "place": self._say_place(procedure),
            "explanation": procedure.type_id.explanation or "",
        }

    def _say_place(self, procedure):
        """Where in the mouth, in words: “Upper left, first molar (26)”; empty for all of it."""
        if tooth := teeth.TEETH.get(procedure.tooth):
            area, name = (self.env._(word) for word in tooth.name_parts)
            return self.env._(
                "%(area)s, %(tooth)s (%(number)s)", area=area, tooth=name, number=tooth.fdi
            )
        if procedure.area:
            return self.env._(teeth.AREAS[procedure.area])
        return procedure.tooth or ""

    def _shown(self):
        """What the estimate says, in the language of the context or else the patient's.

        :return: dict with ``name``, ``place`` and ``explanation``
        """
        self.ensure_one()
        if not self.frozen:
            return self._words()
        return self.frozen["words"][self.plan_id._shown_lang()]
