import re

from odoo.exceptions import AccessError
from odoo.http import _generate_routing_rules
from odoo.tests import HttpCase, tagged

from ..lookup import Lookup
from .common import PrmCase

#: Every route of these add-ons, with who may use it. A route that is not named here fails the test:
#: whoever adds one says here for whom it is, and tests it.
#: A page for booking is for everybody who knows its name.
#: "link": the token in the address is the key; "user": a log-in is asked for; "own": after the
#: log-in everybody sees what is theirs and nothing else; "key": the key of a message, in the body.
ROUTES = {
    "/my/prm/aftercare": "own",
    "/my/prm/history": "own",
    "/my/prm/history/<int:patient_id>": "user",
    "/my/prm/plans": "own",
    "/my/prm/plans/<int:plan_id>": "user",
    "/my/prm/plans/<int:plan_id>/estimate.pdf": "user",
    "/my/prm/preferences": "own",
    "/my/prm/visits": "own",
    "/my/prm/visits/<int:visit_id>": "user",
    "/my/prm/visits/<int:visit_id>/calendar.ics": "user",
    "/prm/book/<string:slug>": "link",
    "/prm/kiosk/<string:token>": "link",
    "/prm/l/<string:token>": "link",
    "/prm/l/<string:token>/calendar.ics": "link",
    "/prm/l/<string:token>/estimate.pdf": "link",
    "/prm/r/<string:token>": "link",
    "/prm/u/<string:token>": "link",
    "/prm/w/<string:token>": "link",
    "/sms/status": "key",
}
#: Models without a practice of their own, with why that is right.
SHARED = {
    "prm.cancel.reason": "one vocabulary, so that practices can be compared",
    "prm.channel": "the same ways to reach people everywhere",
    "prm.decline.reason": "one vocabulary, so that practices can be compared",
    "prm.event.type": "declared by add-ons",
    "prm.health.fact.choice": "answers to what follows",
    "prm.health.fact.type": "one vocabulary, on which recalls and history forms rely",
    "prm.journey.condition": "declared by add-ons",
    "prm.journey.source": "declared by add-ons",
    "prm.policy.rule": "laws of countries",
    "prm.purpose": "the same for all practices",
}
OPERATIONS = ("read", "write", "create", "unlink")


def _ours(env):
    """Models of this project that have a table."""
    for name in sorted(env.registry):
        model = env[name]
        if name.startswith("prm.") and not model._abstract and model._auto:
            yield model


@tagged("post_install", "-at_install")
class TestModels(PrmCase):
    """Found by itself: a new model without rules fails here."""

    def test_who_is_outside_gets_nothing(self):
        public = self.env.ref("base.public_user")
        for model in _ours(self.env):
            for user in (self.outsider, self.portal, public):
                for operation in OPERATIONS:
                    with self.subTest(model=model._name, user=user.login, operation=operation):
                        self.assertFalse(model.with_user(user).has_access(operation))

    def test_every_model_belongs_to_a_practice_or_says_why_not(self):
        for model in _ours(self.env):
            if model._transient or model._name in SHARED:
                continue
            with self.subTest(model=model._name):
                rules = (
                    self.env["ir.rule"]
                    .sudo()
                    .search([("model_id.model", "=", model._name), ("groups", "=", False)])
                )
                self.assertTrue(rules, "no rule that holds for everybody")
                self.assertIn("company_ids", " ".join(rules.mapped("domain_force")))

    def test_what_a_dialog_found_is_for_who_opened_it(self):
        """Odoo keeps temporary rows from nobody by itself."""
        for model in _ours(self.env):
            if not model._transient:
                continue
            with self.subTest(model=model._name):
                rules = self.env["ir.rule"].sudo().search(
                    [("model_id.model", "=", model._name), ("groups", "=", False)]
                )  # fmt: skip
                self.assertIn("create_uid", " ".join(rules.mapped("domain_force")))

    def test_the_other_practice_sees_no_row(self):
        """Whatever rows there are of this practice, the stranger's search finds none of them."""
        self.env["prm.consent"].create(
            {"patient_id": self.maria.id,
             "purpose_id": self.env.ref("prm_core.prm_purpose_news").id, "state": "granted"}
        )  # fmt: skip
        for model in _ours(self.env):
            if model._transient or model._name in SHARED or "company_id" not in model._fields:
                continue
            with self.subTest(model=model._name):
                theirs = self.as_user(self.stranger, model).search([])
                companies = theirs.sudo().mapped("company_id")
                self.assertFalse(companies - self.other_practice)
                mine = model.sudo().search([("company_id", "=", self.practice.id)], limit=1)
                if mine:
                    with self.assertRaises(AccessError):
                        self.as_user(self.stranger, mine).read(["display_name"])


@tagged("post_install", "-at_install")
class TestLookups(PrmCase):
    def test_what_no_foreign_key_holds_is_deleted_by_nobody(self):
        """See `Lookup`."""
        pointed_at = {
            field.comodel_name
            for model in _ours(self.env)
            for field in model._fields.values()
            if isinstance(field, Lookup)
        }
        self.assertIn("prm.channel", pointed_at)
        rights = self.env["ir.model.access"].search(
            [("model_id.model", "in", list(pointed_at)), ("perm_unlink", "=", True)]
        )
        self.assertFalse(rights.mapped("name"))


@tagged("post_install", "-at_install")
class TestRoutes(PrmCase, HttpCase):
    """Found by itself: a new route without a word on who may use it fails here."""

    def _routes(self):
        """``{path: endpoint}`` of all controllers of these add-ons."""
        modules = self.env.registry._init_modules
        return {
            path: endpoint
            for path, endpoint in _generate_routing_rules(sorted(modules), nodb_only=False)
            if ".prm_" in getattr(endpoint, "__module__", "") or "/prm" in path
        }

    def test_every_route_is_named(self):
        self.assertEqual(set(self._routes()), set(ROUTES))

    def test_a_report_without_the_key_of_a_message_says_and_does_nothing(self):
        for keys in (["0" * 32], ["x" * 32], ["%"], []):
            report = {"message_statuses": [{"sms_status": "delivered", "uuids": keys}]}
            response = self.url_open("/sms/status", json={"params": report})
            self.assertNotIn("Maria", response.text)
        self.assertFalse(self.env["prm.message.event"].search([]))

    def test_nobody_gets_in_without_a_key(self):
        for path, who in ROUTES.items():
            if who == "key":
                continue
            address = re.sub("<string:.*?>", "x" * 32, path)
            address = re.sub("<int:.*?>", "999999999", address)
            for login in (None, "t_outsider", "t_portal", "t_stranger"):
                self.authenticate(login, login)
                with self.subTest(path=path, login=login):
                    response = self.url_open(address, allow_redirects=False)
                    if who == "link":
                        self.assertEqual(response.status_code, 404)
                    elif who == "own" and login:
                        self.assertEqual(response.status_code, 200)
                    elif login:
                        self.assertIn(response.status_code, (403, 404))
                    else:
                        self.assertIn("/web/login", response.headers["Location"])
                    self.assertNotIn("Maria", response.text)
