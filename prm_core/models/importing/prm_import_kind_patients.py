from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from ... import bulk, patient_search
from ...importing.patients import LAYOUTS, TARGETS
from ...importing.report import PatientReport
from ...importing.rules import PatientRules, person_keys
from ..patient.prm_patient import BULK_CONTEXT
from .prm_import_kind import Plan

#: Targets that go into a field of the patient as they are.
PLAIN_FIELDS = (
    "last_name", "first_name", "preferred_name", "birth_date", "gender", "status", "mobile",
    "phone", "work_phone", "email", "street", "street2", "zip", "city", "first_visit_date",
)  # fmt: skip
#: … and those that are looked up first.
COMPARED_FIELDS = (*PLAIN_FIELDS, "state_id", "country_id", "lang", "preferred_channel_id")

#: Columns of a new patient besides those that every row sets.
PATIENT_COLUMNS = (
    "partner_id", "company_id", "last_name", "first_name", "preferred_name", "birth_date",
    "gender", "status", "mobile", "work_phone", "preferred_channel_id", "first_visit_date",
    "import_note",
)  # fmt: skip
#: Nobody follows a contact that came by a list, and there is no parent to take an address from.
CONTACT_CONTEXT = {**BULK_CONTEXT, "_partners_skip_fields_sync": True}


class PrmImportKindPatients(models.AbstractModel):
    """Lists of patients."""

    _name = "prm.import.kind.patients"
    _inherit = "prm.import.kind"
    _description = "Import of Patients"

    def _targets(self):
        return TARGETS

    def _layouts(self):
        return LAYOUTS

    def _required_targets(self, layout):
        required = ["last_name"]
        if layout.heading_of("identifier"):
            required.append("identifier")
        return required

    def _rules(self, run, layout):
        return PatientRules(run.as_of, own_identifiers=not layout.heading_of("identifier"))

    def _report(self, run, layout):
        return PatientReport(with_marketing="marketing" in layout.targets())

    def _res_model(self):
        return "prm.patient"

    def _row_name(self, record):
        names = (record.get("first_name"), record.get("last_name"))
        return " ".join(name for name in names if name)

    # -- planning

    def _plan(self, run, records, look_only=False):
        known = self._patients_by_identifier(run, [r.values["identifier"] for r in records])
        current = self._current_values(known.values())
        consents = self._imported_consents(known.values())
        strangers = [r for r in records if r.values["identifier"] not in known]
        twins = self._patients_like(run, strangers)
        look_up = _LookUp(self.env, run)
        plans = []
        for record in records:
            patient_id = known.get(record.values["identifier"])
            if look_only and not patient_id and record.number not in twins:
                plans.append(Plan(record, "new"))
                continue
            vals = look_up.vals(record)
            permissions = look_up.permissions(record)
            if patient_id:
                plan = self._plan_known(record, patient_id, vals, current[patient_id])
                fresh = {
                    key: state
                    for key, state in permissions.items()
                    if consents.get((patient_id, *key)) != state
                }
                plan.extra["permissions"] = fresh
                if fresh and plan.outcome == "unchanged":
                    plan.outcome = "updated"
                    plan.changes.append(self.env._("Permissions"))
            elif record.number in twins:
                twin_id, name = twins[record.number]
                plan = Plan(record, "duplicate", twin_id, of=name)
            else:
                plan = Plan(record, "new", vals=vals, extra={"permissions": permissions})
            plans.append(plan)
        return plans

    def _plan_new(self, run, record):
        """Return the plan that adds a row as a new patient, whatever it looks like."""
        look_up = _LookUp(self.env, run)
        extra = {"permissions": look_up.permissions(record)}
        return Plan(record, "new", vals=look_up.vals(record), extra=extra)

    def _field_values(self, run, record):
        """Return the patient's field values for a row."""
        return _LookUp(self.env, run).vals(record)

    def _patients_by_identifier(self, run, values):
        """Return {identifier: patient id} of one source, in one query."""
        rows = self.env.execute_query(
            SQL(
                """SELECT value, patient_id FROM prm_patient_identifier
                    WHERE company_id = %s AND system = %s AND value = ANY(%s)""",
                run.company_id.id,
                run._system(),
                list(values),
            )
        )
        return dict(rows)

    def _current_values(self, patient_ids):
        """Return {patient id: {field: value}}, with a bounded number of queries."""
        patients = self.env["prm.patient"].browse(patient_ids)
        names = [*COMPARED_FIELDS, "import_note"]
        return {values["id"]: values for values in patients.read(names, load=None)}

    def _plan_known(self, record, patient_id, vals, current):
        """Compare a row with the patient: only what the list says and differently is written.

        What the list leaves empty stays, and nobody comes back from the dead by a list.
        """
        note = vals.pop("import_note", None)
        changed = {
            name: value for name, value in vals.items() if value and (current[name] or "") != value
        }
        if current["status"] == "deceased":
            changed.pop("status", None)
        if changed.get("gender") == "unknown":
            changed.pop("gender")
        model_fields = self.env["prm.patient"]._fields
        changes = [
            f"{model_fields[name].string}: {current[name] or '–'} → {value}"
            for name, value in changed.items()
        ]
        lines = (current["import_note"] or "").splitlines()
        fresh = [line for line in (note or "").splitlines() if line not in lines]
        if fresh:
            changed["import_note"] = "\n".join(lines + fresh)
            changes += fresh
        outcome = "updated" if changed else "unchanged"
        return Plan(record, outcome, patient_id, vals=changed, changes=changes)

    def _patients_like(self, run, records):
        """Return {row: (patient id, name)} of rows that look like a patient who is here.

        The same test as inside the list: name, known birth date, and mobile or email.
        """
        keys = {}
        for record in records:
            contacts = [c for c in (record.get("mobile"), record.get("email")) if c]
            for key in self._person_keys(record.values, contacts):
                keys.setdefault(key, record.number)
        if not keys:
            return {}
        dates = {r.get("birth_date") for r in records if r.get("birth_date")}
        rows = self.env.execute_query(
            SQL(
                """SELECT p.id, p.last_name, p.first_name, p.birth_date, p.mobile_sanitized,
                          c.email, c.name
                     FROM prm_patient p JOIN res_partner c ON c.id = p.partner_id
                    WHERE p.company_id = %s AND p.birth_date = ANY(%s)
                      AND (p.mobile_sanitized = ANY(%s) OR lower(trim(c.email)) = ANY(%s))
                    ORDER BY p.id""",
                run.company_id.id,
                list(dates),
                [r.get("mobile") for r in records if r.get("mobile")],
                [r.get("email") for r in records if r.get("email")],
            )
        )
        found = {}
        for patient_id, last, first, born, mobile, email, name in rows:
            contacts = [mobile, (email or "").strip().lower()]
            person = {"last_name": last, "first_name": first, "birth_date": born}
            for key in self._person_keys(person, contacts):
                if key in keys:
                    found.setdefault(keys[key], (patient_id, name))
        return found

    @staticmethod
    def _person_keys(values, contacts):
        return person_keys(
            values.get("last_name"), values.get("first_name"), values.get("birth_date"), contacts
        )

    def _imported_consents(self, patient_ids):
        """Return {(patient, purpose, channel or False): state} as the last import wrote them.

        Only these are compared: what a patient said since then at the desk or online is not
        undone by reading the old list again.
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (patient_id, purpose_id, channel_id)
                          patient_id, purpose_id, channel_id, state
                     FROM prm_consent
                    WHERE patient_id = ANY(%s) AND source = 'import'
                    ORDER BY patient_id, purpose_id, channel_id, recorded_at DESC, id DESC""",
                list(patient_ids),
            )
        )
        return {
            (patient, purpose, channel or False): state for patient, purpose, channel, state in rows
        }

    # -- loading

    def _load(self, run, plans):
        new = [plan for plan in plans if plan.outcome == "new"]
        changed = [plan for plan in plans if plan.outcome == "updated"]
        self._create_patients(run, new)
        for plan in changed:
            if plan.vals:
                patient = self.env["prm.patient"].browse(plan.res_id)
                patient.with_context(tracking_disable=True).write(plan.vals)
        self._record_permissions(run, new + changed)
        self._record_events(run, new + changed)

    def _create_patients(self, run, plans):
        """Create contacts and patients with their numbers, a batch at a time.

        Contacts go through ``create()``, because any add-on may extend it. Patients and what
        belongs to them are inserted directly.
        """
        patients = self.env["prm.patient"]
        of_contact = {name for name, field in patients._fields.items() if field.inherited}
        households = self._households(run, plans)
        contacts, rows = [], []
        for plan in plans:
            vals = plan.vals
            name = patients._full_name(vals.get("first_name"), vals.get("last_name"))
            contacts.append({"name": name, **{k: v for k, v in vals.items() if k in of_contact}})
            rows.append(
                {
                    **dict.fromkeys(PATIENT_COLUMNS),
                    **{k: v for k, v in vals.items() if k not in of_contact},
                    "gender": vals.get("gender") or "unknown",
                    "status": vals.get("status") or "active",
                    "company_id": run.company_id.id,
                    "household_id": households.get(plan.record.get("household")),
                    **self._stored_texts(plan),
                }
            )
        contact_model = self.env["res.partner"].with_context(**CONTACT_CONTEXT)
        created = bulk.create_contacts(contact_model, contacts)
        for row, contact in zip(rows, created, strict=True):
            row["partner_id"] = contact.id
        created = bulk.insert(patients, rows)
        for plan, patient in zip(plans, created, strict=True):
            plan.res_id = patient.id
        bulk.insert(
            self.env["prm.patient.identifier"],
            [
                {
                    "patient_id": plan.res_id,
                    "company_id": run.company_id.id,
                    "system": run._system(),
                    "value": plan.record.values["identifier"],
                }
                for plan in plans
                if plan.record.values["identifier"]
            ],
        )
        # The new numbers are in the stored text already.
        self.env.remove_to_compute(patients._fields["search_key"], created)

    @staticmethod
    def _stored_texts(plan):
        """Return the stored texts that a patient computes: those by which one is found, and the
        number, which an import brings in its normal form.
        """
        vals = plan.vals
        first, last = vals.get("first_name"), vals.get("last_name")
        identifier = plan.record.values["identifier"]
        return {
            "mobile_sanitized": vals.get("mobile") or None,
            "sort_name": patient_search.sort_name(last, first),
            "search_key": patient_search.search_key(
                names=(f"{first or ''} {last or ''}", last, vals.get("preferred_name")),
                phones=(vals.get("mobile"), vals.get("phone"), vals.get("work_phone")),
                birth_date=vals.get("birth_date"),
                identifiers=(identifier,) if identifier else (),
                emails=(vals.get("email"),),
            ),
        }

    def _record_permissions(self, run, plans):
        now = fields.Datetime.now()
        bulk.insert(
            self.env["prm.consent"],
            [
                {
                    "patient_id": plan.res_id,
                    "company_id": run.company_id.id,
                    "purpose_id": purpose_id,
                    "channel_id": channel_id,
                    "state": state,
                    "source": "import",
                    "recorded_at": now,
                }
                for plan in plans
                for (purpose_id, channel_id), state in plan.extra["permissions"].items()
            ],
        )

    def _record_events(self, run, plans):
        """Tell the timeline who came, or was changed, by which row of which list.

        A patient of a list is no new patient of the practice: nothing that greets new ones may
        start, so "became a patient" is not said.
        """
        imported = self.env["prm.event.type"]._id_of("imported")
        now = fields.Datetime.now()
        bulk.insert(
            self.env["prm.event"],
            [
                {
                    "patient_id": plan.res_id,
                    "company_id": run.company_id.id,
                    "event_type_id": imported,
                    "occurred_at": now,
                    "payload": {"list": run.name, "row": plan.record.number},
                }
                for plan in plans
            ],
        )

    def _finish(self, run):
        self._join_households(run)

    def _join_households(self, run):
        """Put patients who were here before this list into the households that it tells of.

        Set-based over the rows of this run. Who has a household already stays in it: staff may
        have moved them. New patients got theirs when they were created.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT l.household, p.id, p.last_name
                     FROM prm_import_line l JOIN prm_patient p ON p.id = l.res_id
                    WHERE l.import_id = %s AND l.household IS NOT NULL
                      AND l.outcome IN ('updated', 'unchanged') AND p.household_id IS NULL""",
                run.id,
            )
        )
        households = self._ensure_households(run, {key: name for key, _patient, name in rows})
        members = [(households[key], patient) for key, patient, _n in rows if key in households]
        if not members:
            return
        self.env.cr.execute_values(
            """UPDATE prm_patient p SET household_id = v.household
                 FROM (VALUES %s) v (household, patient)
                WHERE p.id = v.patient AND p.household_id IS NULL""",
            members,
            page_size=bulk.PAGE_ROWS,
        )
        self.env["prm.patient"].invalidate_model(["household_id"])
        self.env["prm.household"].invalidate_model(["member_ids"])

    def _households(self, run, plans):
        """Return {head's number: household id} for a batch of new patients."""
        names = {}
        for plan in plans:
            head = plan.record.get("household")
            name = plan.vals.get("last_name") or plan.vals.get("first_name")
            if head and (head not in names or plan.record.get("identifier") == head):
                names[head] = name
        return self._ensure_households(run, names)

    def _ensure_households(self, run, names):
        """Have a household for each head of whom this list shows two people or more.

        :param names: {number of the head in the list: name for a new household}
        :return: {number of the head: household id}
        """
        if not names:
            return {}
        families = self.env.execute_query(
            SQL(
                """SELECT household FROM prm_import_line
                    WHERE import_id = %s AND household = ANY(%s)
                      AND outcome IN ('new', 'updated', 'unchanged')
                 GROUP BY household HAVING count(*) > 1""",
                run.id,
                list(names),
            )
        )
        keys = {f"{run._system()}:{head}": head for (head,) in families}
        household_model = self.env["prm.household"]
        known = household_model.search_fetch(
            [("company_id", "=", run.company_id.id), ("external_key", "in", list(keys))],
            ["external_key"],
        )
        found = {keys[household.external_key]: household.id for household in known}
        missing = [key for key, head in keys.items() if head not in found]
        created = bulk.insert(
            household_model,
            [
                {
                    "name": names[keys[key]] or keys[key],
                    "company_id": run.company_id.id,
                    "external_key": key,
                }
                for key in missing
            ],
        )
        found.update((keys[key], record.id) for key, record in zip(missing, created, strict=True))
        return found


class _LookUp:
    """Turns a record's values into field values: ids of channels, states, languages."""

    def __init__(self, env, run):
        self.country = run.country_id
        self.states = {
            state.code.upper(): state.id
            for state in env["res.country.state"].search([("country_id", "=", run.country_id.id)])
        }
        self.channels = env["prm.channel"]._ids_by_code()
        self.purposes = {p.code: p for p in env["prm.purpose"].search([])}
        self.languages = defaultdict(lambda: False)
        for code, _name in env["res.lang"].get_installed():
            self.languages.setdefault(code[:2], code)

    def vals(self, record):
        """Return field values for what a row says; what fits no field goes into the note."""
        vals = {name: record.values[name] for name in PLAIN_FIELDS if name in record.values}
        left = []
        address = any(record.get(name) for name in ("street", "city", "zip", "state"))
        if address:
            vals["country_id"] = self.country.id
        state = record.get("state")
        if state:
            state_id = self.states.get(state.upper())
            if state_id:
                vals["state_id"] = state_id
            else:
                left.append(f"State: {state}")
        language = record.get("language")
        if language:
            if self.languages[language]:
                vals["lang"] = self.languages[language]
            else:
                left.append(f"Language: {language}")
        channel = self.channels.get(record.get("contact_way"))
        if channel:
            vals["preferred_channel_id"] = channel
        note = "\n".join(filter(None, [record.note_text(), *left]))
        if note:
            vals["import_note"] = note
        return vals

    def permissions(self, record):
        """Return {(purpose id, channel id or False): state} for what a row says."""
        found = {}
        for answer, channel in (
            (record.get("sms_ok"), "sms"),
            (False if record.get("contact_way") == "no_phone" else None, "phone"),
        ):
            if answer is None:
                continue
            for purpose in self.purposes.values():
                # Agreeing to text messages is no agreement to advertising by them; refusing
                # them holds for everything.
                if not answer or purpose.code in ("care", "recall"):
                    key = (purpose.id, self.channels[channel])
                    found[key] = "granted" if answer else "refused"
        marketing = record.get("marketing")
        if marketing is not None:
            key = (self.purposes["marketing"].id, False)
            found[key] = "granted" if marketing else "refused"
        return found
