import base64

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import file_path

from ... import estimate_pdf, treatment_plan


class PrmTreatmentPlan(models.Model):
    """What a plan says, group by group: for the patient's page and for the estimate as a PDF."""

    _inherit = "prm.treatment.plan"

    def _prepare_groups(self):
        """What is common to all, then each alternative, as plain values.

        :return: list of dicts: ``way`` (id of the alternative, 0 for what is common), ``title``,
            ``about``, ``total`` (words and amount; empty where a choice comes first) and
            ``phases``: pairs of a name and rows of `_prepare_row`.
        """
        self.ensure_one()
        ways = self.alternative_ids
        lines = self.line_ids.filtered(lambda line: line.standing != treatment_plan.GONE)
        as_lines = lines._as_lines()
        common = lines.filtered(lambda line: not line.alternative_id)
        groups = []
        if common:
            total = () if ways else (self.env._("Total"), treatment_plan.amount_of_way(as_lines, 0))
            title = self.env._("In any case") if ways else ""
            groups.append(self._prepare_group(0, title, "", common, total))
        for way in ways:
            theirs = lines.filtered(lambda line, way=way: line.alternative_id == way)
            words = self.env._("Total with “%s”", way.name) if common else self.env._("Total")
            total = (words, treatment_plan.amount_of_way(as_lines, way.id))
            groups.append(
                self._prepare_group(way.id, way.name, way.explanation or "", theirs, total)
            )
        return groups

    def _prepare_group(self, way, title, about, lines, total):
        """One group; each explanation stands where it is needed first."""
        phases, explained = [], set()
        without = self.env._("Other treatments") if lines.phase_id else ""
        for phase, theirs in lines.grouped("phase_id").items():
            rows = []
            for line in theirs:
                row = line._prepare_row()
                if row["about"] in explained:
                    row["about"] = ""
                explained.add(row["about"])
                rows.append(row)
            phases.append((phase.name or without, rows))
        return {
            "way": way,
            "title": title,
            "about": about,
            "phases": phases,
            "total": total and (total[0], self._say_amount(total[1])),
        }

    def _say_notice(self):
        """What an estimate is, and until when it holds."""
        if self.valid_until:
            return self.env._(
                "This is an estimate, valid until %s. If something turns out differently during the"
                " treatment, we talk with you before we go on.",
                self._say_day(self.valid_until),
            )
        return self.env._(
            "This is an estimate. If something turns out differently during the treatment, we talk"
            " with you before we go on."
        )

    # ------------------------------------------------------------
    # AS A PDF
    # ------------------------------------------------------------

    def action_print_estimate(self):
        """Attach the estimate, in the patient's language, and open it."""
        self.ensure_one()
        self._check_may_answer()
        if not self.line_ids:
            raise UserError(self.env._("Add the treatments that you propose first."))
        plan = self.sudo().with_context(lang=self.patient_id.lang or self.env.lang)
        name = plan._estimate_name()
        attachments = self.env["ir.attachment"].sudo()
        attachments.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("name", "=", name)]
        ).unlink()
        made = attachments.create(
            {
                "name": name,
                "res_model": self._name,
                "res_id": self.id,
                "mimetype": "application/pdf",
                "datas": base64.b64encode(plan._render_estimate()),
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{made.id}?download=true",
            "target": "new",
        }

    def _estimate_name(self):
        """The file's name: the patient's is not in it, as files lie about."""
        self.ensure_one()
        return f"estimate-{self.id}-{self.revision or 'draft'}.pdf"

    def _render_estimate(self):
        """The PDF in the language of the context. :rtype: bytes"""
        self.ensure_one()
        _ = self.env._
        head = self.company_id._prepare_letterhead()
        facts = [
            (_("Patient"), self.patient_id.partner_id.name),
            (_("Date"), self._say_day(self.proposed_on or self._today())),
            (_("Valid until"), self._say_day(self.valid_until)),
            (_("Proposed by"), self.provider_id.name or ""),
        ]
        if self.state == "draft":
            facts.append((_("Note"), _("This is a draft: it is not proposed yet.")))
        estimate = estimate_pdf.Estimate(
            practice=head["practice"],
            logo=head["logo"],
            title=_("Treatment plan and estimate"),
            facts=tuple((label, value) for label, value in facts if value),
            note=self.patient_note or "",
            groups=tuple(self._as_group(group) for group in self._prepare_groups()),
            notice=self._say_notice(),
            page=_("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
        )
        return estimate_pdf.render(estimate, file_path("web/static/fonts/google/Roboto"))

    def _as_group(self, group):
        """:rtype: estimate_pdf.Group"""
        phases = tuple(
            (
                name,
                tuple(
                    estimate_pdf.Row(row["name"], row["place"], row["about"], row["amount"])
                    for row in rows
                ),
            )
            for name, rows in group["phases"]
        )
        return estimate_pdf.Group(group["title"], group["about"], phases, group["total"] or None)


class PrmTreatmentPlanLine(models.Model):
    _inherit = "prm.treatment.plan.line"

    def _prepare_row(self):
        """Plain values of one treatment, as the patient reads it."""
        self.ensure_one()
        shown, line = self._shown(), self._as_line()
        return {
            "id": self.id,
            "name": shown["name"],
            "place": shown["place"],
            "about": shown["explanation"],
            "amount": self.plan_id._say_amount(self.amount),
            "answerable": line.answerable,
            "standing": line.standing,
        }
