"""What is found and planned in the invented patients' mouths: plain Python, the same for a seed."""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.addons.prm_dental import teeth

#: What work costs at the demo practice, by code of the catalogue.
FEES = {
    "EXAM": 75, "HYG": 110, "PERM": 145, "BWX": 60, "XRAY": 35, "SRP": 260, "FILL1": 165,
    "FILL2": 210, "FILL3": 255, "ENDO": 980, "CROWN": 1250, "EXT": 195, "SEAL": 55, "IMPL": 2100,
}  # fmt: skip

_MOLARS = ("16", "17", "26", "27", "36", "37", "46", "47")
_BITING = (*_MOLARS, "14", "15", "24", "25", "34", "35", "44", "45")
_FRONT = ("12", "11", "21", "22", "13", "23")
_WISDOM = ("18", "28", "38", "48")
_MILK = ("54", "55", "64", "65", "74", "75", "84", "85")
#: From these ages on.
_ADULT, _GONE_MILK = 20, 9

#: Status of planned work and how often in a hundred.
_PLANS = (("planned", 55), ("accepted", 30), ("declined", 15))
_REASONS = ("too_expensive", "afraid", "no_time", "wants_to_think", "second_opinion")


@dataclass
class Found:
    """A finding. ``person`` is the number of an invented patient."""

    person: int
    kind: str
    tooth: str
    surfaces: str
    day: date
    note: str = ""


@dataclass
class Work:
    """Work that others did, or that is planned."""

    person: int
    code: str
    tooth: str
    surfaces: str
    state: str
    day: date
    reason: str = ""


class _Mouth:
    """One mouth, in which no tooth is used twice."""

    def __init__(self, random, person, taken, today):
        self.random, self.person, self.today = random, person, today
        self.taken = set(taken)
        self.findings, self.work = [], []
        self.age = (today - person.birth_date).days // 365

    def make(self):
        if self.age >= _ADULT:
            self._past()
        if self.random.random() < 0.38:
            self._caries()
        if self.age >= _ADULT and self.random.random() < 0.12:
            self._crown()
        if self.age >= _ADULT and self.random.random() < 0.2:
            tooth = self._tooth(_BITING)
            if tooth:
                self._found("watch", tooth, "O", 400, "Look at it again at the next check-up")
        return self.findings, self.work

    def _tooth(self, among):
        free = [tooth for tooth in among if tooth not in self.taken]
        if not free:
            return None
        tooth = self.random.choice(free)
        self.taken.add(tooth)
        return tooth

    def _day(self, most, least=5):
        return self.today - timedelta(days=self.random.randint(least, most))

    def _found(self, kind, tooth, surfaces, most, note=""):
        found = Found(self.person.number, kind, tooth, surfaces, self._day(most), note)
        self.findings.append(found)
        return found

    def _past(self):
        """What was there before the practice's own time."""
        for tooth in _WISDOM:
            if tooth not in self.taken and self.random.random() < 0.45:
                self.taken.add(tooth)
                self.findings.append(
                    Found(self.person.number, "missing", tooth, "", self._day(1500, 900))
                )
        for _filling in range(self.random.randint(0, min(5, self.age // 12))):
            tooth = self._tooth(_BITING)
            if tooth:
                self._existing("FILL2", tooth, self.random.choice(("MO", "OD")))
        if self.age > 45 and self.random.random() < 0.5:
            tooth = self._tooth((*_MOLARS, *_FRONT))
            if tooth:
                self._existing("CROWN", tooth, "")

    def _existing(self, code, tooth, surfaces):
        day = self._day(2500, 800)
        self.work.append(Work(self.person.number, code, tooth, surfaces, "existing", day))

    def _caries(self):
        """Caries, and the filling that is planned for it."""
        among = _BITING if self.age > _GONE_MILK + 4 else _MILK if self.age >= 3 else ()
        tooth = self._tooth(among)
        if not tooth:
            return
        surfaces = self.random.choice(("O", "MO", "OD"))
        found = self._found("caries", tooth, surfaces, 300)
        self._plan("FILL1" if len(surfaces) == 1 else "FILL2", tooth, surfaces, found.day)

    def _crown(self):
        tooth = self._tooth(_MOLARS)
        if tooth:
            found = self._found("fracture", tooth, "", 300)
            self._plan("CROWN", tooth, "", found.day)

    def _plan(self, code, tooth, surfaces, day):
        states, weights = zip(*_PLANS, strict=True)
        state = self.random.choices(states, weights)[0]
        reason = self.random.choice(_REASONS) if state == "declined" else ""
        self.work.append(Work(self.person.number, code, tooth, surfaces, state, day, reason))


def make_mouths(random, people, visits, today):
    """What is found and planned, for everybody who comes.

    Teeth on which the practice has worked are left alone.

    :return: list of `Found`, list of `Work`.
    """
    treated = {}
    for visit in visits:
        for _code, tooth, _surfaces in visit.procedures:
            treated.setdefault(visit.person, set()).add(tooth)
    findings, work = [], []
    for person in people:
        if person.comes and person.status == "active":
            mouth = _Mouth(random, person, treated.get(person.number, ()), today)
            found, planned = mouth.make()
            findings += found
            work += planned
    return findings, work


def surfaces_on(tooth, written):
    """Letters as they are on this tooth: a front tooth has an edge where others bite."""
    if teeth.TEETH[tooth].anterior:
        written = written.replace("O", "I")
    return teeth.surfaces(teeth.TEETH[tooth], written)
