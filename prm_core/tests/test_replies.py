from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..replies import may_mean_visit, meaning
from ..unsubscribe import unsubscribe_headers

TABLE = {
    "stop": [
        "STOP", "QUIT", "End", "Revoke", "OptOut", "opt out", "Cancel",
        "stop.", "Stop!!!", "ＳＴＯＰ", "ARRÊT", "arret", "ALTO", "Baja", "CANCELLA",
        "basta", "Annulla", "STOPP", "abmelden", "Unsubscribe", "退订", "停止", "退订。",
        "stop, grazie", "please stop", "please stop sending me these", "Stop texting me",
        "don't text me again",
        "no more messages please", "non voglio più messaggi", "Non scrivetemi più",
        "no quiero más mensajes", "keine Nachrichten mehr bitte", "Bitte keine SMS mehr",
        "不要再给我发短信了", "请停止",
    ],
    "start": ["START", "Inizio", "alta", "unstop", "订阅", "恢复订阅"],
    "confirm": [
        "C", "c.", "conferma", "Confermo!", "sí", "sì", "Si'", "si", "YES", "ok", "OK grazie", "ja",
        "Ja, danke", "好的", "确认", "是", "👍", "👍🏽", "✅", "✔️", "Yes, I'll be there", "ok 👍",
        "ci sarò", "confirmo la cita", "Ich komme", "bestätigt",
    ],
    "decline": ["no", "Nein", "NO!", "👎", "不", "non confermo", "I can't come", "no puedo ir"],
    None: [
        None, "", " ", "?", "🦷", "I can't stop the bleeding", "can you stop by at 5?",
        "stop? no, go on", "stop no", "yes no", "yes but later", "ok, what time?", "no problem",
        "sì ma non domani", "ja aber später", "si può spostare", "你好", "please", "grazie",
        "the pain won't stop", "basta un antidolorifico", "no more pain", "STOP the swelling",
        "是不是明天", "ja?", "no, yes", "x" * 500,
    ],
}  # fmt: skip


class TestReplies(BaseCase):
    def test_table(self):
        for expected, texts in TABLE.items():
            for text in texts:
                with self.subTest(text=text):
                    self.assertEqual(meaning(text), expected)

    def test_what_may_mean_the_visit(self):
        for text, expected in (
            ("Cancel", True),
            ("ANNULLA.", True),
            ("STOP", False),
            (None, False),
        ):
            self.assertEqual(may_mean_visit(text), expected)

    @given(st.text())
    def test_never_raises(self, text):
        may_mean_visit(text)
        self.assertIn(meaning(text), ("stop", "start", "confirm", "decline", None))

    @given(
        st.sampled_from([t for key, texts in TABLE.items() if key for t in texts]),
        st.sampled_from([str.upper, str.lower, str.title, str.casefold]),
        st.text(" \t\n.!…", max_size=5),
    )
    def test_casing_and_padding_do_not_matter(self, text, casing, padding):
        self.assertEqual(meaning(padding + casing(text) + padding), meaning(text))

    def test_unsubscribe_headers(self):
        self.assertEqual(
            unsubscribe_headers("https://aurora.example/prm/u/x"),
            {
                "List-Unsubscribe": "<https://aurora.example/prm/u/x>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
