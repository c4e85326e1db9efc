"""10,000 bodies of one text with different values, against Odoo's own inline_template.

Both render the same words for the same people in the same run. Odoo's side gets what serves it
best: all records in one call, their fields in the cache beforehand, post-processing left out. It
runs over fewer records, because its time per body does not depend on how many there are.
"""

import os

from . import harness

BODIES = int(os.environ.get("BENCH_BODIES", "10000"))
#: For Odoo's side, and as often in each of the rounds.
RECORDS = 500
ROUNDS = 5

OURS = """Dear {{ patient.first_name }},

it is about time for your next visit with us. We would be glad to see you again.

{% if practice.phone %}Would you rather talk to us? Call us on {{ practice.phone }}, or write to {{ practice.email }}.{% else %}Simply reply to this email.{% endif %}

See you soon,
{{ practice.name }}"""  # noqa: E501

THEIRS = """Dear {{ object.first_name }},

it is about time for your next visit with us. We would be glad to see you again.

{{ "Would you rather talk to us? Call us on %s, or write to %s." % (object.company_id.phone, object.company_id.email) if object.company_id.phone else "Simply reply to this email." }}

See you soon,
{{ object.company_id.name }}"""  # noqa: E501


def _values(patient):
    company = patient.company_id
    return {
        "patient.first_name": patient.first_name,
        "practice.name": company.name,
        "practice.phone": company.phone,
        "practice.email": company.email,
    }


def _time_ours(values):
    from odoo.addons.prm_core import templating

    with harness.stopwatch() as seconds:
        texts = [templating.render(OURS, each) for each in values]
    return seconds[0] / len(texts), texts


def _time_theirs(patients):
    with harness.stopwatch() as seconds:
        texts = patients.env["mail.render.mixin"]._render_template(
            THEIRS, "prm.patient", patients.ids, engine="inline_template"
        )
    return seconds[0] / len(texts), [texts[patient.id] for patient in patients]


def measure(env, report):
    """Time both sides by turns."""
    env.company.write({"phone": "+39 02 5500 0000", "email": "hello@aurora.example"})
    patients = env["prm.patient"].search([], limit=RECORDS)
    few = [_values(patient) for patient in patients]
    many = [{**few[n % RECORDS], "patient.first_name": f"Anna {n}"} for n in range(BODIES)]
    if _time_ours(few)[1] != _time_theirs(patients)[1]:
        raise AssertionError("the two sides don't render the same words")
    ours, theirs = [], []
    for _round in range(ROUNDS):
        ours.append(_time_ours(many)[0])
        theirs.append(_time_theirs(patients)[0])
    mine, other = harness.median(ours) * 1e6, harness.median(theirs) * 1e6
    report.add(
        f"a body of {BODIES} rendered",
        mine,
        "µs",
        f"inline_template {other:.4g} µs",
        ratio=mine / other,
        budget=0.2,
    )


def main():
    """Make patients and measure."""
    report = harness.Report()
    with harness.database("templates") as target, harness.environment(target) as env:
        harness.make_patients(env, RECORDS)
        measure(env, report)
    report.exit()


if __name__ == "__main__":
    main()
