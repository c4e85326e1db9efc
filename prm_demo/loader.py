"""Writes the invented practice into the database, in bulk."""

import logging
from collections import defaultdict
from datetime import timedelta
from random import Random

import pytz
from odoo.fields import Command

from .front_desk import FrontDeskLoader
from .journeys import JourneyLoader
from .mouth_loader import MouthLoader
from .people import make_people
from .visits import make_visits

_logger = logging.getLogger(__name__)

SEED = 19
ZONE = "America/Denver"

#: login -> name, groups. The password is the login: this is a practice to play with.
STAFF = {
    "receptionist": ("Robin Reyes", "prm_core.group_prm_receptionist"),
    "hygienist": ("Hanna Lindgren", "prm_core.group_prm_clinician"),
    "dentist_a": ("Dr. Ana Castillo", "prm_core.group_prm_clinician"),
    "dentist_b": ("Dr. Daniel Brooks", "prm_core.group_prm_clinician"),
    "manager": ("Morgan Hale", "prm_core.group_prm_manager"),
}

#: kind of visit -> name, minutes, providers, chair, colour
KINDS = {
    "hygiene": ("Hygiene visit", 45, ("hygienist",), 2, 4),
    "treatment": ("Treatment", 60, ("dentist_a", "dentist_b"), 1, 2),
    "exam": ("Check-up", 30, ("dentist_a", "dentist_b"), 1, 10),
}
NAMES_OF_KINDS = {
    "hygiene": {"it_IT": "Seduta di igiene", "es_ES": "Higiene dental",
                "de_DE": "Zahnreinigung", "zh_CN": "洁牙"},
    "treatment": {"it_IT": "Trattamento", "es_ES": "Tratamiento",
                  "de_DE": "Behandlung", "zh_CN": "治疗"},
    "exam": {"it_IT": "Visita di controllo", "es_ES": "Revisión",
             "de_DE": "Kontrolle", "zh_CN": "检查"},
}  # fmt: skip

WEEKDAYS = {
    "hygienist": (0, 1, 2, 3, 4),
    "dentist_a": (0, 2, 4),
    "dentist_b": (1, 3),
}


class DemoLoader:
    """One load of the demo practice.

    :param env: superuser's environment; :param today: date that everything is relative to.
    """

    def __init__(self, env, today):
        practice = env.ref("base.main_company")
        context = {
            "tracking_disable": True,
            "mail_create_nosubscribe": True,
            "no_reset_password": True,
            "allowed_company_ids": practice.ids,
        }
        self.env = env(context=dict(env.context, **context))
        self.practice = practice.with_env(self.env)
        self.today = today
        self.random = Random(SEED)
        self.people = make_people(self.random, today)
        self.visits = make_visits(self.random, self.people, today)

    def load(self):
        """Write everything; the order is that of dependence."""
        self._load_practice()
        self._load_staff()
        self._load_schedule()
        self._load_patients()
        self._load_permissions()
        self._load_visits()
        self._load_procedures()
        MouthLoader(self, SEED).load()
        self._set_history_dates()
        self._load_portal_patient()
        JourneyLoader(self.env, self.practice, self.random).load()
        FrontDeskLoader(self.env, self.practice, self.kinds, self.random).load()
        _logger.info("Demo practice: %s patients, %s visits", len(self.people), len(self.visits))

    def _load_practice(self):
        self.practice.write(
            {
                "name": "Aurora Dental",
                "email": "hello@aurora-dental.example.com",
                "phone": "+1 303-555-0199",
                "street": "12 Aspen Street",
                "zip": "80302",
                "city": "Boulder",
                "state_id": self.env.ref("base.state_us_6").id,
                "country_id": self.env.ref("base.us").id,
            }
        )
        self.practice.partner_id.write({"tz": ZONE, "lang": "en_US"})
        self.env.ref("base.user_admin").tz = ZONE

    def _load_staff(self):
        users = self.env["res.users"].create(
            [
                {
                    "login": login,
                    "password": login,
                    "name": name,
                    "email": f"{login}@aurora-dental.example.com",
                    "tz": ZONE,
                    "company_id": self.practice.id,
                    "company_ids": [Command.set(self.practice.ids)],
                    "group_ids": [Command.set(self.env.ref(group).ids)],
                }
                for login, (name, group) in STAFF.items()
            ]
        )
        if "odoobot_state" in users._fields:
            # OdooBot greets whoever is new in a chat that covers the whole screen of a phone.
            users.odoobot_state = "disabled"
        self.users = dict(zip(STAFF, users, strict=True))

    def _load_schedule(self):
        chairs = self.env["prm.operatory"].create(
            [{"name": f"Chair {number}", "company_id": self.practice.id} for number in (1, 2)]
        )
        self.chairs = {1: chairs[0], 2: chairs[1]}
        self.providers = {}
        for color, (login, weekdays) in enumerate(WEEKDAYS.items(), start=2):
            self.providers[login] = self.env["prm.provider"].create(
                {
                    "name": STAFF[login][0],
                    "user_id": self.users[login].id,
                    "role": "hygienist" if login == "hygienist" else "dentist",
                    "company_id": self.practice.id,
                    "color": color,
                    "tz": ZONE,
                    "resource_calendar_id": self._working_hours(login, weekdays).id,
                }
            )
        self.kinds = {key: self._kind(key) for key in KINDS}
        recall_type = self.env.ref("prm_dental.prm_recall_type_hygiene")
        recall_type.appointment_type_id = self.kinds["hygiene"]

    def _working_hours(self, login, weekdays):
        begin = 8.5 if login == "hygienist" else 8.0
        spans = (("Morning", begin, 12.0, "morning"), ("Afternoon", 13.0, 17.0, "afternoon"))
        return self.env["resource.calendar"].create(
            {
                "name": f"Hours of {STAFF[login][0]}",
                "company_id": self.practice.id,
                "tz": ZONE,
                "attendance_ids": [
                    Command.create(
                        {"name": name, "dayofweek": str(day), "hour_from": start,
                         "hour_to": stop, "day_period": period}
                    )
                    for day in weekdays
                    for name, start, stop, period in spans
                ],
            }
        )  # fmt: skip

    def _kind(self, key):
        name, minutes, logins, chair, color = KINDS[key]
        kind = self.env["prm.appointment.type"].create(
            {
                "name": name,
                "duration": minutes,
                "company_id": self.practice.id,
                "color": color,
                "provider_ids": [Command.set([self.providers[login].id for login in logins])],
                "operatory_ids": [Command.set(self.chairs[chair].ids)],
            }
        )
        for lang, translation in NAMES_OF_KINDS[key].items():
            kind.with_context(lang=lang).name = translation
        return kind

    def _load_patients(self):
        families = {}
        for person in self.people:
            families.setdefault(person.household, person.last_name)
        households = self.env["prm.household"].create(
            [
                {"name": f"{last_name} family", "company_id": self.practice.id}
                for last_name in families.values()
            ]
        )
        channels = {
            code: self.env.ref(f"prm_core.prm_channel_{code}").id
            for code in ("email", "sms", "phone")
        }
        first_visit = {}
        for visit in self.visits:
            first_visit.setdefault(visit.person, visit.start.date())
        self.patients = (
            self.env["prm.patient"]
            .with_context(prm_bulk=True)
            .create(
                [
                    {
                        "first_name": person.first_name,
                        "last_name": person.last_name,
                        "gender": person.gender,
                        "birth_date": person.birth_date,
                        "lang": person.lang,
                        "tz": ZONE,
                        "status": person.status,
                        "email": person.email or False,
                        "mobile": person.mobile or False,
                        "street": person.street,
                        "zip": "80302",
                        "city": "Boulder",
                        "state_id": self.env.ref("base.state_us_6").id,
                        "country_id": self.env.ref("base.us").id,
                        "household_id": households[person.household].id,
                        "preferred_channel_id": channels[person.channel],
                        "first_visit_date": first_visit.get(person.number, False),
                        "company_id": self.practice.id,
                    }
                    for person in self.people
                ]
            )
        )
        self.patients = self.patients.with_env(self.env)

    def _load_permissions(self):
        recall = self.env.ref("prm_core.prm_purpose_recall")
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        entries = []
        for person, patient in zip(self.people, self.patients, strict=True):
            if person.refuses_recall:
                entries.append((patient, recall, "refused"))
            chance = self.random.random()
            if chance < 0.6:
                entries.append((patient, marketing, "granted" if chance < 0.25 else "refused"))
        self.env["prm.consent"].create(
            [
                {"patient_id": patient.id, "purpose_id": purpose.id, "state": state,
                 "source": "paper"}
                for patient, purpose, state in entries
            ]
        )  # fmt: skip

    def _utc(self, local):
        zone = pytz.timezone(ZONE)
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)

    def _load_visits(self):
        vals_list = []
        for visit in self.visits:
            start = self._utc(visit.start)
            vals_list.append(
                {
                    "prm_patient_id": self.patients[visit.person].id,
                    "prm_type_id": self.kinds[visit.kind].id,
                    "prm_provider_id": self.providers[visit.provider].id,
                    "prm_operatory_id": self.chairs[visit.chair].id,
                    "prm_status": visit.status,
                    "prm_source": self.random.choice(("desk", "phone", "phone", "recall")),
                    "start": start,
                    "stop": start + timedelta(minutes=visit.minutes),
                }
            )
        self.events = self.env["calendar.event"].create(vals_list)

    def _load_procedures(self):
        codes = {kind.code: kind.id for kind in self.env["prm.procedure.type"].search([])}
        vals_list = []
        for visit in self.visits:
            for code, tooth, surfaces in visit.procedures:
                vals_list.append(
                    {
                        "patient_id": self.patients[visit.person].id,
                        "type_id": codes[code],
                        "date": visit.start.date(),
                        "state": "completed",
                        "tooth": tooth or False,
                        "surfaces": surfaces or False,
                        "provider_id": self.providers[visit.provider].id,
                    }
                )
        self.env["prm.procedure"].create(vals_list)
        self.env.flush_all()

    def _set_history_dates(self):
        """What is invented as having happened long ago says so in the timeline.

        The timeline takes no changes through the ORM, rightly; this is its only past that never
        was.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE prm_event e
               SET occurred_at = c.start - interval '20 days' + interval '3 hours'
              FROM calendar_event c, prm_event_type t
             WHERE e.res_model = 'calendar.event' AND e.res_id = c.id
               AND t.id = e.event_type_id AND t.code = 'appointment_booked'
               AND c.start < now() AT TIME ZONE 'UTC' + interval '12 days'
            """
        )
        self.env.cr.execute(
            """
            UPDATE prm_event e
               SET occurred_at = first.day
              FROM (SELECT patient_id, min(occurred_at) - interval '1 hour' AS day
                      FROM prm_event GROUP BY patient_id) first, prm_event_type t
             WHERE first.patient_id = e.patient_id
               AND t.id = e.event_type_id AND t.code = 'patient_created'
            """
        )
        self.env.invalidate_all()

    def _load_portal_patient(self):
        """A patient who can log in: a grown-up with an email, visits behind and none booked."""
        ahead = {visit.person for visit in self.visits if visit.start.date() >= self.today}
        visits = defaultdict(int)
        for visit in self.visits:
            visits[visit.person] += visit.status == "completed"
        person = max(
            (
                person
                for person in self.people
                if person.status == "active" and person.email and person.number not in ahead
                and not person.refuses_recall and person.lang == "en_US"
                and (self.today - person.birth_date).days > 20 * 365
            ),
            key=lambda person: visits[person.number],
        )  # fmt: skip
        patient = self.patients[person.number]
        self.env["res.users"].create(
            {
                "login": "patient",
                "password": "patient",
                "partner_id": patient.partner_id.id,
                "tz": ZONE,
                "company_id": self.practice.id,
                "company_ids": [Command.set(self.practice.ids)],
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
