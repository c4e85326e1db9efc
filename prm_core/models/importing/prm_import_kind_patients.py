from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from ...importing.patients import LAYOUTS, TARGETS
from ...importing.report import PatientReport
from ...importing.rules import PatientRules, person_keys
from .prm_import_kind import Plan

#: Targets that go into a field of the patient as they are.
PLAIN_FIELDS = (
    "last_name", "first_name", "preferred_name", "birth_date", "gender", "status", "mobile",
    "phone", "work_phone", "email", "street", "street2", "zip", "city", "first_visit_date",
)  # fmt: skip
#: … and those that are looked up first.
COMPARED_FIELDS = (*PLAIN_FIELDS, "state_id", "country_id", "lang", "preferred_channel_id")


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

    def _plan(self, run, records):
        known = self._patients_by_identifier(run, [r.values["identifier"] for r in records])
        current = self._current_values(known.values())
        consents = self._imported_consents(known.values())
        strangers = [r for r in records if r.values["identifier"] not in known]
        twins = self._patients_like(run, strangers)
        look_up = _LookUp(self.env, run)
        plans = []
        for record in records:
            patient_id = known.get(record.values["identifier"])
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
                """SELECT p.id, p.last_name, p.first_name, p.birth_date, p.mobile, c.email, c.name
                     FROM prm_patient p JOIN res_partner c ON c.id = p.partner_id
                    WHERE p.company_id = %s AND p.birth_date = ANY(%s)
                      AND (p.mobile = ANY(%s) OR lower(trim(c.email)) = ANY(%s))
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
        self._record_permissions(new + changed)
        self.env["prm.event"].emit(
            "imported",
            [
                {
                    "patient": plan.res_id,
                    "company_id": run.company_id.id,
                    "payload": {"list": run.name, "row": plan.record.number},
                }
                for plan in new + changed
            ],
        )

    def _create_patients(self, run, plans):
        system = run._system()
        patients = self.env["prm.patient"].with_context(prm_bulk=True)
        created = patients.create(
            [
                {
                    **plan.vals,
                    "company_id": run.company_id.id,
                    "identifier_ids": [
                        (0, 0, {"system": system, "value": plan.record.values["identifier"]})
                    ]
                    if plan.record.values["identifier"]
                    else [],
                }
                for plan in plans
            ]
        )
        for plan, patient in zip(plans, created, strict=True):
            plan.res_id = patient.id

    def _record_permissions(self, plans):
        self.env["prm.consent"].create(
            [
                {
                    "patient_id": plan.res_id,
                    "purpose_id": purpose_id,
                    "channel_id": channel_id,
                    "state": state,
                    "source": "import",
                }
                for plan in plans
                for (purpose_id, channel_id), state in plan.extra["permissions"].items()
            ]
        )

    def _finish(self, run):
        self._join_households(run)

    def _join_households(self, run):
        """Put people with the same guarantor into one household.

        Set-based over the rows of this run. Who has a household already stays in it: staff may
        have moved them.
        """
        self.env.flush_all()
        prefix = f"{run._system()}:"
        self.env.cr.execute(
            SQL(
                """SELECT l.household, array_agg(DISTINCT l.res_id)
                     FROM prm_import_line l JOIN prm_patient p ON p.id = l.res_id
                    WHERE l.import_id = %s AND l.household IS NOT NULL
                      AND l.outcome IN ('new', 'updated', 'unchanged')
                 GROUP BY l.household
                   HAVING count(DISTINCT l.res_id) > 1
                      AND bool_or(p.household_id IS NULL)""",
                run.id,
            )
        )
        families = {f"{prefix}{head}": members for head, members in self.env.cr.fetchall()}
        if not families:
            return
        household_model = self.env["prm.household"]
        known = household_model.search(
            [("company_id", "=", run.company_id.id), ("external_key", "in", list(families))]
        )
        households = {household.external_key: household.id for household in known}
        names = self._family_names(run, families, prefix)
        missing = [key for key in families if key not in households]
        created = household_model.create(
            [
                {"name": names[key], "company_id": run.company_id.id, "external_key": key}
                for key in missing
            ]
        )
        households.update(zip(missing, created.ids, strict=True))
        self.env.cr.execute_values(
            """UPDATE prm_patient p SET household_id = v.household
                 FROM (VALUES %s) v (household, patient)
                WHERE p.id = v.patient AND p.household_id IS NULL""",
            [(households[key], member) for key, members in families.items() for member in members],
        )
        self.env["prm.patient"].invalidate_model(["household_id"])
        household_model.invalidate_model(["member_ids"])

    def _family_names(self, run, families, prefix):
        """Return {key: last name of the head of the family, else of its first member}."""
        heads = self._patients_by_identifier(run, [key[len(prefix) :] for key in families])
        ids = {
            key: heads.get(key[len(prefix) :]) or min(members) for key, members in families.items()
        }
        patients = self.env["prm.patient"].browse(set(ids.values()))
        name_of = {p["id"]: p["last_name"] or p["first_name"]
                   for p in patients.read(["last_name", "first_name"], load=None)}  # fmt: skip
        return {key: name_of[patient_id] for key, patient_id in ids.items()}


class _LookUp:
    """Turns a record's values into field values: ids of channels, states, languages."""

    def __init__(self, env, run):
        self.country = run.country_id
        self.states = {
            state.code.upper(): state.id
            for state in env["res.country.state"].search([("country_id", "=", run.country_id.id)])
        }
        self.channels = {c.code: c.id for c in env["prm.channel"].search([])}
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
