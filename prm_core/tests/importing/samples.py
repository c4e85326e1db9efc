"""Made-up lists of the two layouts, and what the rules say about them, worked out naively.

The oracle is written from the rules' text alone, row against all rows, with none of the
product's code: where both agree over many random lists, the product follows the rules.
"""

import csv
import datetime
import io
import random
import re
import unicodedata

import phonenumbers

AS_OF = datetime.date(2026, 11, 22)

LAST = ("O'Brien", "O’BRIEN", "obrien", "Müller", "MULLER", "De Luca", "DeLuca", "Sørensen",
        "Niccolò", "niccolo", "Lo Presti", "St.Claire", "", " ")  # fmt: skip
FIRST = ("José", "JOSE", "Mei-Ling", "Mei Ling", "Zoë", "Zoe", "Anna", " Anna ", "", "")
MOBILES = {
    "US": ("(202) 555-0101", "2025550101", "+1 202 555 0102", "202.555.0102", "1-202-555-0103",
           "12", "n/a", "call mom", "000 000 0000", "+999 12345", "555-HELP", "", "", ""),
    "IT": ("+39 347 0000001", "3470000001", "(+39) 347-0000001", "00393470000002",
           "347/0000002", "333.0000003", "12", "n/a", "", "", ""),
}  # fmt: skip
EMAILS = ("anna@example.org", " ANNA@EXAMPLE.ORG ", "jose@example.com", "Jose@example.com",
          "sørensen@example.net", "x@@example.org", "a b@example.com", "@example.com", "jane@",
          "none", "", "", "")  # fmt: skip
BIRTHS = ("1980-02-29", "1980-02-29", "1975-05-06", "2020-12-31", "0001-01-01", "",
          "1990-02-30", "1899-12-31", "1900-01-01", "2026-11-22", "2026-11-23", "next year",
          "1981-02-29")  # fmt: skip
IT_BIRTHS = ("29/02/1980", "29/02/1980", "06/05/1975", "31/12/2020", "", "30/02/1990",
             "31/12/1899", "01/01/1900", "22/11/2026", "23/11/2026", "1/13/1970",
             "n.d.")  # fmt: skip


def opendental(seed, size=60):
    """Return (bytes, rows) of a random list in Open Dental's layout."""
    rng = random.Random(seed)
    heading = ["PatNum", "LName", "FName", "PatStatus", "Birthdate", "HmPhone", "WirelessPhone",
               "Email", "Address", "Guarantor"]  # fmt: skip
    rows = []
    for _number in range(size):
        rows.append({
            "PatNum": rng.choice(["", " "]) if rng.random() < 0.05
            else str(rng.randint(1, size * 3)) + rng.choice(["", "", " "]),
            "LName": rng.choice(LAST),
            "FName": rng.choice(FIRST),
            "PatStatus": rng.choice("00000023456"),
            "Birthdate": rng.choice(BIRTHS),
            "HmPhone": rng.choice(("", "(312) 555-0111", "3125550111")),
            "WirelessPhone": rng.choice(MOBILES["US"]),
            "Email": rng.choice(EMAILS),
            "Address": rng.choice(("1 Elm Street", '2 Elm St, Apt "B"', "3 Elm\nUnit 4")),
            "Guarantor": "1",
        })  # fmt: skip
    return _write(heading, rows, ",", "utf-8-sig"), rows


def gestionale(seed, size=60):
    """Return (bytes, rows) of a random list in the Italian layout."""
    rng = random.Random(seed)
    heading = ["Codice", "Cognome", "Nome", "Sesso", "Data di nascita", "Telefono", "Cellulare",
               "E-mail", "Indirizzo", "CAP", "Città", "Provincia", "Consenso marketing",
               "Ultima igiene", "Stato", "Saldo"]  # fmt: skip
    rows = []
    for _number in range(size):
        rows.append({
            "Codice": "" if rng.random() < 0.05 else f"P{rng.randint(1, size * 3)}",
            "Cognome": rng.choice(LAST),
            "Nome": rng.choice(FIRST),
            "Sesso": rng.choice("MF"),
            "Data di nascita": rng.choice(IT_BIRTHS),
            "Telefono": rng.choice(("", "06/55000003")),
            "Cellulare": rng.choice(MOBILES["IT"]),
            "E-mail": rng.choice(EMAILS),
            "Indirizzo": "Via Garibaldi 1", "CAP": "00100", "Città": "Cantù", "Provincia": "RM",
            "Consenso marketing": rng.choice(("Sì", "No", "")),
            "Ultima igiene": rng.choice(("", "19/03/2026", "31/08/2025")),
            "Stato": rng.choice(("Attivo", "Attivo", "Inattivo", "Trasferito", "Deceduto")),
            "Saldo": "1.240,00",
        })  # fmt: skip
    return _write(heading, rows, ";", "cp1252"), rows


def _write(heading, rows, delimiter, encoding):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, heading, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


# -- the oracle

OPENDENTAL_COLUMNS = {
    "id": "PatNum", "last": "LName", "first": "FName", "status": "PatStatus",
    "birth": "Birthdate", "mobile": "WirelessPhone", "email": "Email",
}  # fmt: skip
GESTIONALE_COLUMNS = {
    "id": "Codice", "last": "Cognome", "first": "Nome", "birth": "Data di nascita",
    "mobile": "Cellulare", "email": "E-mail", "marketing": "Consenso marketing",
}  # fmt: skip


def expected(rows, columns, country, pattern, unknown=()):
    """Return the ``patients`` part of a report, as the rules' text has it."""
    found = {
        "read": len(rows), "accepted": 0, "rejected": [], "duplicates": [], "warnings": [],
        "mobile": {}, "email": {},
    }  # fmt: skip
    if "marketing" in columns:
        found["marketing"] = {"granted": 0, "refused": 0, "unknown": 0}
    seen, people = [], []
    for number, row in enumerate(rows, start=2):
        cell = {key: row.get(heading, "").strip() for key, heading in columns.items()}
        reason, born = _rejection(cell, pattern, unknown)
        if reason:
            found["rejected"].append({"row": number, "reason": reason})
            continue
        if cell["id"] in seen:
            found["duplicates"].append(
                {"row": number, "reason": "duplicate_identifier", "of": cell["id"]}
            )
            continue
        seen.append(cell["id"])
        mobile, email = _mobile(cell["mobile"], country), _email(cell["email"])
        person = (_plain(cell["last"]), _plain(cell["first"]), born, mobile, email, cell["id"])
        twin = next((other for other in people if _same(person, other)), None)
        if twin:
            found["duplicates"].append({"row": number, "reason": "duplicate_person", "of": twin[5]})
            continue
        people.append(person)
        _accept(found, number, cell, mobile, email)
    return found


def _accept(found, number, cell, mobile, email):
    found["accepted"] += 1
    warnings = []
    if mobile:
        found["mobile"][cell["id"]] = mobile
    elif cell["mobile"]:
        warnings.append("bad_phone")
    if email:
        found["email"][cell["id"]] = email
    elif cell["email"]:
        warnings.append("bad_email")
    if warnings:
        found["warnings"].append({"row": number, "warnings": warnings})
    if "marketing" in cell:
        answer = {"Sì": "granted", "No": "refused", "": "unknown"}[cell["marketing"]]
        found["marketing"][answer] += 1


def _rejection(cell, pattern, unknown):
    if not cell["last"] and not cell["first"]:
        return "missing_name", None
    if not cell["id"]:
        return "missing_identifier", None
    if cell.get("status") == "4":
        return "deleted_in_source", None
    if not cell["birth"] or cell["birth"] in unknown:
        return None, None
    try:
        born = datetime.datetime.strptime(cell["birth"], pattern).date()
    except ValueError:
        return "bad_birth_date", None
    if born > AS_OF or born.year < 1900:
        return "bad_birth_date", None
    return None, born


def _plain(name):
    letters = unicodedata.normalize("NFKD", name.lower().replace("ø", "o"))
    return "".join(re.findall(r"[^\W_]", letters))


def _same(one, other):
    return bool(
        one[:3] == other[:3]
        and one[2]
        and ((one[3] and one[3] == other[3]) or (one[4] and one[4] == other[4]))
    )


def _mobile(text, country):
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(text):
    text = text.lower()
    return text if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}", text) else None
