"""Whether it was a person who opened an address, as far as a server can tell.

Mail programs, scanners and messengers fetch addresses by themselves, to look for malware or to draw
a preview. What they fetch was not read by anybody. Plain Python over what a request says.
"""

import re

#: Seconds after sending within which scanners look at a message; people are slower.
SCAN_SECONDS = 10

#: Programs that say by their name that they are none of a person's browsers.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|preview|scan|fetch|curl|wget|python-|java/|go-http|headless|facebookext"
    r"|whatsapp/|telegram|slack|skypeuri|proofpoint|barracuda|mimecast|safelinks|googleimageproxy",
    re.IGNORECASE,
)
#: Headers by which browsers say that they fetch ahead.
_PREFETCH = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_person(method, headers, seconds):
    """Whether a call looks like a person who opened a page in a browser.

    :param method: of HTTP; :param headers: with names in any case.
    :param seconds: since the message went; None when that is not known.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if method != "GET" or (seconds is not None and seconds < SCAN_SECONDS):
        return False
    reasons = " ".join(given.get(name, "") for name in _PREFETCH)
    if re.search("prefetch|preview|prerender", reasons):
        return False
    agent = given.get("user-agent", "")
    # Apple's mail privacy proxy calls itself by nothing but this.
    if agent.strip() in ("", "Mozilla/5.0") or _MACHINES.search(agent):
        return False
    # Browsers of today say what they fetch for: a page that a person goes to, or something else.
    mode, dest = given.get("sec-fetch-mode"), given.get("sec-fetch-dest")
    return mode in (None, "navigate") and dest in (None, "document")
