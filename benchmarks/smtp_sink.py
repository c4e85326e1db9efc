"""An SMTP server that takes everything and keeps nothing; it says its port and runs until killed.

A program of its own, so that it does not share a processor's time slice with what is measured:
python -m benchmarks.smtp_sink
"""

import threading

from aiosmtpd.controller import Controller

from tools.devenv import settings


class Sink:
    async def handle_DATA(self, _server, _session, _envelope):
        return "250 Message taken"


def main():
    controller = Controller(Sink(), hostname="127.0.0.1", port=settings.free_port(0))
    controller.start()
    print(controller.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
