"""The list of unscheduled treatment in plain Python, written from its rules and not from the SQL.

Slow and simple: it looks at every procedure of every patient. What the list says is held against
it.
"""

from odoo import fields

WAITING = ("planned", "accepted", "in_progress")
NOT_COMING = ("cancelled", "no_show")
STAGES = {"in_progress": "interrupted", "accepted": "accepted", "planned": "proposed"}
CALLED = ("treatment_called", "lapsed_called", "recall_called")


def rows(patients):
    """What the list must say of these patients at this moment.

    :param patients: `prm.patient` records, as superuser.
    :return: ``{patient id: {field: value}}`` of those who are on it.
    """
    patients = patients.with_context(active_test=True)
    patients.env.flush_all()
    patients.env.invalidate_all()
    found = {patient.id: _row(patient) for patient in patients if _cared_for(patient)}
    return {patient_id: row for patient_id, row in found.items() if row}


def _cared_for(patient):
    return patient.active and patient.status == "active"


def _row(patient):
    """One patient's row, or None."""
    now, today = fields.Datetime.now(), fields.Date.context_today(patient)
    work = patient.procedure_ids.filtered(
        lambda one: one.state in WAITING and not _comes(one.appointment_id, now)
    )
    if not work:
        return None
    newest = max(day for one in work for day in (one.date, one.accepted_on) if day)
    since = min(one.accepted_on or one.date for one in work)
    put_off = patient.env["prm.unscheduled.snooze"].search(
        [("patient_id", "=", patient.id), ("about", "=", "work")]
    )
    if put_off and put_off.since < newest:
        put_off = put_off.browse()
    return {
        "company_id": patient.company_id.id,
        "stage": STAGES[max((one.state for one in work), key=list(reversed(STAGES)).index)],
        "urgency": max(work.mapped("urgency")),
        "value": round(sum(work.mapped("fee")), 2),
        "work_count": len(work),
        "since": since,
        "age_days": (today - since).days,
        "quiet_from": max([newest, *_visit_days(patient, now)]),
        "provider_id": max(work.provider_id.ids, default=False),
        "last_contact_at": max(_contacts(patient), default=False),
        "snoozed_until": put_off.until,
        "snooze_reason": put_off.reason or False,
    }


def _comes(visit, now):
    return visit and visit.active and visit.start > now and visit.prm_status not in NOT_COMING


def _visit_days(patient, now):
    visits = patient.env["calendar.event"].search([("prm_patient_id", "=", patient.id)])
    return [
        visit.start.date()
        for visit in visits
        if visit.start <= now and visit.prm_status not in NOT_COMING
    ]


def _contacts(patient):
    messages = patient.env["prm.message"].search(
        [("patient_id", "=", patient.id), ("direction", "=", "out"), ("sent_at", "!=", False)]
    )
    calls = patient.env["prm.event"].search(
        [("patient_id", "=", patient.id), ("event_type_id.code", "in", CALLED)]
    )
    return [*messages.mapped("sent_at"), *calls.mapped("occurred_at")]
