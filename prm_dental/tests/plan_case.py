from .. import treatment_plan
from .common import DentalCase


class PlanCase(DentalCase):
    """Plans for Maria: of a filling and a cleaning, and of two ways to fill a gap."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plans = cls.env["prm.treatment.plan"]
        cls.reason = cls.env.ref("prm_dental.prm_decline_reason_afraid")
        cls.other_way = cls.env.ref("prm_dental.prm_decline_reason_other_way")
        cls.fill.explanation = "The decayed part is taken out and the tooth is closed again."
        cls.filling = cls._done(cls.maria, cls.today, cls.fill, "planned", fee=120)
        cls.cleaning = cls._done(cls.maria, cls.today, cls.hyg, "planned", fee=80)

    @classmethod
    def _plan(cls, *procedures, propose=True):
        """A plan of these, else of the filling and the cleaning."""
        plan = cls.plans.create(
            {
                "patient_id": (procedures[0] if procedures else cls.filling).patient_id.id,
                "line_ids": [
                    (0, 0, {"procedure_id": procedure.id, "sequence": number})
                    for number, procedure in enumerate(procedures or (cls.filling, cls.cleaning))
                ],
            }
        )
        if propose:
            plan.action_propose()
        return plan

    @classmethod
    def _two_ways(cls, propose=True):
        """(plan, bridge, implant): two alternatives with a line each, and the cleaning."""
        first, second = (
            cls._done(
                cls.maria, cls.today, cls.env.ref(f"prm_dental.prm_procedure_type_{code}"),
                "planned", fee=fee, tooth="26",
            )
            for code, fee in (("bridge", 400), ("impl", 1500))
        )  # fmt: skip
        plan = cls._plan(cls.cleaning, first, second, propose=False)
        ways = cls.env["prm.treatment.alternative"].create(
            [
                {"plan_id": plan.id, "name": name, "sequence": number}
                for number, name in enumerate(("A bridge", "An implant"))
            ]
        )
        plan.line_ids[1].alternative_id, plan.line_ids[2].alternative_id = ways
        if propose:
            plan.action_propose()
        return plan, *ways

    def _say(self, plan, yes=(), way=None, reasons=None, **more):
        """Answer as behind a link: yes to these procedures, no to all others that are offered."""
        params = {f"yes_{line.id}": "1" for line in plan.line_ids if line.procedure_id in yes}
        choice, wrong = treatment_plan.read_choice(
            {**params, "way": str(way.id if way else "")},
            plan.line_ids._as_lines(),
            set(plan.alternative_ids.ids),
        )
        self.assertIsNone(wrong)
        values = {
            "shown_revision": plan.revision,
            "seen": len(plan.answer_ids),
            "source": "link",
            "person": plan.patient_id.partner_id,
            "reasons": reasons,
            **more,
        }
        return plan._answer(choice, **values)
