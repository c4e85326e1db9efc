from datetime import date

from odoo.tests import BaseCase, tagged

from ..patient_search import fold, search_key, search_terms, sort_name
from .common import PrmCase


class TestSearchText(BaseCase):
    """The plain functions, without a database."""

    def test_fold_ignores_accents_case_and_spaces(self):
        self.assertEqual(fold("  Renée  ST.CLAIRE"), "renee st.claire")
        self.assertEqual(fold("Sørensen Weiß Łukasz Æsir"), "sorensen weiss lukasz aesir")
        self.assertEqual(fold("王小明"), "王小明")

    def test_key_holds_every_way_to_be_found(self):
        key = search_key(
            names=("Noemi D'Angelo",),
            phones=("+39 388 000 0000", None),
            birth_date=date(1963, 9, 21),
            identifiers=("P1100000",),
            emails=("Noemi@Example.IT",),
        )
        self.assertEqual(
            key.rpartition("|")[0],
            "|noemi dangelo|noemi d angelo|393880000000|1963-09-21|#p1100000|noemi@example.it",
        )
        self.assertEqual(search_key(), "")

    def test_short_fragments_are_words_behind_the_last_bar(self):
        key = search_key(names=("Bo Li",), phones=("+39 388",))
        self.assertEqual(key, "|bo li|39388| b bo i l li o ")
        for typed in ("b", "BO", "ó", "Lí"):
            self.assertTrue(all(text in key for [text] in search_terms(typed)), typed)
        for typed in ("ob", "ol", "x", "3x"):
            self.assertFalse(all(text in key for [text] in search_terms(typed)), typed)

    def test_terms_of_names(self):
        self.assertEqual(search_terms("  ROSSI   máría "), [["rossi"], ["maria"]])
        self.assertEqual(search_terms("O'Neil"), [["oneil", "#o'neil"]])
        self.assertEqual(search_terms(" "), [])

    def test_terms_of_phones_however_typed(self):
        for typed in ("(202) 555-0101", "202.555.0101", "202 555 0101"):
            self.assertEqual(search_terms(typed), [["2025550101"]], typed)
        self.assertEqual(search_terms("+1 202 555 0101"), [["12025550101"]])
        self.assertEqual(search_terms("0039 388 0000000"), [["393880000000"]])
        self.assertEqual(search_terms("030 1234567"), [["301234567"]])

    def test_terms_of_dates(self):
        self.assertEqual(search_terms("21/09/1963"), [["1963-09-21"]])
        self.assertEqual(search_terms("1963-09-21"), [["1963-09-21"]])
        self.assertEqual(search_terms("3.4.1985"), [["1985-04-03", "1985-03-04"]])
        self.assertEqual(search_terms("rossi 21/09/1963"), [["rossi"], ["1963-09-21"]])

    def test_short_number_is_an_identifier_or_the_end_of_a_phone(self):
        self.assertEqual(search_terms("1001"), [["#1001", "1001|"]])

    def test_sort_name_puts_the_last_name_first(self):
        self.assertEqual(sort_name("Ångström", "Éva"), "angstrom, eva")
        self.assertEqual(sort_name("", "Cher"), "cher")


@tagged("post_install", "-at_install")
class TestFindPatient(PrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sofia = cls._patient(
            first_name="Sofía",
            last_name="D'Angelo",
            preferred_name="Chicca",
            mobile="+393880000000",
            birth_date="1963-09-21",
            identifier_ids=[(0, 0, {"system": "gestionale", "value": "P1100000"})],
        )

    def assertFound(self, typed, patient):
        patients = self.as_user(self.receptionist, self.env["prm.patient"])
        found = [row[0] for row in patients.name_search(typed)]
        self.assertIn(patient.id, found, typed)
        domain = [("display_name", "ilike", typed)]
        self.assertIn(patient, patients.search(domain), typed)

    def test_found_by_anything(self):
        for typed in (
            "sofia", "s", "fí", "GE", "D' Ang", "angelo", "D'Angelo", "DANGELO sof", "chicca",
            "388 000 0000", "+39 388 0000000", "21/09/1963", "1963-09-21", "p1100000", "#p11",
        ):  # fmt: skip
            self.assertFound(typed, self.sofia)

    def test_not_found_by_something_else(self):
        patients = self.as_user(self.receptionist, self.env["prm.patient"])
        for typed in ("sofia verdi", "22/09/1963", "388 000 0009", "#1100000", "sof%a", "so_ia"):
            self.assertNotIn(self.sofia, patients.search([("display_name", "ilike", typed)]), typed)

    def test_the_contacts_own_rule_holds(self):
        """A contact that is another company's alone hides its patient, as Odoo has it."""
        patients = self.as_user(self.receptionist, self.env["prm.patient"])
        domain = [("display_name", "ilike", "sofia")]
        contact = self.sofia.partner_id
        for company, seen in ((self.practice, True), (self.other_practice, False), (False, True)):
            contact.sudo().company_id = company
            self.assertEqual(self.sofia in patients.search(domain), seen)
            self.assertEqual(bool(patients.search_count(domain)), seen)
            self.assertEqual(self.as_user(self.receptionist, self.sofia).has_access("read"), seen)

    def test_changed_facts_are_found_at_once(self):
        self.sofia.email = "new.address@example.org"
        self.assertFound("new.address@example.org", self.sofia)
        self.sofia.partner_id.phone = "+39 02 5555 0001"
        self.assertFound("025555 0001", self.sofia)

    def test_nobody_is_found_by_a_stranger(self):
        patients = self.as_user(self.stranger, self.env["prm.patient"])
        self.assertFalse(patients.name_search("sofia"))
