"""Odoo's own queues of SMS and mails, for dispatchers that are killed; see bench_outbox_crash."""

import http.client

from tests.support.outbox_nursery import tell_gateway


class SmsQueue:
    """``sms.sms``, with its call to Odoo's service replaced by the double of a gateway.

    :param port: of the double.
    """

    def __init__(self, port):
        from odoo.addons.sms.tools.sms_api import SmsApi

        def send(_api, messages, delivery_reports_url=False):
            keys = [number["uuid"] for message in messages for number in message["numbers"]]
            gateway = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            tell_gateway(gateway, *keys)
            gateway.close()
            return [{"uuid": key, "state": "success", "credit": 1} for key in keys]

        SmsApi._send_sms_batch = send

    def fill(self, env, count):
        """Have SMS wait."""
        env["sms.sms"].create(
            [{"number": f"+39333{number:07}", "body": f"Hello {number}"} for number in range(count)]
        )

    def dispatch(self, env):
        """What its scheduled action does."""
        env["sms.sms"]._process_queue()


class MailQueue:
    """``mail.mail``, with the mail server replaced by the double of a gateway.

    :param port: of the double.
    """

    def __init__(self, port):
        from odoo.addons.base.models.ir_mail_server import IrMail_Server

        class Session:
            def __init__(self):
                self.gateway = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

            def quit(self):
                self.gateway.close()

        def send(_servers, message, smtp_session=None, **_options):
            tell_gateway(smtp_session.gateway, message["Message-Id"])
            return message["Message-Id"]

        IrMail_Server._connect__ = lambda _servers, **_options: Session()
        IrMail_Server.send_email = send

    def fill(self, env, count):
        """Have mails wait."""
        env["mail.mail"].create(
            [
                {
                    "subject": "Hello",
                    "body_html": "<p>Hello</p>",
                    "email_from": "hello@aurora.example",
                    "email_to": f"patient{number}@example.com",
                    "auto_delete": False,
                }
                for number in range(count)
            ]
        )

    def dispatch(self, env):
        """What its scheduled action does."""
        env["mail.mail"].process_email_queue()
