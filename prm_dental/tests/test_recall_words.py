from datetime import timedelta

from odoo.addons.prm_core import mail_layout, template_lint, templating
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

    def test_each_channel_has_its_text_in_every_language(self):
        template = self.env.ref("prm_dental.prm_template_recall_hygiene")
        self.assertEqual(
            {(body.channel_kind, body.lang) for body in template.body_ids},
            {
                (kind, lang[:2])
                for kind in ("email", "sms", "whatsapp", "letter", "phone")
                for lang in LANGUAGES
            },
        )
        findings = {(finding.code, finding.channel) for finding in template._lint()}
        self.assertEqual(findings, {("sms_long", "sms")})

    def test_what_others_may_see_names_no_treatment(self):
        template = self.env.ref("prm_dental.prm_template_recall_hygiene")
        self.assertEqual(template._health_channels(), {"email", "letter", "phone"})
        for body in template.body_ids:
            text = body._render(templating.examples())["body"]
            links = "https://" in text
            self.assertEqual(links, body.channel_kind in ("email", "sms", "whatsapp"), body.lang)
            if body.channel_kind == "sms":
                _count, segments, unicode = template_lint.sms_length(text)
                self.assertLessEqual(segments, 2 if body.lang == "zh" else 1, body.lang)
                self.assertEqual(unicode, body.lang == "zh", body.lang)
            if body.channel_kind == "whatsapp":
                self.assertFalse(body.approved_name)
                self.assertIn("{{3}}", body.approved_draft)
            if body.channel_kind == "phone":
                # Who it is first, then what it is about; and nothing of it on a voicemail.
                paragraphs = text.split("\n\n")
                self.assertEqual(len(paragraphs), 6, body.lang)
                for paragraph in (*paragraphs[:3], paragraphs[-1]):
                    self.assertNotIn(templating.examples()["recall.name"], paragraph)

    def test_other_channels_change_nothing_for_who_does_not_use_them(self):
        """Without a gateway for them an email goes, or nothing, as if they had no text."""
        plan = self._plan(lang="it_IT", mobile="+393331234567")
        self.assertEqual(plan.decision.channel, "email")
        patient, recall = self._due_patient(email=False, mobile="+393331234567")
        patient.partner_id.write({"street": "Via Po 2", "zip": "10100", "city": "Torino"})
        self.assertEqual(recall._plan_send()[0].reason, "no_email")

    def test_a_childs_guardian_is_written_to_in_the_own_language(self):
        patient, recall = self._due_patient(
            first_name="Leo", lang="de_DE", birth_date=self.today - timedelta(days=3000)
        )
        self.env["prm.guardian"].create(
            {"patient_id": patient.id, "partner_id": self.maria.partner_id.id}
        )
        [plan] = recall._plan_send()
        self.assertEqual(plan.lang, "it")
        self.assertIn("Gentile Maria Verdi (Leo),", plan.body)
        self.assertIn("Visita di igiene", plan.body)

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
