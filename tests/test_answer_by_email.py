"""An email that a person writes, as it arrives over real SMTP."""

from tests.support.databases import copied
from tests.support.mail import SmtpServer
from tests.support.practice import set_up
from tests.support.server import shell

#: As long as the ids that big providers give.
ASKED = "<AM0PR07MB0001" + "A0B1C2D3" * 8 + "@AM0PR07MB0001.eurprd07.prod.example.com>"

WRITE = """
env["ir.mail_server"].search([]).active = False
env["ir.mail_server"].create({{"name": "x", "smtp_host": "127.0.0.1", "smtp_port": {port}}})
maria = env["prm.patient"].create({{"first_name": "Maria", "email": "maria@example.com"}})
email = env.ref("prm_core.prm_channel_email")
common = {{"patient_id": maria.id, "company_id": maria.company_id.id, "channel_id": email.id}}
ours = env["prm.message"].create({{
    **common, "state": "sent", "purpose_id": env.ref("prm_core.prm_purpose_care").id,
    "provider_ref": "<{key}@test-dental.example.com>", "address": maria.email,
}})
env["prm.message"].create({{
    **common, "direction": "in", "state": "received", "subject": "Re: Your visit",
    "provider_ref": "{asked}", "reply_to_id": ours.id, "quotes": True, "address": maria.email,
}})
desk = env["res.users"].search([("login", "=", "receptionist")])
# One alone and several in a batch are written by different code.
for count in (1, 3):
    for _turn in range(count):
        maria.with_user(desk).composer_send({{
            "purpose": "care", "channel": "email", "subject": "Re: Your visit",
            "text": "Of course!",
        }})
    env["prm.message"]._cron_dispatch()
env.cr.commit()
"""


def test_it_threads_and_no_machine_wrote_it():
    key = "a" * 32
    with copied("answer") as database, SmtpServer() as mail:
        set_up(database)
        shell(database, WRITE.format(port=mail.port, key=key, asked=ASKED))
    messages = [message for _recipients, message in mail.messages]
    assert len({message["Message-Id"] for message in messages}) == 4
    for message in messages:
        assert message["In-Reply-To"] == ASKED
        assert message["References"].split() == [f"<{key}@test-dental.example.com>", ASKED]
        assert not [name for name, value in message.raw_items() if "=?" in value]
        assert message["Auto-Submitted"] is None
        assert message["Subject"] == "Re: Your visit"
        assert "Of course!" in message.get_body(("plain",)).get_content()
