"""What a patient's short reply means, in every language that PRM ships.

A reply is understood only when it is plain: one of the words below, alone or with courtesies, or a
known sentence as a whole. Anything else is None, and a person reads it: a wrongly cancelled visit
or a patient who is no longer written to costs more than a minute at the front desk.
"""

import re
import unicodedata

_WORDS = {
    "stop": """
        stop stopall unsubscribe optout revoke quit end cancel
        arret desabonner alto baja parar cancella cancellami
        cancellatemi basta annulla disiscrivimi stopp abmelden abbestellen austragen
        退订 退訂 停止 取消订阅 不要再发 别再发 别再发了 请勿再发 请停止 请退订 td
    """,
    "start": """
        start unstop subscribe inizio inizia iscrivimi riattiva alta iniciar reanudar starten
        anmelden 订阅 恢复订阅 重新订阅 开始
    """,
    "confirm": """
        c confirm confirmed yes y yep ok okay conferma confermo confermato confirmo confirmado
        confirmada si ja jawohl bestatigt bestatige 好 好的 确认 是 是的 可以 没问题
    """,
    "decline": "no n nope nein 不 不是 不行 不能来 来不了",
}

#: Whole sentences, as they are after `_plain`.
_SENTENCES = {
    "stop": (
        "opt out",
        "(stop|quit) (sending|texting|messaging|emailing|contacting)( me)?"
        "( these| this| any more| anymore| messages| texts| sms| emails)*",
        "(do not|dont|don t) (text|message|email|contact|write to) me( again| any more| anymore)?",
        "no more (messages|texts|sms|emails)",
        "(take|remove) me (off|from) (your|the|this) list",
        "unsubscribe me",
        "non voglio piu( ricevere)?( i| altri| questi| vostri)* (messaggi|sms)",
        "(basta|niente piu|stop)( con)?( i| gli| questi)* (messaggi|sms)",
        "non (scrivetemi|mandatemi|inviatemi) piu( messaggi| sms| nulla| niente)?",
        "no (quiero|deseo)( recibir)? mas( mensajes| sms)",
        "no me (escriban|envien|manden) mas( mensajes| sms)?",
        "(no mas|basta de) (mensajes|sms)",
        "(keine|kein) (weiteren )?(nachrichten|sms)( mehr)?",
        "ich (mochte|will) keine (nachrichten|sms) mehr( bekommen| erhalten)?",
        "(请)?(不要|别|停止)再?(给我)?(发送?|联系)(短信|消息|信息|我)*了?",
        "我?不想再?收到?(短信|消息|信息)了?",
    ),
    "confirm": (
        "(yes |ok )?i (will be there|ll be there|confirm|can come|am coming)",
        "(si )?(ci saro|ci sono|va bene|ok va bene)",
        "(si )?(ahi estare|alli estare|de acuerdo|vale)",
        "(ja )?ich (komme|bestatige)( den termin)?",
        "(confermo|conferma) (l )?appuntamento",
        "(confirmo|confirmada) (la|mi) cita",
        "(好的?|是的?)?我?(会来|一定来|能来)",
    ),
    "decline": (
        "(no )?i (cannot|cant|can t) (come|make it)",
        "(no )?non (posso|riesco a) venire|non confermo",
        "(no )?no puedo (ir|venir|asistir)",
        "(nein )?ich kann( leider)? nicht( kommen)?",
        "(不)?我(不能来|来不了|去不了)",
    ),
}  # fmt: skip

#: Words that end messages, as carriers and Twilio have it, and that may as well mean a visit.
_TWO_MEANINGS = set("cancel end cancella annulla alto baja".split())

#: Said around the word without changing what it means.
_COURTESY = set(
    "please thanks thank you hi hello per favore grazie buongiorno ciao por favor gracias hola "
    "bitte danke hallo 谢谢 请 您好 你好".split()
)

_EMOJI = {"👍": " yes ", "✅": " yes ", "✔": " yes ", "👌": " yes ", "👎": " no "}

_WORD_MEANING = {word: name for name, words in _WORDS.items() for word in words.split()}
_PATTERNS = {name: re.compile("|".join(rules)) for name, rules in _SENTENCES.items()}

_WORD = re.compile(r"[^\W\d_]+")
_UNSUBSCRIBE = re.compile("退订|退訂|取消订阅")

#: Longer than any plain answer: nothing that long is decided by a machine.
_LONGEST = 200


def meaning(text):
    """``stop``, ``start``, ``confirm`` or ``decline``; None when it is not plain.

    >>> meaning("STOP!"), meaning("Sì, grazie"), meaning("can you stop by at 5?")
    ('stop', 'confirm', None)
    """
    # A question asks for an answer, which only a person can give.
    if not text or len(text.strip()) > _LONGEST or "?" in unicodedata.normalize("NFKC", text):
        return None
    words = _plain(text).split()
    core = [word for word in words if word not in _COURTESY]
    if core:
        found = {_WORD_MEANING.get(word) for word in core}
        if len(found) == 1 and None not in found:
            return found.pop()
    sentences = {" ".join(words), " ".join(core)}
    found = {
        name
        for name, pattern in _PATTERNS.items()
        if any(pattern.fullmatch(sentence) for sentence in sentences)
    }
    return found.pop() if len(found) == 1 else None


def may_mean_visit(text):
    """Whether a text that ends the messages may be about a visit instead: somebody should look.

    >>> may_mean_visit("Annulla!"), may_mean_visit("STOP")
    (True, False)
    """
    return bool(_TWO_MEANINGS.intersection(_plain(text or "").split()))


def names_stop(text):
    """Whether a text tells its reader by which word to end the messages.

    The word stands in capitals, as in “Reply STOP”: in small letters many of these words mean other
    things. Chinese has no capitals; there only the words for ending a subscription count.

    >>> names_stop("Reply STOP to end."), names_stop("Stop by at 5!"), names_stop("回复退订")
    (True, False, True)
    """
    return bool(_UNSUBSCRIBE.search(text)) or any(
        word.isupper() and _WORD_MEANING.get(_plain(word)) == "stop" for word in _WORD.findall(text)
    )


def _plain(text):
    """Small letters and digits with single blanks: no accents, width, punctuation, skin tones."""
    for sign, word in _EMOJI.items():
        text = text.replace(sign, word)
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (
        char if char.isalnum() else " "
        for char in text
        if unicodedata.category(char) not in ("Mn", "Me", "Cf", "Sk")
    )  # fmt: skip
    return " ".join("".join(kept).split())
