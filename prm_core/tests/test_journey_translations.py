import re
from pathlib import Path

import polib
from odoo.tests import tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

from .test_journey_engine import JourneyCase

LANGUAGES = {"it_IT": "it", "es_ES": "es", "de_DE": "de", "zh_CN": "zh_CN"}
#: Where the words of journeys come from: their files, screens, models and records, and the kinds of
#: event, which are read as “Starts when”, “Reached when” and as the reason why somebody left.
SOURCE = re.compile(r"journey|enrolment|prm\.event\.type,name")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|#")
#: What the reader of Python takes for words though it is none: names of fields and models.
NO_WORDS = re.compile(r"[a-z]+[._][a-z._]+")


@tagged("post_install", "-at_install")
class TestJourneyTranslations(JourneyCase):
    """The screens of journeys are read in five languages: a new word without the others fails."""

    def _modules(self):
        return [name for name in self.env.registry._init_modules if name.startswith("prm_")]

    def _fields_on_screens(self):
        """``{(model, field)}`` of what stands in a form, list, card or search of journeys."""
        found = set()
        names = [name for name in self.env.registry if re.search("journey|enrolment", name)]
        views = self.env["ir.ui.view"].search([("model", "in", names)])
        words = set(re.findall(r'name="(\w+)"', " ".join(views.mapped("arch_db"))))
        for name in names:
            found |= {(name, field) for field in self.env[name]._fields if field in words}
        return found

    def _terms(self):
        """(module, place, words) of everything that people read on these screens."""
        shown = {
            f"{module}.field_{model.replace('.', '_')}__{field}"
            for model, field in self._fields_on_screens()
            for module in self._modules()
        }
        reader = TranslationModuleReader(self.env.cr, modules=self._modules())
        for module, _kind, name, place, words, _value, _comments in reader:
            where = f"{name} {place}"
            if not SOURCE.search(where) or NO_WORDS.fullmatch(words):
                continue
            if name.startswith("ir.model.fields,") and place not in shown:
                continue
            yield module, where, words

    def test_every_word_in_every_language(self):
        known = {}
        for module in self._modules():
            for name in LANGUAGES.values():
                path = Path(file_path(module)) / "i18n" / f"{name}.po"
                entries = polib.pofile(path.read_text(encoding="utf-8")) if path.exists() else []
                known[module, name] = {entry.msgid: entry.msgstr for entry in entries}
        terms = list(self._terms())
        places = " ".join(where for _module, where, _words in terms)
        for place in ("prm_journey_step_words.py", "funnel.xml", "prm_journey_view_form",
                      "prm_journey_birthday", "field_prm_journey__late"):  # fmt: skip
            self.assertIn(place, places, "the search finds what is meant")
        for (module, name), translated in known.items():
            for of_module, where, words in terms:
                if of_module != module:
                    continue
                with self.subTest(language=name, words=words, where=where):
                    self.assertTrue(translated.get(words), "no translation")
                    self.assertEqual(
                        sorted(PLACEHOLDER.findall(translated[words])),
                        sorted(PLACEHOLDER.findall(words)),
                    )

    def test_a_ladder_reads_in_the_language_of_who_looks(self):
        """Sentences of steps, reasons and figures."""
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
        self.env["ir.module.module"].search([("name", "in", self._modules())])._update_translations(
            list(LANGUAGES), overwrite=True
        )
        email = self.env.ref("prm_core.prm_journey_condition_has_email").id
        journey = self._journey(
            (2, "days", "after", {"condition_ids": [
                (0, 0, {"condition_id": email, "negated": True})]}),
            live=False,
        )  # fmt: skip
        expected = {
            "it_IT": "2 giorni dopo “È diventato paziente”, se il paziente non ha un indirizzo "
            "email: invia “Hello” (come preferisce il paziente)",
            "es_ES": "2 días después de “Se hizo paciente”, si el paciente no tiene correo "
            "electrónico: enviar “Hello” (como prefiera el paciente)",
            "de_DE": "2 Tage nach “Wurde Patient”, wenn der Patient keine E-Mail-Adresse hat: "
            "„Hello“ senden (wie es der Patient wünscht)",
            "zh_CN": "“成为患者”之后 2 天, 如果患者没有电子邮箱: 发送“Hello”（按患者偏好）",
        }
        for lang, sentence in expected.items():
            with self.subTest(lang):
                theirs = journey.with_context(lang=lang)
                self.assertEqual(theirs.step_ids.sentence, sentence)
        italian = self.env(context=dict(self.env.context, lang="it_IT"))
        ready = self.env.ref("prm_core.prm_journey_welcome").with_env(italian)
        self.assertEqual(ready.name, "Benvenuto a un nuovo paziente")
        words = italian["prm.enrolment.entry"]._reason_words()
        self.assertEqual(words["condition"], "La condizione non valeva.")
        words = italian["prm.enrolment"]._reason_words(["opted_out", "by_hand"])
        self.assertEqual(words["opted_out"], "Non vuole più messaggi")
        self.assertEqual(words["by_hand"], "Tolto a mano.")
