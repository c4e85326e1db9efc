import hypothesis
from hypothesis import strategies as st
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from .. import mail_layout, templating
from .common import PrmCase

VALUES = {"patient.first_name": "Anna", "practice.name": "Aurora"}


class TestTemplating(BaseCase):
    def test_renders_plain_values(self):
        text = templating.render("Dear {{ patient.first_name }},", VALUES)
        self.assertEqual(text, "Dear Anna,")

    def test_conditions_and_filters(self):
        source = "{% if practice.name %}{{ practice.name | upper }}{% else %}-{% endif %}"
        templating.check(source)
        self.assertEqual(templating.render(source, VALUES), "AURORA")

    def test_what_a_patient_typed_is_never_a_template(self):
        text = templating.render("{{ patient.first_name }}", {"patient.first_name": "{{ 7*7 }}"})
        self.assertEqual(text, "{{ 7*7 }}")

    def assertRefused(self, source, code, line=1):
        with self.assertRaises(templating.TemplateError) as caught:
            templating.check(source)
        self.assertEqual((caught.exception.code, caught.exception.line), (code, line), source)

    def test_unknown_variable_is_named_with_its_line(self):
        self.assertRefused("Hello\n\n{{ patient.frist_name }}", "unknown_variable", 3)
        self.assertRefused("{{ patient }}", "unknown_variable")
        self.assertRefused("{{ patient.first_name.__class__ }}", "unknown_variable")
        self.assertRefused("{% if nobody %}x{% endif %}", "unknown_variable")

    def test_brackets(self):
        self.assertRefused("{{ patient.first_name", "syntax")
        self.assertRefused("ok\n{% if patient.first_name %}", "syntax", 2)

    def test_what_could_harm_is_refused(self):
        for source in (
            "{{ patient.first_name.upper() }}",
            "{% for x in patient.first_name %}{% for y in x %}{% for z in y %}"
            "{% endfor %}{% endfor %}{% endfor %}",
            "{{ 'a' * 1000000000 }}",
            "{{ 2 ** 999999 }}",
            "{{ '%09999999d' % 1 }}",
            "{{ patient['first_name'] }}",
            "{{ ''['__class__'] }}",
            "{{ 'x' | center(100000000) }}",
            "{{ ('a' ~ 'b').x }}",
            "{% set x = 1 %}",
            "{% include 'x' %}",
            "{% macro m() %}{% endmacro %}",
        ):
            with self.assertRaises(templating.TemplateError, msg=source):
                templating.check(source)

    def test_missing_value_is_said(self):
        with self.assertRaises(templating.TemplateError) as caught:
            templating.render("{{ practice.phone }}", VALUES)
        self.assertEqual(caught.exception.code, "unknown_variable")

    def test_output_is_bounded(self):
        source = "{% for a in patient.first_name %}{% for b in patient.first_name %}" + (
            "x" * 100 + "{% endfor %}{% endfor %}"
        )
        templating.check(source)
        with self.assertRaises(templating.TemplateError) as caught:
            templating.render(source, {"patient.first_name": "n" * 1000})
        self.assertEqual(caught.exception.code, "too_long")

    def test_variables_of_a_text(self):
        source = (
            "{% if practice.phone %}{{ patient.first_name | default(practice.name) }}{% endif %}"
            "{% for visit in patient.visits %}{{ visit.day }}{{ visit }} {{ practice.email }}"
            "{% else %}{{ link.book }}{% endfor %}{{ visit.day }}"
        )
        self.assertEqual(
            templating.variables_of(source),
            {
                "practice.phone", "patient.first_name", "practice.name", "patient.visits",
                "practice.email", "link.book", "visit.day",
            },
        )  # fmt: skip
        self.assertEqual(templating.variables_of("plain"), set())
        with self.assertRaises(templating.TemplateError):
            templating.variables_of("{{ patient.first_name")

    def test_a_compiled_text_keeps_no_values(self):
        source = "Hello {{ patient.first_name }}"
        for name in ("Anna", "Bruno", "{{ 1 }}"):
            text = templating.render(source, {"patient.first_name": name})
            self.assertEqual(text, f"Hello {name}")
        with self.assertRaises(templating.TemplateError):
            templating.render(source, {})
        self.assertLessEqual(templating._compile.cache_info().maxsize, 1000)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(st.data())
    def test_values_in_their_places_are_as_jinja_writes_them(self, data):
        """Most texts are filled in without Jinja, and nobody can tell."""
        pieces = st.one_of(
            st.text(alphabet="aé%{} -#\n\r退", max_size=8),
            st.sampled_from(
                ("{{ patient.first_name }}", "{{- practice.name -}}", "{# x #}", "{% raw %}{{ a }}",
                 "{% endraw %}", "{{ recipient.is_guardian }}", "{{ patient.first_name|upper }}",
                 "{% if patient.full_name %}", "{% endif %}", "{{ family.lines }}", "{{ patient }}")
            ),
        )  # fmt: skip
        source = "".join(data.draw(st.lists(pieces, max_size=8)))
        names = ("patient.first_name", "practice.name", "recipient.is_guardian", "family.lines")
        values = {name: data.draw(st.sampled_from(("", "A%s{{ x }}", None, 7))) for name in names}
        values["patient.full_name"] = "A"

        def outcome(render):
            try:
                return render(source, values)
            except templating.TemplateError as error:
                return str(error)

        self.assertEqual(outcome(templating.render), outcome(templating._render_by_jinja), source)

    def test_newlines_are_as_jinja_writes_them(self):
        for source in ("", "\n", "\n\n", "a\n", "a\r\nb\r\n", "\r", "a\n\n"):
            text = templating.render(source, {})
            self.assertEqual(text, templating._render_by_jinja(source, {}), repr(source))

    def test_plain_texts_need_no_jinja(self):
        source = "100 % for {{ patient.first_name }}"
        self.assertEqual(templating._fill_in(source), ("100 %% for %s", ["patient.first_name"]))
        self.assertIsNone(templating._fill_in("{{ patient.first_name|upper }}"))

    def test_catalogue_begins_with_the_patient(self):
        names = [variable.name for variable in templating.catalogue()]
        self.assertEqual(names[0].split(".")[0], "patient")
        self.assertEqual(len(names), len(set(names)))

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(st.text(alphabet="{}%#|.()[]'\"*~ abfinorset_-+/\n", max_size=60))
    def test_any_text_either_passes_or_says_why(self, source):
        try:
            templating.check(source)
        except templating.TemplateError as error:
            self.assertIn(error.code, ("syntax", "unknown_variable", "not_allowed"))
        else:
            templating.render(source, templating.examples())


class TestMailLayout(BaseCase):
    def test_button_paragraphs_and_escaping(self):
        html = mail_layout.to_html(
            "Dear <b>Anna</b>,\nsee you.\n\nChoose your time: https://a.example/prm/l/x?y=1&z=2",
            "en",
            "Aurora & Co",
        )
        self.assertIn("Dear &lt;b&gt;Anna&lt;/b&gt;,<br>see you.", html)
        self.assertIn('href="https://a.example/prm/l/x?y=1&amp;z=2"', html)
        self.assertIn(">Choose your time</a>", html)
        self.assertIn("Aurora &amp; Co", html)

    def test_nothing_from_elsewhere(self):
        html = mail_layout.to_html("Hello", "de", "Aurora")
        for word in ("<img", "http", "@import", "<script"):
            self.assertNotIn(word, html)

    def test_address_in_a_sentence_becomes_a_link(self):
        html = mail_layout.to_html("See https://a.example/x. Thank you!", "en")
        self.assertIn('<a href="https://a.example/x" ', html)


@tagged("post_install", "-at_install")
class TestTemplateRecord(PrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": cls.env.ref("prm_core.prm_purpose_care").id,
                "body_ids": [
                    (0, 0, {"lang": "en", "subject": "Hi", "body": "Hi {{ patient.first_name }}"}),
                    (
                        0,
                        0,
                        {"lang": "it", "subject": "Ciao", "body": "Ciao {{ patient.first_name }}"},
                    ),
                ],
            }
        )

    def test_language_of_the_patient_then_of_the_practice_then_english(self):
        pick = self.template._pick_body
        self.assertEqual(pick("it_IT", ("email",)).lang, "it")
        self.practice.partner_id.lang = "it_IT"
        self.assertEqual(pick("de_DE", ("email",)).lang, "it")
        self.practice.partner_id.lang = "es_ES"
        self.assertEqual(pick("de_DE", ("email",)).lang, "en")
        self.assertFalse(pick("en_US", ("sms",)))

    def test_without_english_the_language_of_the_practice_and_then_any(self):
        self.template.body_ids.filtered(lambda body: body.lang == "en").unlink()
        self.template.body_ids.copy({"lang": "de"})
        self.practice.partner_id.lang = "it_IT"
        self.assertEqual(self.template._pick_body("zh_CN", ("email",)).lang, "it")
        self.practice.partner_id.lang = "es_ES"
        found = self.template._pick_body("zh_CN", ("sms", "email"))
        self.assertEqual(len(found), 1)
        self.assertIn(found, self.template.body_ids)

    def test_a_bad_template_is_not_saved_and_says_where(self):
        body = self.template.body_ids[0]
        with self.assertRaisesRegex(ValidationError, r"line 2.*patient\.nme"):
            body.body = "Dear\n{{ patient.nme }}"
        with self.assertRaisesRegex(ValidationError, "brackets"):
            body.body = "{{ patient.first_name"
        with self.assertRaisesRegex(ValidationError, "needs a subject"):
            body.subject = " "

    def test_preview_for_a_chosen_patient(self):
        template = self.as_user(self.receptionist, self.template)
        preview = template.new({"preview_patient_id": self.maria.id}, origin=template)
        self.assertEqual(preview.preview_subject, "Ciao")
        self.assertIn("Ciao Maria", preview.preview_body)
