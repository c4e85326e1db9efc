from odoo import fields
from odoo.exceptions import AccessError, MissingError

from .. import bulk
from .common import PrmCase


class TestInsert(PrmCase):
    """Many records at once are the same as one by one."""

    def _vals(self, **vals):
        return {
            "patient_id": self.maria.id,
            "company_id": self.practice.id,
            "event_type_id": self.env["prm.event.type"]._id_of("patient_created"),
            "payload": False,
            "res_model": False,
            **vals,
        }

    def _insert(self, vals_list, **options):
        return bulk.insert(self.env["prm.event"].sudo(), vals_list, **options)

    def test_same_and_different_values(self):
        payloads = [{"a": [1, "é'\"\\"]}, False, {"b": None}]
        events = self._insert([self._vals(payload=payload) for payload in payloads])
        self.env.invalidate_all()
        self.assertEqual([event.payload or False for event in events], payloads)
        self.assertEqual(events.patient_id, self.maria)
        self.assertEqual(set(events.mapped("res_model")), {False})
        self.assertTrue(all(event.occurred_at for event in events), "defaults hold")

    def test_rows_that_are_all_alike(self):
        self.assertEqual(len(self._insert([self._vals()] * 3)), 3)

    def test_order_holds_over_pages(self):
        count = bulk.PAGE_ROWS * 2 + 1
        events = self._insert([self._vals(payload={"n": n}) for n in range(count)])
        self.env.invalidate_all()
        self.assertEqual([event.payload["n"] for event in events], list(range(count)))

    def test_texts_stay_texts(self):
        odd = ["{a,b}", "NULL", "", "x\ny", "'; DROP TABLE x; --", "%s", "退订"]
        blocks = bulk.insert(
            self.env["prm.address.block"].sudo(),
            [
                {
                    "company_id": self.practice.id,
                    "channel_id": self.env.ref("prm_core.prm_channel_sms").id,
                    "address": text,
                    "reason": "stop",
                }
                for text in odd
            ],
        )
        self.env.invalidate_all()
        self.assertEqual([block.address or "" for block in blocks], odd)

    def test_what_is_there_is_left_out(self):
        vals = {
            "company_id": self.practice.id,
            "channel_id": self.env.ref("prm_core.prm_channel_sms").id,
            "reason": "stop",
        }
        model = self.env["prm.address.block"].sudo()
        first = bulk.insert(model, [{**vals, "address": "+39333000001"}])
        again = [{**vals, "address": f"+3933300000{n}"} for n in (1, 2)]
        self.assertEqual(
            bulk.insert(model, again, skip_existing=True).mapped("address"), ["+39333000002"]
        )
        self.assertTrue(first.exists())
        self.assertLessEqual(first.create_date, fields.Datetime.now())


class TestReadRows(PrmCase):
    """Rows say what the records say."""

    def _read(self, patients, *names):
        return bulk.read_rows(patients, names)

    def test_values_as_the_records_have_them(self):
        patients = self.maria | self._patient(first_name="Ada")
        self.maria.mobile = "+393331234567"
        rows = self._read(patients, "company_id", "mobile", "birth_date", "contact_paused_until")
        self.assertEqual(list(rows), patients.ids)
        for patient in patients:
            row = rows[patient.id]
            self.assertEqual(row.company_id, patient.company_id.id)
            self.assertEqual(row.mobile or False, patient.mobile)
            self.assertEqual(row.birth_date or False, patient.birth_date)
            self.assertIsNone(row.contact_paused_until)

    def test_one_query_for_many(self):
        patients = self.maria | self._patient(first_name="Ada")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self._read(patients, "mobile", "status")
            self._read(patients, "mobile", "status")

    def test_nobody(self):
        self.assertEqual(self._read(self.maria.browse(), "mobile"), {})

    def test_one_that_is_not_saved_yet(self):
        patient = self.maria.new({"first_name": "Nora", "mobile": "1"})
        ((number, row),) = self._read(patient, "first_name", "mobile").items()
        self.assertEqual((number, *row), (patient.id, "Nora", "1"))

    def test_one_that_is_gone(self):
        with self.assertRaises(MissingError):
            self._read(self.maria.browse((self.maria.id, 2**31 - 1)), "mobile")

    def test_rights_hold(self):
        with self.assertRaises(AccessError):
            self._read(self.maria.with_user(self.env.ref("base.public_user")), "mobile")
