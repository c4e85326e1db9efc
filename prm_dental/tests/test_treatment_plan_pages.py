import io
from datetime import timedelta

import lxml.html
from odoo.tests import HttpCase, tagged
from pypdf import PdfReader

from .plan_case import PlanCase

LANGUAGES = ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN")


class PlanPages(PlanCase, HttpCase):
    def _open(self, path):
        response = self.url_open(path)
        self.assertEqual(response.status_code, 200)
        return lxml.html.fromstring(response.text)

    def _send(self, path, page, do, **typed):
        """Press a button of the form on a page: its hidden values, and what is ticked."""
        form = page.xpath("//form[.//button[@value='check' or @value='send']]")[0]
        values = {
            field.get("name"): field.get("value")
            for field in form.xpath(".//input[@type='hidden' or @checked]")
        }
        response = self.url_open(path, data={**values, **typed, "do": do})
        self.assertEqual(response.status_code, 200)
        return lxml.html.fromstring(response.text)

    def _heading(self, page):
        return page.xpath("//h1")[0].text_content().strip()

    def _yes(self, plan, *procedures):
        lines = plan.line_ids.filtered(lambda line: line.procedure_id in procedures)
        return {f"yes_{line.id}": "1" for line in lines}


@tagged("post_install", "-at_install")
class TestPlanLink(PlanPages):
    """What a patient does with the link."""

    def setUp(self):
        super().setUp()
        self.maria.lang = "en_US"
        self.plan = self._plan()
        self.link, self.path = self._link(self.plan)

    def _link(self, plan, **values):
        link, url = self.env["prm.link"]._issue(
            "plan", plan.patient_id, record=plan, payload={"revision": plan.revision}, **values
        )
        return link, "/prm/l/" + url.rpartition("/")[2]

    def test_accepted_in_part(self):
        page = self._open(self.path)
        text = page.text_content()
        for words in ("Hello Maria,", "Upper right, first molar (16)", "decayed part", "120.00",
                      "This is an estimate, valid until"):  # fmt: skip
            self.assertIn(words, text)
        page = self._send(self.path, page, "check", **self._yes(self.plan, self.filling))
        self.assertEqual(self._heading(page), "Is this right?")
        total = page.xpath("//*[@class='p-plan-total']")[0].text_content()
        self.assertEqual(total.split(), ["Together", "$", "120.00"])
        self.assertEqual(self.plan.state, "proposed", "checking sends nothing")
        page = self._send(self.path, page, "send", reason=str(self.reason.id))
        self.assertEqual(self._heading(page), "Thank you, your answer has come.")
        self.env.invalidate_all()
        self.assertEqual((self.plan.state, self.plan.outcome), ("answered", "part"))
        self.assertEqual(self.cleaning.decline_reason_id, self.reason)
        self.assertEqual(self.plan.answer_ids.source, "link")
        self.assertEqual(self.plan.answer_ids.person_id, self.maria.partner_id)
        self.assertTrue(self.link.acted_at)
        self.assertEqual(self._codes(self.maria)[-1], "link_acted")
        self.assertEqual(self._heading(self._open(self.path)), "Your answer is here")

    def test_a_change_of_mind(self):
        self._say(self.plan, self.filling)
        page = self._open(f"{self.path}?change=1")
        ticked = page.xpath("//input[@type='checkbox'][@checked]/@name")
        self.assertEqual(ticked, list(self._yes(self.plan, self.filling)))
        page = self._send(self.path, page, "all")
        self._send(self.path, page, "send")
        self.env.invalidate_all()
        self.assertEqual((self.plan.outcome, len(self.plan.answer_ids)), ("accepted", 2))
        self.filling.action_start()
        page = self._open(f"{self.path}?change=1")
        self.assertEqual(self._heading(page), "Your answer is here")
        self.assertNotIn("Change my answer", page.text_content())

    def test_two_ways(self):
        self.plan.action_withdraw()
        plan, bridge, implant = self._two_ways()
        _link, path = self._link(plan)
        page = self._open(path)
        self.assertIn("Total with “An implant”", page.text_content())
        missing = self._send(path, page, "check", **self._yes(plan, self.cleaning))
        self.assertEqual(missing.xpath("//*[@role='alert']")[0].text_content().strip(),
                         "Please choose one of the ways, or none of them.")  # fmt: skip
        kept = missing.xpath("//input[@checked]/@name")
        self.assertIn(next(iter(self._yes(plan, self.cleaning))), kept)
        check = self._send(path, missing, "check", way=str(bridge.id))
        self.assertIn("You chose: A bridge", " ".join(check.text_content().split()))
        back = self._send(path, check, "edit")
        self.assertEqual(back.xpath("//input[@name='way'][@checked]/@value"), [str(bridge.id)])
        check = self._send(path, back, "all", way=str(implant.id))
        self._send(path, check, "send")
        self.env.invalidate_all()
        self.assertEqual((plan.outcome, plan.alternative_id), ("accepted", implant))
        check = self._send(path, self._open(f"{path}?change=1"), "check", way="none")
        self._send(path, check, "send")
        self.env.invalidate_all()
        self.assertEqual((plan.outcome, plan.alternative_id.id), ("part", False))
        self.assertEqual(
            plan.line_ids.procedure_id.mapped("state"), ["accepted", "declined", "declined"]
        )

    def test_opening_changes_nothing(self):
        line = self.plan.line_ids[0]
        for query in ("", "?change=1", "?do=send&revision=1&seen=0", "?do=ask&question=x",
                      f"?do=send&revision=1&seen=0&yes_{line.id}=1", "?way=none"):  # fmt: skip
            self._open(self.path + query)
        self.env.invalidate_all()
        self.assertEqual(self.plan.state, "proposed")
        self.assertFalse(self.plan.answer_ids)
        inbound = [("patient_id", "=", self.maria.id), ("direction", "=", "in")]
        self.assertFalse(self.env["prm.message"].search(inbound))

    def test_a_second_window_sees_what_the_first_one_said(self):
        first = self._send(self.path, self._open(self.path), "all")
        second = self._send(self.path, self._open(self.path), "check")
        self._send(self.path, first, "send")
        page = self._send(self.path, second, "send")
        self.assertEqual(self._heading(page), "This plan was answered in the meantime")
        self.env.invalidate_all()
        self.assertEqual((self.plan.outcome, len(self.plan.answer_ids)), ("accepted", 1))

    def test_what_can_not_be_answered_says_what_to_do(self):
        def expire():
            self.plan.sudo().valid_until = self.today - timedelta(days=2)

        def change():
            self.filling.fee = 121

        falls = (
            (expire, "no longer valid"),
            (change, "has changed"),
            (self.plan.action_revise, "We are changing this plan"),
            (lambda: self.plan.sudo().write({"state": "withdrawn"}), "not open any more"),
        )
        check = self._send(self.path, self._open(self.path), "all")
        for fall, words in falls:
            with self.subTest(words=words), self.env.cr.savepoint() as savepoint:
                fall()
                for page in (self._open(self.path), self._send(self.path, check, "send")):
                    self.assertIn(words, self._heading(page))
                    self.assertIn("+39 02 5500 0000", page.text_content())
                    self.assertNotIn("Upper right", page.text_content())
                self.assertFalse(self.plan.answer_ids)
                answer = self.url_open(f"{self.path}/estimate.pdf")
                self.assertNotIn("application/pdf", answer.headers["Content-Type"])
                savepoint.rollback()
            self.env.invalidate_all()

    def test_an_older_link_and_a_forged_revision(self):
        check = self._send(self.path, self._open(self.path), "all")
        self.plan.action_revise()
        self.plan.action_propose()
        page = self._send(self.path, check, "send", revision="2")
        self.assertIn("We are changing this plan", self._heading(page))
        self.assertFalse(self.plan.answer_ids)
        _link, path = self._link(self.plan)
        self.assertEqual(self._heading(self._open(path)), "Your treatment plan")

    def test_a_link_about_what_is_another_patients(self):
        ada = self._patient(first_name="Ada", lang="en_US")
        _link, url = self.env["prm.link"]._issue("plan", ada, record=self.plan)
        path = "/prm/l/" + url.rpartition("/")[2]
        page = self._open(path)
        self.assertEqual(self._heading(page), "This plan is not open any more")
        self.assertNotIn("Upper right", page.text_content())
        self.url_open(path, data={"do": "send", "revision": "1", "seen": "0"})
        self.env.invalidate_all()
        self.assertEqual(self.plan.state, "proposed")
        other, url = self.env["prm.link"]._issue("history", self.maria, record=self.plan)
        answer = self.url_open(f"/prm/l/{url.rpartition('/')[2]}/estimate.pdf")
        self.assertNotIn("application/pdf", answer.headers["Content-Type"])
        self.assertTrue(other)

    def test_an_expired_or_unknown_link(self):
        _link, path = self._link(self.plan, days=-1)
        for address in (path, f"{path}/estimate.pdf"):
            self.assertEqual(self.url_open(address).status_code, 410)
        unknown = "/prm/l/" + "x" * 32
        self.assertEqual(self.url_open(f"{unknown}/estimate.pdf").status_code, 404)

    def test_the_page_shows_nothing_else_of_the_record(self):
        self.plan.private_note = "Secret note"
        self.env["prm.health.fact"]._record(self.maria, {"allergy": "Penicillin"})
        self._done(self.maria, self.today, self.hyg, "completed", fee=77)
        text = self._open(self.path).text_content()
        for words in ("Secret note", "Penicillin", "77.00", "Verdi"):
            self.assertNotIn(words, text)

    def test_a_question_comes_to_the_desk(self):
        form = {"do": "ask", "question": "Does it <b>hurt</b>?"}
        page = lxml.html.fromstring(self.url_open(self.path, data=form).text)
        self.assertIn("your question has come", page.text_content())
        message = self.env["prm.message"].search(
            [("patient_id", "=", self.maria.id), ("direction", "=", "in")]
        )
        self.assertEqual(message.body, "Does it <b>hurt</b>?")
        self.assertTrue(message.needs_answer)
        self.assertEqual(self.plan.state, "proposed")
        self.url_open(self.path, data={"do": "ask", "question": "  "})
        self.assertEqual(self.env["prm.message"].search_count([("direction", "=", "in"),
                         ("patient_id", "=", self.maria.id)]), 1)  # fmt: skip

    def test_sent_through_the_outbox(self):
        draft = self._plan(self._done(self.maria, self.today, self.hyg, "planned"), propose=False)
        notice = self.as_user(self.manager, draft).action_send()
        self.assertEqual(notice["params"]["type"], "success")
        self.assertEqual((draft.state, draft.revision), ("proposed", 1))
        message = self.env["prm.message"].search([("res_model", "=", draft._name),
                                                  ("res_id", "=", draft.id)])  # fmt: skip
        self.assertEqual((message.state, message.link_id.action), ("queued", "plan"))
        self.assertGreater(message.link_id.expires_at.date(), draft.valid_until)
        path = "/prm/l/" + message.body.partition("/prm/l/")[2].split()[0]
        self.assertEqual(self._heading(self._open(path)), "Your treatment plan")

    def test_the_gates_no_is_said_in_words(self):
        self.maria.email = False
        notice = self.as_user(self.receptionist, self.plan).action_send()["params"]
        self.assertEqual(notice["type"], "warning")
        self.assertIn("The plan was not sent. There is no", notice["message"])
        message = self.env["prm.message"].search([("res_id", "=", self.plan.id),
                                                  ("res_model", "=", self.plan._name)])  # fmt: skip
        self.assertEqual(message.state, "suppressed")

    def test_every_page_in_every_language(self):
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
        self.plan.action_withdraw()
        english = set()
        for lang in LANGUAGES:
            self.maria.lang = lang
            plan = self._plan(self._done(self.maria, self.today, self.hyg, "planned", fee=80))
            _link, path = self._link(plan)
            pages = [self._open(path)]
            pages.append(self._send(path, pages[0], "check"))
            pages.append(self._send(path, pages[1], "send"))
            pages.append(self._open(path))
            asked = self.url_open(path, data={"do": "ask", "question": "?"})
            pages.append(lxml.html.fromstring(asked.text))
            self.env.invalidate_all()
            plan.action_revise()
            pages.append(self._open(path))
            texts = {
                text.strip()
                for page in pages
                for text in page.xpath("//main//text()")
                if any(letter.isalpha() for letter in text)
            }
            if lang == "en_US":
                english = texts
            else:
                # Some words are the same elsewhere.
                self.assertFalse((texts & english) - {"Total"}, lang)

    def test_the_estimate_in_every_language(self):
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
        self.plan.action_revise()
        self.fill.with_context(lang="zh_CN").explanation = "去除蛀坏部分后补好牙齿。"
        self.plan.action_propose()
        words = {
            "en_US": ("first molar (16)", "decayed part", "Page 1 of 1", "$120.00", "$200.00"),
            "it_IT": ("primo molare (16)", "Pagina 1 di 1", "120,00", "200,00"),
            "es_ES": ("primer molar (16)", "Página 1 de 1", "120,00", "200,00"),
            "de_DE": ("erster Molar (16)", "Seite 1 von 1", "120,00", "200,00"),
            "zh_CN": (
                "第一磨牙（16）",
                "治疗计划与费用预估",
                "去除蛀坏部分后补好牙齿。",
                "第 1 页",
                "120.00",
            ),
        }
        for lang in LANGUAGES:
            with self.subTest(lang=lang):
                self.maria.lang = lang
                _link, path = self._link(self.plan)
                answer = self.url_open(f"{path}/estimate.pdf")
                self.assertEqual(answer.headers["Content-Type"], "application/pdf")
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                [page] = PdfReader(io.BytesIO(answer.content)).pages
                text = " ".join(page.extract_text().split())
                for part in (*words[lang], "Practice Aurora", "Maria Verdi"):
                    self.assertIn(part.replace(" ", ""), text.replace(" ", ""))


@tagged("post_install", "-at_install")
class TestPlanPortal(PlanPages):
    def setUp(self):
        super().setUp()
        self.mine = self._patient(
            first_name="Paola", last_name="Riva", lang="en_US", partner_id=self.portal.partner_id.id
        )
        self.child = self._patient(first_name="Tim", last_name="Riva",
                                   birth_date=self.today - timedelta(days=3000))  # fmt: skip
        self.env["prm.guardian"].create(
            {"patient_id": self.child.id, "partner_id": self.portal.partner_id.id}
        )
        self.own, self.childs = (
            self._plan(self._done(patient, self.today, self.hyg, "planned", fee=90))
            for patient in (self.mine, self.child)
        )
        self.marias = self._plan()
        self.authenticate("t_portal", "t_portal")

    def test_own_plans_and_the_childrens_and_nobody_elses(self):
        page = self._open("/my/prm/plans")
        addresses = page.xpath("//a[contains(@href, '/my/prm/plans/')]/@href")
        expected = [f"/my/prm/plans/{plan.id}" for plan in (self.childs, self.own)]
        self.assertEqual(addresses, expected)
        self.assertIn("Tim", page.text_content())
        self.assertNotIn("Maria", page.text_content())
        path = f"/my/prm/plans/{self.marias.id}"
        token = self._open(expected[0]).xpath("//input[@name='csrf_token']/@value")[0]
        for answer in (
            self.url_open(path),
            self.url_open(f"{path}/estimate.pdf"),
            self.url_open(path, data={"csrf_token": token, "do": "send", "revision": 1, "seen": 0}),
        ):
            self.assertEqual(answer.status_code, 404)
            self.assertNotIn("Maria", answer.text)
        self.assertEqual(self.marias.state, "proposed")

    def test_a_mother_answers_for_her_child(self):
        path = f"/my/prm/plans/{self.childs.id}"
        check = self._send(path, self._open(path), "all")
        page = self._send(path, check, "send")
        self.assertEqual(self._heading(page), "Thank you, your answer has come.")
        self.env.invalidate_all()
        answer = self.childs.answer_ids
        self.assertEqual((answer.source, answer.person_id), ("portal", self.portal.partner_id))
        self.assertEqual(self.child.procedure_ids.state, "accepted")
        pdf = self.url_open(f"{path}/estimate.pdf")
        self.assertIn("Tim Riva", PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text())

    def test_without_the_token_of_the_page_nothing_happens(self):
        path = f"/my/prm/plans/{self.own.id}"
        answer = self.url_open(path, data={"do": "send", "revision": "1", "seen": "0"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.own.state, "proposed")

    def test_drafts_are_not_shown(self):
        draft = self._plan(self._done(self.mine, self.today, self.hyg, "planned"), propose=False)
        self.assertEqual(self.url_open(f"/my/prm/plans/{draft.id}").status_code, 404)
        self.assertNotIn(f"/my/prm/plans/{draft.id}", self.url_open("/my/prm/plans").text)
        self.own.action_withdraw()
        page = self._open(f"/my/prm/plans/{self.own.id}")
        self.assertEqual(self._heading(page), "This plan is not open any more")
        self.assertIn("Treatment plans", self.url_open("/my").text)
