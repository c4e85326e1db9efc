"""Headers of an e-mail that let the reader's mail program unsubscribe with one click (RFC 8058)."""

#: What a mail program posts to the address, word for word (RFC 8058, section 3.1).
ONE_CLICK = "List-Unsubscribe=One-Click"


def unsubscribe_headers(url):
    """The two headers for a message whose unsubscribe address is ``url``."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": ONE_CLICK}
