"""What every benchmark needs: a database of its own, an Odoo in this process, and figures.

A figure is a ratio to something measured in the same run on the same machine, so that it means the
same on a laptop and on a server.
"""

import gc
import json
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tools.devenv import databases, settings


@dataclass(frozen=True)
class Figure:
    """One result.

    :param value: what was measured, in ``unit``.
    :param compared_with: what it is set against, in words, with its own value.
    :param ratio: value by comparison, or None when the budget is absolute.
    :param budget: the most that ratio (or value, when there is no ratio) may be; None: no limit.
    """

    name: str
    value: float
    unit: str
    compared_with: str = ""
    ratio: float | None = None
    budget: float | None = None

    @property
    def held(self):
        """Whether the budget was kept."""
        if self.budget is None:
            return True
        return (self.value if self.ratio is None else self.ratio) <= self.budget

    def show(self):
        """Print one line for people and one JSON line for programs."""
        parts = [f"{'ok  ' if self.held else 'OVER'} {self.name}: {self.value:.4g} {self.unit}"]
        if self.compared_with:
            parts.append(f"against {self.compared_with}")
        if self.ratio is not None:
            parts.append(f"ratio {self.ratio:.2f}")
        if self.budget is not None:
            parts.append(f"budget {self.budget:g}")
        print(", ".join(parts))
        print(json.dumps({**asdict(self), "held": self.held}, ensure_ascii=False), flush=True)


class Report:
    """Collects the figures of one benchmark."""

    def __init__(self):
        self.figures = []

    def add(self, *args, **kwargs):
        """Record and print a `Figure`."""
        figure = Figure(*args, **kwargs)
        self.figures.append(figure)
        figure.show()

    def exit(self):
        """End the program: 1 when a budget was not held."""
        sys.exit(0 if all(figure.held for figure in self.figures) else 1)


def say(text):
    print(f"  {text}", flush=True)


@contextmanager
def stopwatch():
    """Gives a list that holds the seconds of the block after it has ended.

    The garbage collector waits meanwhile: what it finds belongs to whatever ran before.
    """
    seconds = []
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    try:
        yield seconds
    finally:
        seconds.append(time.perf_counter() - started)
        gc.enable()


def median(values):
    return statistics.median(values)


def percentile(values, percent):
    """The value that ``percent`` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * percent / 100))]


@contextmanager
def database(name):
    """A copy of the template for one benchmark, thrown away afterwards.

    :return: its name.
    """
    target = f"prm_bench_{name}"
    databases.copy(settings.TEMPLATE_DB, target)
    try:
        yield target
    finally:
        _forget(target)
        databases.drop(target)


@contextmanager
def environment(target):
    """An Odoo environment on a database, as superuser, in this process.

    What the block writes is not committed unless it does so itself.
    """
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", str(settings.ODOO_CONF), "--log-level=warn"], setup_logging=True)
    with Registry(target).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
        cr.rollback()


def _forget(target):
    """Close this process's connections, or the database could not be dropped."""
    if "odoo.sql_db" in sys.modules:
        from odoo.modules.registry import Registry
        from odoo.sql_db import close_db

        Registry.delete(target)
        close_db(target)


def make_patients(env, count, seed=0.42):
    """Fill the main company with fictional patients, by SQL, and commit.

    Names are put together from lists, so that fragments hit many or few patients as in a real
    practice. No value belongs to a real person: example domains and reserved phone ranges only.

    :param float seed: between -1 and 1; the same seed gives the same patients.
    """
    from .people import FIRST_NAMES, LAST_NAMES

    cr = env.cr
    cr.execute("SELECT setseed(%s)", [seed])
    cr.execute(
        """
        CREATE TEMP TABLE bench_person ON COMMIT DROP AS
        SELECT n,
               (%(first)s::text[])[1 + floor(random() * %(first_count)s)::int] AS first_name,
               (%(last)s::text[])[1 + floor(random() * %(last_count)s)::int]
               || CASE WHEN random() < 0.5
                       THEN '-' || (%(last)s::text[])[1 + floor(random() * %(last_count)s)::int]
                       ELSE '' END AS last_name,
               date '1935-01-01' + floor(random() * 31000)::int AS birth_date,
               '+39333' || lpad((n %% 10000000)::text, 7, '0') AS mobile,
               'patient' || n || '@example.com' AS email,
               nextval('res_partner_id_seq') AS partner_id,
               nextval('prm_patient_id_seq') AS patient_id
          FROM generate_series(1, %(count)s) n
        """,
        {
            "first": list(FIRST_NAMES),
            "first_count": len(FIRST_NAMES),
            "last": list(LAST_NAMES),
            "last_count": len(LAST_NAMES),
            "count": count,
        },
    )
    cr.execute(
        """
        INSERT INTO res_partner (id, name, complete_name, email, lang, active, type,
                                 autopost_bills, is_company, create_date, write_date)
        SELECT partner_id, first_name || ' ' || last_name, first_name || ' ' || last_name, email,
               'en_US', true, 'contact', 'ask', false, now(), now()
          FROM bench_person
        """
        if "autopost_bills" in env["res.partner"]._fields
        else """
        INSERT INTO res_partner (id, name, complete_name, email, lang, active, type, is_company,
                                 create_date, write_date)
        SELECT partner_id, first_name || ' ' || last_name, first_name || ' ' || last_name, email,
               'en_US', true, 'contact', false, now(), now()
          FROM bench_person
        """
    )
    _insert_patients(env)
    cr.commit()
    for table in ("res_partner", "prm_patient"):
        _vacuum(env, table)


def _insert_patients(env):
    """The rows of `prm_patient`, with the stored texts that the ORM would compute."""
    from odoo.addons.prm_core import patient_search

    cr = env.cr
    cr.execute(
        """
        SELECT patient_id, partner_id, first_name, last_name, birth_date, mobile, email
          FROM bench_person ORDER BY n
        """
    )
    rows = []
    for patient_id, partner_id, first, last, born, mobile, email in cr.fetchall():
        key = patient_search.search_key(
            names=(f"{first} {last}", last),
            phones=(mobile,),
            birth_date=born,
            identifiers=(str(patient_id),),
            emails=(email,),
        )
        sort_name = patient_search.sort_name(last, first)
        rows.append((patient_id, partner_id, first, last, born, mobile, sort_name, key))
    company = env.ref("base.main_company").id
    for start in range(0, len(rows), 5000):
        part = rows[start : start + 5000]
        cr.execute(
            """
            INSERT INTO prm_patient (id, partner_id, company_id, first_name, last_name, birth_date,
                                     mobile, sort_name, search_key, mobile_sanitized, status,
                                     gender, active, create_date, write_date)
            SELECT v.*, v.mobile, 'active', 'unknown', true, now(), now()
              FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::date[],
                          %s::text[], %s::text[], %s::text[])
                   AS v(id, partner_id, company_id, first_name, last_name, birth_date, mobile,
                        sort_name, search_key)
            """,
            [
                [row[0] for row in part],
                [row[1] for row in part],
                [company] * len(part),
                *([row[index] for row in part] for index in range(2, 8)),
            ],
        )


def vacuum(env, *tables):
    """Have the tables' statistics and visibility maps as they are on a settled server."""
    for table in tables:
        _vacuum(env, table)


def _vacuum(env, table):
    cr = env.cr
    cr.commit()
    connection = cr._cnx
    connection.autocommit = True
    try:
        cr.execute(f"VACUUM ANALYZE {table}")
    finally:
        connection.autocommit = False
