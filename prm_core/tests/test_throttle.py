from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import BaseCase, HttpCase, tagged

from .. import throttle
from ..controllers import patient_link
from .common import PrmCase


class TestThrottle(BaseCase):
    def setUp(self):
        super().setUp()
        throttle.forget()
        self.addCleanup(throttle.forget)

    def wait(self, visitor="a", kind="page", per_minute=3, workers=1):
        return throttle.seconds_to_wait(kind, visitor, per_minute, workers)

    def test_so_many_in_a_minute_and_then_again(self):
        with freeze_time("2026-06-01 08:00:00") as clock:
            self.assertEqual([self.wait() for _visit in range(3)], [0, 0, 0])
            clock.tick(20)
            self.assertEqual(self.wait(), 40)
            # Who was refused does not wait longer for having tried.
            clock.tick(41)
            self.assertEqual(self.wait(), 0)

    def test_each_visitor_and_each_kind_by_itself(self):
        for _visit in range(3):
            self.wait()
        self.assertGreater(self.wait(), 0)
        self.assertEqual(self.wait(visitor="b"), 0)
        self.assertEqual(self.wait(kind="other"), 0)

    def test_workers_share_the_limit(self):
        self.assertEqual([bool(self.wait(per_minute=4, workers=2)) for _ in range(3)],
                         [False, False, True])  # fmt: skip
        self.assertEqual(self.wait(visitor="b", per_minute=1, workers=8), 0)

    def test_who_is_one_visitor(self):
        one = throttle.visitor_of("2001:db8:1:2:3:4:5:6")
        self.assertEqual(one, throttle.visitor_of("2001:db8:1:2:ffff::1"))
        self.assertNotEqual(one, throttle.visitor_of("2001:db8:1:3::1"))
        self.assertEqual(throttle.visitor_of("::ffff:192.0.2.7"), "192.0.2.7")
        self.assertNotEqual(throttle.visitor_of("192.0.2.7"), throttle.visitor_of("192.0.2.8"))
        self.assertEqual(throttle.visitor_of(None), throttle.visitor_of("nonsense"))


@tagged("post_install", "-at_install")
class TestThrottledPages(PrmCase, HttpCase):
    def setUp(self):
        super().setUp()
        throttle.forget()
        self.addCleanup(throttle.forget)

    def test_who_comes_too_often_is_asked_to_wait_and_others_come_through(self):
        answers = [self.url_open("/prm/l/" + "x" * 32) for _visit in range(3)]
        self.assertEqual({answer.status_code for answer in answers}, {404})
        for _visit in range(patient_link.PER_MINUTE - 3):
            throttle.seconds_to_wait("link", "127.0.0.1", patient_link.PER_MINUTE)
        for road in ("l", "u", "r"):
            refused = self.url_open(f"/prm/{road}/" + "x" * 32)
            self.assertEqual(refused.status_code, 429)
            self.assertTrue(1 <= int(refused.headers["Retry-After"]) <= 60)
            self.assertIn("try again", refused.text)
        with patch.object(throttle, "visitor_of", lambda address: "somebody else"):
            self.assertEqual(self.url_open("/prm/l/" + "x" * 32).status_code, 404)
