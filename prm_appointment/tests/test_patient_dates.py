from datetime import datetime

from odoo.tests import BaseCase

from ..patient_dates import Writer

MOMENT = datetime(2026, 11, 24, 8, 30)


class TestPatientDates(BaseCase):
    def test_languages(self):
        expected = {
            "en_US": ("Tuesday, November 24", "9:30\u00a0AM"),
            "it_IT": ("Martedì 24 novembre", "09:30"),
            "es_ES": ("Martes, 24 de noviembre", "9:30"),
            "de_DE": ("Dienstag, 24. November", "09:30"),
            "zh_CN": ("11月24日星期二", "09:30"),
        }
        for lang, (day, clock) in expected.items():
            writer = Writer(lang, "Europe/Rome")
            self.assertEqual((writer.day(MOMENT), writer.clock(MOMENT)), (day, clock))
            self.assertIn("2026", writer.full_day(MOMENT))

    def test_unknown_language_and_other_day(self):
        writer = Writer("xx_YY", "Pacific/Auckland")
        self.assertEqual(writer.day(datetime(2026, 11, 24, 20)), "Wednesday, November 25")
