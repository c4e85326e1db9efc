from collections import defaultdict

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ... import procedure_status, teeth
from .prm_procedure_type import NEEDS_TOOTH

#: Statuses in which it matters whether the tooth is there: what is to be done, and what was done
#: here. What others did is taken as told.
_CHECKED = (*procedure_status.OPEN, procedure_status.COMPLETED)


class PrmProcedure(models.Model):
    """Where in the mouth: tooth and surfaces as they are written, and whether that can be.

    Lists that are taken over from another system (context `prm_bulk`) are not refused: what can be
    read is put into the usual form, the rest stays as it was.
    """

    _inherit = "prm.procedure"

    age_question = fields.Boolean(
        string="Deciduous Tooth at this Age?",
        compute="_compute_age_question",
        store=True,
        precompute=True,
        help="At the patient's age on that day this deciduous tooth has usually been shed.",
    )

    @api.depends("tooth", "date", "patient_id.birth_date")
    def _compute_age_question(self):
        for procedure in self:
            found = teeth.TEETH.get(procedure.tooth)
            procedure.age_question = bool(
                found
                and found.deciduous
                and teeth.is_overdue(
                    found.fdi, _age_on(procedure.patient_id.sudo().birth_date, procedure.date)
                )
            )

    @api.onchange("tooth", "surfaces", "patient_id", "date")
    def _onchange_place(self):
        """Put into the usual form at once, and ask about a deciduous tooth that should be gone."""
        self.tooth, self.surfaces = teeth.tidy(self.tooth, self.surfaces)
        if self.age_question:
            return {
                "warning": {
                    "title": self.env._("Is it this tooth?"),
                    "message": self._age_sentence(),
                }
            }
        return None

    def _age_sentence(self):
        self.ensure_one()
        return self.env._(
            "Tooth %(tooth)s is a deciduous tooth that has usually been shed by the age of"
            " %(age)s. If it is still there, save as it is.",
            tooth=self.tooth,
            age=teeth.TEETH[self.tooth].shed_age[1],
        )

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_place(vals, "", "") for vals in vals_list])

    def write(self, vals):
        if not {"tooth", "surfaces"} & vals.keys():
            return super().write(vals)
        if len(self) > 1 and not {"tooth", "surfaces"} <= vals.keys():
            # What the letters stand for depends on the tooth of each.
            for procedure in self:
                procedure.write(dict(vals))
            return True
        current = self[:1]
        return super().write(self._with_place(vals, current.tooth, current.surfaces))

    def _with_place(self, vals, tooth, surfaces):
        """Values with tooth and surfaces in the usual form.

        :param tooth: and ``surfaces``, what holds where the values say nothing.
        :raises ValidationError: for a tooth or surface that there is not.
        """
        tooth = vals.get("tooth", tooth)
        surfaces = vals.get("surfaces", surfaces)
        if not tooth and not surfaces:
            return vals
        if self.env.context.get("prm_bulk"):
            tooth, surfaces = teeth.tidy(tooth, surfaces)
        else:
            try:
                tooth, surfaces = teeth.normalise(tooth, surfaces)
            except teeth.ToothError as error:
                raise ValidationError(self.env._(error.template, **error.params)) from error
        return {**vals, "tooth": tooth or False, "surfaces": surfaces or False}

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    @api.constrains("type_id", "tooth", "surfaces", "area", "state")
    def _check_scope(self):
        """What the kind of procedure asks for is there, and nothing that it can't have."""
        if self.env.context.get("prm_bulk"):
            return
        for procedure in self.filtered(lambda p: p.state != procedure_status.DELETED):
            sentence = procedure._scope_objection()
            if sentence:
                raise ValidationError(sentence)

    def _scope_objection(self):
        """The sentence that says what is missing or too much, else None."""
        scope, name = self.type_id.scope, self.type_id.name
        if not scope:
            return None
        if scope in ("tooth", "surface") and not self.tooth:
            return self.env._("“%s” belongs to a tooth. Write which one it is.", name)
        if scope == "surface" and not self.surfaces:
            return self.env._("“%s” needs the surfaces of the tooth, such as MOD.", name)
        if scope == "tooth" and self.surfaces:
            return self.env._("“%s” is for the whole tooth. Leave out the surfaces.", name)
        if scope in ("mouth", "arch", "quadrant") and self.tooth:
            return self.env._("“%s” is not for a single tooth. Leave out the tooth.", name)
        if scope == "arch" and self.area not in teeth.ARCHES:
            return self.env._("“%s” is for a jaw. Choose the upper or the lower one.", name)
        if scope == "quadrant" and self.area not in teeth.QUADRANTS:
            return self.env._("“%s” is for a quadrant. Choose which one it is.", name)
        if scope not in ("arch", "quadrant") and self.area:
            return self.env._("“%s” is not for a jaw or a quadrant. Leave it out.", name)
        return None

    @api.constrains("patient_id", "type_id", "tooth", "state", "date")
    def _check_tooth_is_there(self):
        """A tooth that is gone gets no filling."""
        if self.env.context.get("prm_bulk"):
            return
        concerned = self.filtered(
            lambda p: p.tooth and p.state in _CHECKED and p.type_id.effect in NEEDS_TOOTH
        )
        gone = concerned._gone_teeth()
        for procedure in concerned:
            for day, source in gone[procedure.patient_id.id, procedure.tooth]:
                if day <= procedure.date and source != procedure:
                    raise ValidationError(procedure._gone_sentence(day, source))

    def _gone_sentence(self, day, source):
        values = {
            "tooth": self.tooth,
            "date": format_date(self.env, day),
            "procedure": self.type_id.name,
        }
        if source._name == "prm.procedure":
            return self.env._(
                "Tooth %(tooth)s was taken out on %(date)s: it can't get “%(procedure)s”. Correct"
                " the tooth, or the extraction if that was a mistake.",
                **values,
            )
        return self.env._(
            "Tooth %(tooth)s is noted as missing since %(date)s: it can't get “%(procedure)s”."
            " Correct the tooth, or mark the finding as resolved.",
            **values,
        )

    def _gone_teeth(self):
        """When teeth of these procedures went, in two queries for all.

        :return: ``{(patient id, FDI number): [(day, procedure or finding)]}``
        """
        found = defaultdict(list)
        if not self:
            return found
        place = [("patient_id", "in", self.patient_id.ids), ("tooth", "in", self.mapped("tooth"))]
        taken_out = self.sudo().search(
            [
                *place,
                ("state", "in", procedure_status.DONE),
                ("type_id.effect", "=", "extraction"),
            ]
        )
        missing = self.env["prm.tooth.finding"].sudo()
        missing = missing.search([*place, ("kind", "=", "missing"), ("resolved_date", "=", False)])
        for source in (*taken_out, *missing):
            found[source.patient_id.id, source.tooth].append((source.date, source))
        return found


def _age_on(birth_date, day):
    """Whole years, or None if one of the days is not known."""
    return relativedelta(day, birth_date).years if birth_date and day else None
