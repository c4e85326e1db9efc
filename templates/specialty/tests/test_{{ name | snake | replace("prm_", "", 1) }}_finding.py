{%- set short = name | snake | replace("prm_", "", 1) -%}
from odoo.addons.prm_core.tests.common import PrmCase
from odoo.exceptions import AccessError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class Test{{ short | pascal }}Finding(PrmCase):
    def test_clinician_records_and_timeline_says_so(self):
        findings = self.as_user(self.clinician, self.env["prm.{{ short }}.finding"])
        findings.create({"patient_id": self.maria.id, "name": "Something"})
        codes = self.maria.event_ids.event_type_id.mapped("code")
        self.assertIn("{{ short }}_finding", codes)

    def test_others_see_nothing(self):
        finding = self.env["prm.{{ short }}.finding"].create(
            {"patient_id": self.maria.id, "name": "Something"}
        )
        for user in (self.receptionist, self.outsider, self.portal, self.stranger):
            with self.assertRaises(AccessError, msg=user.login):
                self.as_user(user, finding).read(["name"])
