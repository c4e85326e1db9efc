"""10,000 SMS from the wish to the gateway, against Odoo's mass SMS.

Both sides write the same words to the same people, and keep them in the patient's history, and
both know who wants no more (Odoo by a link in the text, ours by stop words). Nobody waits for a
network: the call to Odoo's own service, one for some hundred SMS, is replaced by one that answers
at once. Ours goes two ways: through the same service, and over HTTP with one request for each SMS.
They take turns, so that what else the machine does meets all alike.

Odoo sends a mailing from one scheduled action, so in one process. Ours is measured with one
dispatcher, and with two beside each other, as they come with the add-on: Odoo's server has two
workers for scheduled actions.
"""

import itertools
from contextlib import contextmanager
from unittest.mock import patch

import requests

from . import dispatchers, harness, outbox, rivals

MESSAGES = 10_000
ROUNDS = 3


def _take_all(_api, messages, delivery_reports_url=False):
    """In the place of the call to Odoo's service: every SMS went."""
    return [
        {"uuid": number["uuid"], "state": "success", "credit": 1}
        for message in messages
        for number in message["numbers"]
    ]


class _Gateway(requests.adapters.BaseAdapter):
    """In the place of a gateway over HTTP: every SMS went, and got a number."""

    def __init__(self):
        super().__init__()
        self.numbers = itertools.count(1)

    def send(self, request, **_options):
        response = requests.Response()
        response.status_code = 200
        response._content = b'{"message": {"id": "%d"}}' % next(self.numbers)
        response.request, response.url = request, request.url
        return response

    def close(self):
        pass


@contextmanager
def answering():
    """Gateways that answer at once."""
    from odoo.addons.prm_core.channels import http_call
    from odoo.addons.sms.tools.sms_api import SmsApi

    gateway, original = _Gateway(), http_call.new_session

    def new_session():
        session = original()
        session.mount("http://", gateway)
        return session

    with (
        patch.object(http_call, "new_session", new_session),
        patch.object(SmsApi, "_send_sms_batch", _take_all),
    ):
        yield


class Bench:
    """The sides; each method takes one turn and returns its seconds for one SMS."""

    def __init__(self, env):
        self.env = env
        shared = {"company_id": env.ref("base.main_company").id, "active": False}
        self.over_http, self.by_odoo = env["prm.gateway"].create(
            [
                {
                    **shared,
                    "name": "Over HTTP",
                    "provider": "generic_http",
                    "url": "http://127.0.0.1:9/send",
                    "secret": "secret",
                    "http_headers": "Authorization: Bearer {secret}",
                    "body_template": '{"to": "{to}", "text": "{text}"}',
                    "ref_path": "message.id",
                    "idempotency_header": "X-Key",
                },
                {**shared, "name": "Odoo", "provider": "odoo_sms"},
            ]
        )
        self.practice = outbox.Practice(env, channel="sms", body=outbox.SMS)
        env.cr.execute(
            """
            UPDATE res_partner r SET phone = p.mobile, phone_sanitized = p.mobile
              FROM prm_patient p WHERE p.partner_id = r.id
            """
        )
        env.cr.commit()
        env.invalidate_all()

    def ours(self, patients, gateway, dispatch):
        """Queue and dispatch.

        :param dispatch: what sends all that is due.
        """
        (self.over_http | self.by_odoo).active = False
        gateway.active = True
        self.env.cr.commit()
        with harness.stopwatch() as seconds:
            self.practice.queue(patients)
            dispatch()
        return seconds[0] / len(patients)

    def theirs(self, patients):
        """Odoo's mass SMS: generated and sent at once."""
        from odoo.addons.sms.tools.sms_api import SmsApi

        text = outbox.SMS.replace("patient.first_name", "object.name")
        mailing = self.env["mailing.mailing"].create(
            {
                "name": "Bench",
                "subject": "Bench",
                "mailing_type": "sms",
                "mailing_model_id": self.env.ref("base.model_res_partner").id,
                "mailing_domain": "[]",
                "body_plaintext": text.replace("{{ practice.name }}", self.practice.company.name),
                "sms_force_send": True,
                "sms_allow_unsubscribe": True,
                "keep_archives": True,
            }
        )
        recipients = patients.partner_id.ids
        self.env.cr.commit()
        self.env.invalidate_all()
        with patch.object(SmsApi, "_send_sms_batch", _take_all), harness.stopwatch() as seconds:
            mailing._action_send_mail(recipients)
            self.env.cr.commit()
        states = mailing.mailing_trace_ids.mapped("trace_status")
        if states != ["pending"] * len(recipients):
            raise AssertionError(f"mass SMS did not send all: {set(states)}")
        return seconds[0] / len(recipients)


def measure(env, report):
    """Take turns, and report."""
    bench = Bench(env)
    roads = {"over HTTP": bench.over_http, "by Odoo's service": bench.by_odoo}
    network = "benchmarks.bench_outbox_sms:answering"
    times = {}
    with (
        dispatchers.started(1, env.cr.dbname, network) as one,
        dispatchers.started(2, env.cr.dbname, network) as two,
    ):
        hands = {"one dispatcher": one.dispatch, "two dispatchers": two.dispatch}
        patients, sent = bench.practice.patients, 0
        for _round in range(ROUNDS):
            for road, gateway in roads.items():
                for how, dispatch in hands.items():
                    seconds = bench.ours(patients, gateway, dispatch)
                    times.setdefault(f"{road}, {how}", []).append(seconds)
                    sent += MESSAGES
                    bench.practice.check_sent(sent)
            times.setdefault("mass SMS", []).append(bench.theirs(patients))
            harness.say(", ".join(f"{name} {1 / all_[-1]:.0f}/s" for name, all_ in times.items()))
    theirs = harness.median(times.pop("mass SMS"))
    for way, values in times.items():
        ours = harness.median(values)
        report.add(
            f"{MESSAGES} SMS {way}, from the wish to the gateway, time for each",
            ours * 1e3, "ms",
            f"Odoo's mass SMS {theirs * 1e3:.2f} ms ({1 / ours:.0f}/s against {1 / theirs:.0f}/s)",
            ratio=ours / theirs, budget=0.2 if way.endswith("two dispatchers") else None,
        )  # fmt: skip


def main():
    """Make patients and measure."""
    report = harness.Report()
    rivals.ensure()
    with (
        rivals.database("outbox_sms", "mass_mailing_sms") as name,
        harness.environment(name) as env,
    ):
        harness.make_patients(env, MESSAGES)
        measure(env, report)
    report.exit()


if __name__ == "__main__":
    main()
