from odoo.addons.prm_core import throttle
from odoo.tests import TransactionCase, new_test_user


class PrmCase(TransactionCase):
    """A practice with one person in each role, a colleague outside PRM, and a second practice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.practice = cls.env["res.company"].create(
            {
                "name": "Practice Aurora",
                "email": "hello@aurora.example",
                "phone": "+39 02 5500 0000",
            }
        )
        cls.other_practice = cls.env["res.company"].create({"name": "Practice Borealis"})
        # Tests run at any hour: those of hours and limits set their own.
        cls.env["prm.purpose"].search([]).write(
            {"hour_from": 0, "hour_to": 24, "sundays": True, "cap_count": 0}
        )
        cls.env.user.company_ids |= cls.practice | cls.other_practice
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.practice.ids),
        )
        cls.receptionist = cls._user("t_receptionist", "prm_core.group_prm_receptionist")
        cls.clinician = cls._user("t_clinician", "prm_core.group_prm_clinician")
        cls.manager = cls._user("t_manager", "prm_core.group_prm_manager")
        cls.outsider = cls._user("t_outsider", "base.group_user")
        cls.portal = cls._user("t_portal", "base.group_portal")
        cls.stranger = cls._user(
            "t_stranger", "prm_core.group_prm_manager", company=cls.other_practice
        )
        cls.maria = cls._patient(
            first_name="Maria", last_name="Verdi", email="maria@example.com", lang="it_IT"
        )

    def setUp(self):
        super().setUp()
        # All tests of a minute come from one address.
        throttle.forget()

    @classmethod
    def _user(cls, login, groups, company=None):
        company = company or cls.practice
        return new_test_user(
            cls.env, login, groups=groups, company_id=company.id, company_ids=[(6, 0, company.ids)]
        )

    @classmethod
    def _patient(cls, **vals):
        vals.setdefault("company_id", cls.practice.id)
        return cls.env["prm.patient"].create(vals)

    def as_user(self, user, record):
        """The record as a user of the practice sees it."""
        context = dict(self.env.context, allowed_company_ids=user.company_ids.ids)
        return record.with_user(user).with_context(context)

    def _codes(self, patient):
        """The patient's timeline, oldest first."""
        # Not `mapped`, which names each kind of event once.
        return [event.event_type_id.code for event in patient.event_ids.sorted("id")]
