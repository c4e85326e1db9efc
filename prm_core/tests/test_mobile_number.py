from odoo.tests import tagged

from .common import PrmCase


@tagged("post_install", "-at_install")
class TestMobileNumber(PrmCase):
    """Staff type numbers as they are said at the desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.country_id = cls.env.ref("base.it")

    def _sanitized(self, mobile, **vals):
        return self._patient(first_name="Rosa", mobile=mobile, **vals).mobile_sanitized

    def test_is_read_as_one_of_the_practices_country(self):
        for typed in ("333 123 4567", "333-1234567", "+39 333 1234567", "0039 333 1234567"):
            self.assertEqual(self._sanitized(typed), "+393331234567", typed)

    def test_is_read_as_one_of_the_patients_country_when_it_is_none_here(self):
        swiss = self.env.ref("base.ch").id
        self.assertEqual(self._sanitized("079 123 45 67", country_id=swiss), "+41791234567")

    def test_what_is_no_number_is_kept_and_not_written_to(self):
        patient = self._patient(first_name="Rosa", mobile="ask her mother", lang="it_IT")
        self.assertEqual(patient.mobile, "ask her mother")
        self.assertFalse(patient.mobile_sanitized)
        self.assertNotIn("sms", self.env["prm.message"]._addresses(patient, ("sms", "phone")))

    def test_a_correction_counts_at_once(self):
        patient = self._patient(first_name="Rosa", mobile="33312")
        patient.mobile = "333 1234567"
        addresses = self.env["prm.message"]._addresses(patient, ("sms", "whatsapp", "phone"))
        self.assertEqual(set(addresses.values()), {"+393331234567"})

    def test_moves_along_with_the_practices_country(self):
        patient = self._patient(first_name="Rosa", mobile="333 1234567")
        self.practice.country_id = False
        self.assertFalse(patient.mobile_sanitized)
        self.practice.country_id = self.env.ref("base.us")
        self.assertFalse(patient.mobile_sanitized)
        patient.mobile = "202 555 0101"
        self.assertEqual(patient.mobile_sanitized, "+12025550101")

    def test_of_a_guardian_too(self):
        child = self._patient(first_name="Leo", birth_date="2018-05-01")
        mother = self.env["res.partner"].create(
            {"name": "Ada", "phone": "347 765 4321", "country_id": self.env.ref("base.it").id}
        )
        self.env["prm.guardian"].create({"patient_id": child.id, "partner_id": mother.id})
        guardians = self.env["prm.guardian"]._receivers(child)[child.id]
        guardian, addresses = self.env["prm.message"]._receiver(child, guardians, ("sms",))
        self.assertEqual((guardian.partner_id, addresses), (mother, {"sms": "+393477654321"}))
