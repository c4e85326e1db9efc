"""Import of 50,000 patients, against Odoo's ``load()`` of as many bare contacts in the same run.

What is measured is everything that the command does with a list in Open Dental's layout: reading,
checking, finding duplicates in the list and in the database, patients with their numbers,
households, permissions, timeline, and the report. What it is set against is Odoo's own import of
names, addresses, phones and emails of the same people, with none of that.
"""

import csv
import gc
import json
import os
import random
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from . import harness
from .people import FIRST_NAMES, LAST_NAMES

ROWS = int(os.environ.get("BENCH_ROWS", "50000"))
#: Rows after which memory is compared with memory at the end: by then caches are warm.
WARM_ROWS = ROWS // 5
#: What may be kept for 40,000 more rows (keys, the lists of the report), and one batch at work.
MEMORY_BUDGET_MB = 60

HEADING = (
    "PatNum,LName,FName,MiddleI,Preferred,PatStatus,Gender,Birthdate,HmPhone,WkPhone,WirelessPhone,"
    "Email,Address,Address2,City,State,Zip,Guarantor,Language,TxtMsgOk,PreferContactMethod,"
    "DateFirstVisit,EstBalance"
).split(",")


def make_rows(count):
    """Yield fictional rows: families, one in fifty with a fault, one in a hundred twice."""
    rng = random.Random(42)
    for number in range(1, count + 1):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        phone = f"({rng.choice((202, 303, 312, 415, 503, 617, 713))}) 555-01{number % 100:02d}"
        row = {
            "PatNum": str(number),
            "LName": last if number % 3 else f"{last}-{rng.choice(LAST_NAMES)}",
            "FName": first,
            "PatStatus": rng.choice("0000000235"),
            "Gender": rng.choice("012"),
            "Birthdate": str(date(1935, 1, 1) + timedelta(days=rng.randrange(32_000))),
            "HmPhone": phone if number % 3 == 0 else "",
            "WirelessPhone": phone if number % 4 else "",
            "Email": f"patient{number}@example.com" if number % 5 else "",
            "Address": f"{number % 900} Elm Street",
            "City": rng.choice(("Boulder", "Mesa", "Salem")),
            "State": rng.choice(("CO", "AZ", "OR")),
            "Zip": f"{rng.randint(10000, 99999)}",
            "Guarantor": str(number - number % 3),
            "Language": rng.choice(("", "", "en", "spa")),
            "TxtMsgOk": rng.choice("0000012"),
            "PreferContactMethod": rng.choice("00000458"),
            "DateFirstVisit": "0001-01-01",
            "EstBalance": "0.00",
        }
        fault = rng.random()
        if fault < 0.01:
            row["WirelessPhone"] = "call mom"
        elif fault < 0.015:
            row["Birthdate"] = "1990-02-30"
        elif fault < 0.02:
            row["LName"] = row["FName"] = ""
        yield row
        if number % 101 == 0:
            yield {**row, "PatNum": str(10_000_000 + number), "LName": row["LName"].upper()}


def write_list(path, count):
    """Write the list; return the rows as Odoo's ``load()`` takes them."""
    contacts = []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADING)
        writer.writeheader()
        for row in make_rows(count):
            writer.writerow(row)
            contacts.append(
                [
                    f"{row['FName']} {row['LName']}".strip() or "Nobody",
                    row["Email"],
                    row["WirelessPhone"],
                    row["Address"],
                    row["City"],
                    row["Zip"],
                ]
            )
    return contacts


def resident_mb():
    """Memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def import_list(env, path):
    """Import as the command does; return (run, seconds, MB when warm, most MB from then on)."""
    imports = type(env["prm.import"])
    forget, memory, looking = imports._forget, [], []

    def watched(self):
        forget(self)
        looked = time.perf_counter()
        # What only waits to be collected is not kept.
        gc.collect()
        memory.append(resident_mb())
        looking.append(time.perf_counter() - looked)

    imports._forget = watched
    try:
        started = time.perf_counter()
        run, report = env["prm.import"]._import_file(path, "patients", "opendental", "US")
        json.dumps(report.as_dict())
        env.flush_all()
        seconds = time.perf_counter() - started - sum(looking)
    finally:
        imports._forget = forget
    warm = len(memory) * WARM_ROWS // ROWS // 2
    return run, seconds, memory[warm], max(memory[warm:])


def main():
    report = harness.Report()
    with harness.database("import") as target, TemporaryDirectory() as folder:
        path = Path(folder) / "patients.csv"
        contacts = write_list(path, ROWS)
        with harness.environment(target) as env:
            run, seconds, warm, peak = import_list(env, path)
            harness.say(run.sum_text)
            rate = run.read_count / seconds
            env.cr.rollback()
            env.invalidate_all()
            fields = ["name", "email", "phone", "street", "city", "zip"]
            started = time.perf_counter()
            result = env["res.partner"].load(fields, contacts)
            env.flush_all()
            loaded = time.perf_counter() - started
            assert len(result["ids"]) == len(contacts), result["messages"][:3]
            load_rate = len(contacts) / loaded
    report.add(
        "import of patients",
        rate,
        "rows/s",
        compared_with=f"Odoo's load() of bare contacts, {load_rate:.0f} rows/s",
        ratio=load_rate / rate,
        budget=1.0,
    )
    report.add(
        "import of patients, memory",
        peak - warm,
        f"MB more at the end than after {WARM_ROWS} rows",
        budget=MEMORY_BUDGET_MB,
    )
    report.exit()


if __name__ == "__main__":
    main()
