import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..channels import sms_text

GSM = st.text(st.sampled_from(sorted(sms_text.GSM7_BASIC | sms_text.GSM7_EXTENSION)), max_size=500)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


class TestSmsText(BaseCase):
    def test_limits(self):
        for text, alphabet, segments in (
            ("a" * 160, "gsm7", 1),
            ("a" * 161, "gsm7", 2),
            ("a" * 306, "gsm7", 2),
            ("a" * 307, "gsm7", 3),
            ("€" * 80, "gsm7", 1),
            ("€" * 81, "gsm7", 2),
            ("á" * 70, "ucs2", 1),
            ("á" * 71, "ucs2", 2),
            ("á" * 134, "ucs2", 2),
            ("á" * 135, "ucs2", 3),
            ("😀" * 35, "ucs2", 1),
            ("😀" * 36, "ucs2", 2),
            # 66 units of pairs in each part: the 67th would split one.
            ("😀" * 67, "ucs2", 3),
            ("", "gsm7", 1),
        ):
            size = sms_text.measure(text)
            self.assertEqual((size.encoding, size.segments), (alphabet, segments), text[:3])

    def test_the_table_has_all_letters_of_the_standard(self):
        # 128 places, of which ESC is no letter.
        self.assertEqual(len(sms_text.GSM7_BASIC), 127)
        self.assertEqual(len(sms_text.GSM7_EXTENSION), 10)

    def test_plain_letters(self):
        for text, plain in (
            ("Olá, João!", "Ola, Joao!"),
            ("Così è già più, Ñandú", "Così è già più, Ñandu"),
            ("ça Ça", "ca Ça"),
            ("“Ciao” — l’anno…", '"Ciao" - l\'anno...'),
            ("Łódź", "Lodz"),
            ("你好 😀", "你好 😀"),
        ):
            self.assertEqual(sms_text.transliterate(text), plain)

    def test_cost(self):
        self.assertAlmostEqual(sms_text.cost("a" * 161, 0.07), 0.14)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(GSM | ANY)
    def test_parts_are_the_text_and_fit(self, text):
        size = sms_text.measure(text)
        self.assertEqual("".join(size.parts), text)
        single, multiple = sms_text.LIMITS[size.encoding]
        limit = single if size.segments == 1 else multiple
        for part in size.parts:
            if size.encoding == "ucs2":
                units = len(part.encode("utf-16-be")) // 2
            else:
                units = len(part) + sum(part.count(char) for char in sms_text.GSM7_EXTENSION)
            self.assertLessEqual(units, limit)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(ANY)
    def test_plain_letters_are_plain_once(self, text):
        plain = sms_text.transliterate(text)
        self.assertEqual(sms_text.transliterate(plain), plain)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(GSM)
    def test_what_fits_is_left_alone(self, text):
        self.assertEqual(sms_text.transliterate(text), text)
        self.assertEqual(sms_text.encoding(text), "gsm7")
