"""Six hundred invented patients in their families: plain Python, the same for the same seed."""

from dataclasses import dataclass
from datetime import date, timedelta

from .names import FAMILY_NAMES, FEMALE, MALE, STREETS

PATIENTS = 600

#: Area codes whose numbers 555-0100 to 555-0199 are reserved for fiction.
_AREA_CODES = (303, 720, 970, 719, 505, 307, 402)

#: Language and how many families in a hundred speak it.
_LANGUAGES = (("en_US", 74), ("es_ES", 15), ("zh_CN", 5), ("it_IT", 3), ("de_DE", 3))

_STATUSES = (("active", 88), ("inactive", 5), ("moved", 3), ("prospect", 3), ("deceased", 1))


@dataclass
class Person:
    """An invented patient. ``household`` is the number of the family, from 0."""

    number: int
    household: int
    first_name: str
    last_name: str
    gender: str
    birth_date: date
    lang: str
    status: str
    email: str
    mobile: str
    street: str
    channel: str
    refuses_recall: bool

    @property
    def comes(self):
        """Whether visits are to be invented for this person."""
        return self.status != "prospect"


def _pick(random, weighted):
    values, weights = zip(*weighted, strict=True)
    return random.choices(values, weights)[0]


def _family_shape(random):
    """Ages of a family's members, grown-ups first."""
    adult = random.randint(24, 82)
    ages = [adult]
    if random.random() < 0.62:
        ages.append(max(19, adult + random.randint(-7, 7)))
    if 26 <= adult <= 58:
        ages += [
            random.randint(max(2, adult - 46), max(3, min(20, adult - 22)))
            for _child in range(_pick(random, ((0, 25), (1, 30), (2, 33), (3, 12))))
        ]
    return ages


def _phone(index):
    """A number reserved for fiction, in E.164; another one for each index below 700."""
    return f"+1{_AREA_CODES[index // 100]}55501{index % 100:02d}"


def make_people(random, today):
    """The patients of the demo practice.

    :param random: a seeded `random.Random`; :param today: the date that ages refer to.
    :return: list of `Person`.
    """
    people, household = [], 0
    while len(people) < PATIENTS:
        last_name = random.choice(FAMILY_NAMES)
        lang = _pick(random, _LANGUAGES)
        street = f"{random.randint(2, 990)} {random.choice(STREETS)} Street"
        for age in _family_shape(random):
            if len(people) < PATIENTS:
                person = _person(random, today, len(people), household, last_name, age)
                person.lang, person.street = lang, street
                people.append(person)
        household += 1
    return people


def _person(random, today, number, household, last_name, age):
    gender = random.choice(("female", "male"))
    first_name = random.choice(FEMALE if gender == "female" else MALE)
    child = age < 16
    address = f"{first_name}.{last_name}.{number}@example.com".lower()
    return Person(
        number=number,
        household=household,
        first_name=first_name,
        last_name=last_name,
        gender=gender,
        birth_date=today - timedelta(days=age * 365 + random.randint(1, 364)),
        lang="en_US",
        status="active" if child else _pick(random, _STATUSES),
        email="" if random.random() < (0.35 if child else 0.09) else address,
        mobile="" if child or random.random() < 0.06 else _phone(number),
        street="",
        channel=_pick(random, (("email", 55), ("sms", 35), ("phone", 10))),
        refuses_recall=random.random() < 0.03,
    )
