from odoo.addons.prm_core import mail_layout
from odoo.tests import tagged

from .common import DentalCase

LANGUAGES = {
    "en_US": "Choose your time",
    "it_IT": "Scelga il suo orario",
    "es_ES": "Elija su hora",
    "de_DE": "Termin wählen",
    "zh_CN": "选择时间",
}


@tagged("post_install", "-at_install")
class TestRecallWords(DentalCase):
    def _plan(self, **vals):
        patient, recall = self._due_patient(**vals)
        self._done(patient, "2026-02-08")
        self.env["prm.recall"]._recompute(patient)
        recall.invalidate_recordset()
        return recall._plan_send()[0]

    def test_every_language_has_its_text_and_its_button(self):
        self.practice.phone = "+39 02 5500 0000"
        for lang, label in LANGUAGES.items():
            with self.subTest(lang=lang):
                plan = self._plan(lang=lang)
                self.assertEqual(plan.lang, lang[:2])
                self.assertIn(label, plan.body)
                self.assertIn("+39 02 5500 0000", plan.body)
                self.assertIn(self.practice.name, plan.body)
                html = mail_layout.to_html(plan.body, plan.lang, self.practice.name)
                self.assertIn(f">{label}</a>", html, "the link is a button for a thumb")
                self.assertNotIn("{", plan.body + plan.subject)

    def test_dates_in_the_words_of_the_text(self):
        words = {
            "en_US": "February 8, 2026",
            "it_IT": "8 febbraio 2026",
            "es_ES": "8 de febrero de 2026",
            "de_DE": "8. Februar 2026",
            "zh_CN": "2026年2月8日",
        }
        for lang, date in words.items():
            with self.subTest(lang=lang):
                self.assertIn(date, self._plan(lang=lang).body)

    def test_the_visit_has_a_name_in_each_language(self):
        self.assertIn("Visita di igiene", self._plan(lang="it_IT").body)
        self.assertIn("Visita de higiene", self._plan(lang="es_ES").body)
        self.assertIn("Prophylaxe", self._plan(lang="de_DE").body)
        self.assertIn("洁牙", self._plan(lang="zh_CN").body)

    def test_a_language_without_text_gets_one_language_throughout(self):
        """Patients with a language of the practice that has no text: text and dates in English."""
        self.env["res.lang"]._activate_lang("fr_FR")
        plan = self._plan(lang="fr_FR")
        self.assertEqual(plan.lang, "en")
        self.assertIn("February 8, 2026", plan.body)
        self.assertIn("Hygiene visit", plan.body)

    def test_no_last_visit_and_no_phone(self):
        self.practice.phone = False
        recall = self.env["prm.recall"].create(
            {
                "patient_id": self.maria.id,
                "type_id": self.hygiene.id,
                "manual_due_date": self.today,
            }
        )
        for lang in LANGUAGES:
            with self.subTest(lang=lang):
                self.maria.lang = lang
                plan = recall._plan_send()[0]
                self.assertEqual(plan.reason, "ok", plan.detail)
                self.assertNotIn("None", plan.body)
                self.assertNotIn("False", plan.body)
