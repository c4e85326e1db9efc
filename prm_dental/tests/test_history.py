from datetime import timedelta

import lxml.html
from dateutil.relativedelta import relativedelta
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from .. import mdas
from .common import DentalCase

#: What a healthy person answers, page by page.
HEALTHY = {
    "1_health": {
        "heart": "no", "pacemaker": "no", "diabetes": "none", "epilepsy": "no", "immune": "no",
        "infection": "no", "radiation": "no", "dry_mouth": "no", "pregnant": "no",
    },
    "2_medicine": {
        "allergies": "no", "medicines": "no", "blood_thinners": "no", "bone_medicine": "no",
        "antibiotics_before": "no",
    },
    "3_habits": {"smokes": "no", "sweet": "low"},
    "4_feelings": dict.fromkeys(mdas.ITEMS, "1"),
    "5_barriers": {},
}  # fmt: skip


class HistoryCase(DentalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.histories = cls.env["prm.history"]
        cls.maria.write({"birth_date": cls.today - relativedelta(years=40), "gender": "female"})

    def _answer(self, patient=None, **pages):
        """Answer everything and send it."""
        history = self.histories._begun(patient or self.maria)
        for step, typed in HEALTHY.items():
            history._post({"step": step, **typed, **pages.get(step[2:], {})})
        history._post({"do": "send"})
        self.env.invalidate_all()
        return history

    def _known(self, *codes):
        return self.env["prm.health.fact"]._current(self.maria, codes)[self.maria.id]


@tagged("post_install", "-at_install")
class TestHistory(HistoryCase):
    """From the first page to what a clinician has accepted."""

    def test_what_nobody_knew_becomes_a_fact_that_the_patient_said(self):
        history = self._answer(
            medicine={"allergies": "yes", "allergies_more": "Penicillin\nLatex"},
            habits={"smokes": "yes", "smokes_more": "10"},
            feelings=dict.fromkeys(mdas.ITEMS, "4"),
            barriers={"hard_barrier_fear": "1"},
        )
        self.assertEqual((history.state, history.difference_count), ("submitted", 0))
        self.assertEqual(history.valid_until, self.today + relativedelta(months=12))
        self.assertEqual(
            self._known("allergy", "smoking", "dental_anxiety", "barrier_fear", "barrier_cost",
                        "heart_condition"),
            {"allergy": "Penicillin\nLatex", "smoking": 10, "dental_anxiety": 20,
             "barrier_fear": True, "barrier_cost": False, "heart_condition": False},
        )  # fmt: skip
        facts = self.env["prm.health.fact"].search([("patient_id", "=", self.maria.id)])
        self.assertEqual(set(facts.mapped("source")), {"history"})
        self.assertFalse(any(facts.mapped("accepted_at")))
        self.assertIn("history_submitted", self._codes(self.maria))
        # The warning is there before anybody has reviewed it.
        self.assertIn("Penicillin", self.as_user(self.clinician, self.maria).health_alert)

    def test_what_differs_waits_for_a_clinician(self):
        facts = self.env["prm.health.fact"]
        facts._record(self.maria, {"allergy": "Penicillin", "smoking": 5, "heart_condition": True})
        history = self._answer(habits={"smokes": "yes", "smokes_more": "10"})
        known = self._known("allergy", "smoking", "heart_condition")
        self.assertEqual(known, {"allergy": "Penicillin", "smoking": 5, "heart_condition": True})
        differs = history.answer_ids.filtered("differs")
        self.assertEqual(
            {line.fact_type_id.code: (line.said_label, line.known_label) for line in differs},
            {
                "allergy": ("None", "Penicillin"),
                "smoking": ("10 a day", "5 a day"),
                "heart_condition": ("No", "Yes"),
            },
        )
        line = differs.filtered(lambda one: one.fact_type_id.code == "allergy")
        self.as_user(self.clinician, line).take_over = False
        self.as_user(self.clinician, history).action_accept()
        self.assertEqual(
            self._known("allergy", "smoking", "heart_condition"),
            {"allergy": "Penicillin", "smoking": 10, "heart_condition": False},
        )
        self.assertEqual((history.state, history.reviewed_by_id), ("accepted", self.clinician))
        smoking = facts.search([("type_id.code", "=", "smoking"), ("ended_on", "=", False)])
        self.assertEqual((smoking.source, smoking.accepted_by_id), ("history", self.clinician))
        with self.assertRaises(UserError):
            self.as_user(self.clinician, line).take_over = True

    def test_wrong_pages_keep_what_is_right(self):
        history = self.histories._begun(self.maria)
        template, values = history._post(
            {"step": "2_medicine", "allergies": "yes", "medicines": "no", "blood_thinners": "yes"}
        )
        self.assertEqual(template, "prm_dental.page_history")
        errors = {one["code"]: one["error"] for one in values["questions"] if one["error"]}
        self.assertEqual(
            errors,
            {
                "allergies": "Please write which ones.",
                "bone_medicine": "Please choose an answer.",
                "antibiotics_before": "Please choose an answer.",
            },
        )
        self.assertEqual(history.answers, {"medicines": "", "blood_thinners": True})
        [allergies] = [one for one in values["questions"] if one["code"] == "allergies"]
        self.assertEqual(allergies["chosen"], "yes")
        # Sending before the end leads to what is missing.
        _template, values = history._post({"do": "send"})
        self.assertEqual((history.state, values["step"]), ("draft", "1_health"))

    def test_whom_what_is_asked(self):
        child = self._patient(
            first_name="Tim", birth_date=self.today - timedelta(days=365 * 8), gender="male"
        )
        codes = self.histories._begun(child)._questions().mapped("code")
        self.assertIn("allergies", codes)
        for code in ("pregnant", "smokes", *mdas.ITEMS):
            self.assertNotIn(code, codes)
        history = self._answer(child)
        self.assertEqual(history.state, "submitted")
        self.assertNotIn("dental_anxiety", history.answer_ids.fact_type_id.mapped("code"))

    def test_sent_twice_is_sent_once(self):
        history = self._answer()
        lines = history.answer_ids
        history._post({"do": "send"})
        history._submit()
        self.assertEqual(history.answer_ids, lines)
        self.assertEqual(self._codes(self.maria).count("history_submitted"), 1)

    def test_how_it_stands(self):
        states = self.histories._states
        self.assertEqual(states(self.maria), {self.maria.id: "none"})
        history = self._answer()
        self.assertEqual(states(self.maria), {self.maria.id: "review"})
        self.as_user(self.clinician, history).action_accept()
        self.assertEqual(states(self.maria), {self.maria.id: "valid"})
        after = history.valid_until + timedelta(days=1)
        self.assertEqual(states(self.maria, after), {self.maria.id: "expired"})
        self.assertEqual(self.maria.history_state, "valid")
        people = self.maria | self._patient(first_name="Bo") | self._patient(first_name="Cy")
        with self.assertQueryCount(1):
            self.assertEqual(len(states(people)), 3)

    def test_who_was_in_between_keeps_the_version(self):
        form = self.env.ref("prm_dental.prm_history_form")
        history = self.histories._begun(self.maria)
        with self.assertRaises(UserError):
            form.question_ids[0].text = "Something else?"
        with self.assertRaises(UserError):
            form.question_ids[0].unlink()
        draft = self.env["prm.history.form"].browse(form.action_new_version()["res_id"])
        self.assertEqual((draft.version, draft.state), (2, "draft"))
        self.assertEqual(len(draft.question_ids), len(form.question_ids))
        draft.question_ids.filtered(lambda one: one.code == "sweet").unlink()
        draft.action_use()
        self.assertEqual((form.state, draft.state), ("retired", "live"))
        self.assertEqual(self.histories._begun(self.maria), history)
        self.assertIn("sweet", history._questions().mapped("code"))
        other = self.histories._begun(self._patient(first_name="Bo"))
        self.assertNotIn("sweet", other._questions().mapped("code"))

    def test_a_practice_has_questions_of_its_own(self):
        common = self.env.ref("prm_dental.prm_history_form")
        own = common.copy({"company_id": self.practice.id})
        forms = self.env["prm.history.form"]
        self.assertEqual(forms._of(self.practice), common)
        own.action_use()
        self.assertEqual(forms._of(self.practice), own)
        self.assertEqual(forms._of(self.other_practice), common)

    def test_bad_forms(self):
        draft = self.env.ref("prm_dental.prm_history_form").copy()
        smoking = self.env.ref("prm_dental.prm_health_fact_type_smoking")
        for vals in (
            {"code": "Heart?"},
            {"code": "flagged", "fact_type_id": smoking.id},
            {"code": "other_situation", "kind": "scale"},
            {"code": "one_of", "kind": "choice"},
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                draft.question_ids.create({"form_id": draft.id, "text": "Well?", **vals})
        draft.question_ids.unlink()
        with self.assertRaises(ValidationError):
            draft.action_use()

    def test_barriers_and_what_helps(self):
        self._answer(barriers={"hard_barrier_fear": "1", "hard_barrier_cost": "1"})
        seen = self.as_user(self.receptionist, self.maria)
        self.assertEqual(seen.barrier_text, "Fear, Cost")
        self.assertIn("agree on a sign to stop", seen.barrier_help)

    def test_the_flow_board_tells_the_desk(self):
        visit = self._book(self.maria)
        board = self.as_user(self.receptionist, visit)

        def alerts():
            self.env.invalidate_all()
            return {
                code: label for code, label, _icon, _level in board._prm_board_alerts()[visit.id]
            }

        self.assertEqual(alerts()["history"], "Health questions missing")
        history = self._answer(feelings=dict.fromkeys(mdas.ITEMS, "4"))
        found = alerts()
        self.assertEqual(found["history"], "Health questions to review")
        self.assertEqual(found["anxious"], "Very anxious")
        self.as_user(self.clinician, history).action_accept()
        self.assertNotIn("history", alerts())
        self.env["prm.health.fact"]._record(self.maria, {"dental_anxiety": 18})
        self.assertNotIn("anxious", alerts())

    def test_who_may_what(self):
        history = self._answer()
        line = history.answer_ids[:1]
        desk = self.as_user(self.receptionist, history)
        self.assertEqual(desk.read(["state"])[0]["state"], "submitted")
        for name in ("answers", "answer_ids"):
            with self.assertRaises(AccessError):
                desk.read([name])[0][name] and self.as_user(self.receptionist, line).read(["said"])
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, line).read(["said"])
        with self.assertRaises(UserError):
            desk.action_accept()
        for user in (self.outsider, self.portal, self.stranger):
            for record in (history, line):
                with self.assertRaises(AccessError, msg=user.login):
                    self.as_user(user, record).read(["company_id"])
        with self.assertRaises(UserError):
            self.as_user(self.clinician, history).write({"state": "draft"})
        with self.assertRaises(UserError):
            self.as_user(self.clinician, line).write({"said": {"value": True}})
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, self.env["prm.history.form"]).create({"name": "Mine"})
        shown = self.as_user(self.receptionist, self.maria).action_show_history_code()
        shown = self.env["prm.history.show"].browse(shown["res_id"])
        self.assertTrue(shown.qr_code)
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, shown).read(["url"])


@tagged("post_install", "-at_install")
class TestHistoryPage(HistoryCase, HttpCase):
    """What the patient sees, by link and with an account."""

    def setUp(self):
        super().setUp()
        self.maria.lang = "en_US"
        self.link, url = self.env["prm.link"]._issue("history", self.maria)
        self.path = "/prm/l/" + url.rpartition("/")[2]

    def _get(self, query=""):
        response = self.url_open(self.path + query)
        self.assertEqual(response.status_code, 200)
        return lxml.html.fromstring(response.text)

    def _post(self, data):
        response = self.url_open(self.path, data=data)
        self.assertEqual(response.status_code, 200)
        return lxml.html.fromstring(response.text)

    def _heading(self, page):
        return page.xpath("//h1")[0].text_content().strip()

    def test_from_page_to_page(self):
        page = self._get()
        self.assertEqual(self._heading(page), "Your health")
        self.assertIn("Page 1 of 6", page.text_content())
        for step, typed in HEALTHY.items():
            page = self._post({"step": step, **typed})
        self.assertEqual(self._heading(page), "Is everything right?")
        self.assertIn("Do you have allergies?", page.text_content())
        page = self._post({"do": "send"})
        self.assertEqual(self._heading(page), "Thank you, Maria.")
        self.assertEqual(self.maria.history_ids.state, "submitted")
        self.assertTrue(self.link.acted_at)

    def test_opening_changes_nothing_and_asking_again_is_a_post(self):
        for query in ("", "?step=2_medicine", "?step=send", "?do=send", "?do=again", "?step=x"):
            self._get(query)
        self.assertFalse(self.histories.search([("patient_id", "=", self.maria.id)]))
        self._answer()
        self.assertEqual(self._heading(self._get("?do=again")), "Your answers are here")
        self.assertEqual(len(self.maria.history_ids), 1)
        page = self._post({"do": "again"})
        self.assertEqual(self._heading(page), "Your health")
        self.assertEqual(len(self.maria.history_ids), 2)

    def test_the_link_shows_nothing_of_the_record(self):
        self.env["prm.health.fact"]._record(self.maria, {"allergy": "Penicillin"})
        self._answer(medicine={"allergies": "yes", "allergies_more": "Chlorhexidine"})
        self._post({"do": "again"})
        for query in ("", "?step=2_medicine"):
            text = self._get(query).text_content()
            self.assertNotIn("Penicillin", text)
            self.assertNotIn("Chlorhexidine", text)

    def test_what_was_typed_comes_back(self):
        self._post({"step": "2_medicine", **HEALTHY["2_medicine"], "allergies": "yes",
                    "allergies_more": "Nuts & <b>"})  # fmt: skip
        page = self._get("?step=2_medicine")
        self.assertEqual(page.xpath("//textarea")[0].text_content().strip(), "Nuts & <b>")
        self.assertTrue(page.xpath("//input[@name='allergies'][@value='yes'][@checked]"))

    def test_no_questions_in_use(self):
        self.env["prm.history.form"].search([]).state = "retired"
        self.assertEqual(self._heading(self._get()), "There are no questions at the moment")
        self._post({"step": "1_health", **HEALTHY["1_health"]})
        self.assertFalse(self.maria.history_ids)

    def test_every_page_in_every_language(self):
        english = {}
        for lang in ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN"):
            self.env["res.lang"]._activate_lang(lang)
            self.maria.lang = lang
            self.histories.search([("patient_id", "=", self.maria.id)]).sudo().unlink()
            pages = [self._get(f"?step={step}") for step in HEALTHY]
            for step, typed in HEALTHY.items():
                pages.append(self._post({"step": step, **typed}))
            pages += [self._post({"step": "2_medicine"}), self._get("?step=send")]
            pages += [self._post({"do": "send"}), self._get()]
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
                self.assertFalse((texts & english) - {"No"}, lang)


@tagged("post_install", "-at_install")
class TestHistoryPortal(HistoryCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.mine = self._patient(
            first_name="Paola", last_name="Riva", lang="en_US", partner_id=self.portal.partner_id.id
        )
        self.authenticate("t_portal", "t_portal")

    def test_own_questions_and_nobody_elses(self):
        page = self.url_open("/my/prm/history").text
        self.assertIn("Paola", page)
        self.assertNotIn("Maria", page)
        path = f"/my/prm/history/{self.mine.id}"
        page = lxml.html.fromstring(self.url_open(path).text)
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        for step, typed in HEALTHY.items():
            self.url_open(path, data={"csrf_token": token, "step": step, **typed})
        self.url_open(path, data={"csrf_token": token, "do": "send"})
        self.env.invalidate_all()
        self.assertEqual(self.mine.history_ids.mapped("state"), ["submitted"])
        self.assertEqual(self.mine.history_ids.source, "portal")
        self.assertEqual(self.url_open(f"/my/prm/history/{self.maria.id}").status_code, 404)
        answer = self.url_open(
            f"/my/prm/history/{self.maria.id}", data={"csrf_token": token, "step": "1_health"}
        )
        self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.maria.history_ids)

    def test_without_the_token_of_the_page_nothing_happens(self):
        path = f"/my/prm/history/{self.mine.id}"
        answer = self.url_open(path, data={"step": "1_health", **HEALTHY["1_health"]})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.mine.history_ids)
