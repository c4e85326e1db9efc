"""Patient lists: the targets, and the layouts of two known sources."""

from .layouts import Layout, Target

GENDERS = ("male", "female", "other", "unknown")
#: "deleted" is no status of ours: such rows are not imported.
STATUSES = ("prospect", "active", "inactive", "moved", "deceased", "deleted")
#: "no_phone" stands for "do not call".
CONTACT_WAYS = ("email", "sms", "whatsapp", "letter", "phone", "portal", "no_phone", "none")

TARGETS = (
    Target("identifier", "Patient number", words=(
        "id", "number", "no", "patient no", "patient id", "patnum", "chart number", "code",
        "codice", "codice paziente", "numero", "número", "patientennummer", "nr", "病历号",
    )),
    Target("last_name", "Last name", "name", words=(
        "surname", "family name", "lname", "lastname", "cognome", "apellido", "apellidos",
        "nachname", "姓",
    )),
    Target("first_name", "First name", "name", words=(
        "given name", "fname", "firstname", "name", "nome", "nombre", "vorname", "名",
    )),
    Target("preferred_name", "Preferred name", "name", words=("preferred", "nickname")),
    Target("birth_date", "Birth date", "birth_date", words=(
        "birthdate", "date of birth", "dob", "birthday", "data di nascita", "nato il",
        "fecha de nacimiento", "geburtsdatum", "出生日期",
    )),
    Target("gender", "Gender", "choice", GENDERS, words=(
        "sex", "sesso", "sexo", "geschlecht", "性别",
    )),
    Target("status", "Status", "choice", STATUSES, words=("patstatus", "stato", "estado")),
    Target("mobile", "Mobile phone", "phone", words=(
        "mobile", "cell", "cell phone", "wirelessphone", "cellulare", "móvil", "handy",
        "mobiltelefon", "手机",
    )),
    Target("phone", "Home phone", "phone", words=(
        "phone", "telephone", "hmphone", "home", "telefono", "teléfono", "telefon", "电话",
    )),
    Target("work_phone", "Work phone", "phone", words=("wkphone", "work", "telefono ufficio")),
    Target("email", "Email", "email", words=(
        "e-mail", "mail", "email address", "posta elettronica", "correo", "correo electrónico",
        "电子邮件",
    )),
    Target("street", "Street", words=(
        "address", "address 1", "indirizzo", "via", "dirección", "straße", "strasse", "地址",
    )),
    Target("street2", "Street, second line", words=("address2", "address 2")),
    Target("zip", "Postal code", words=("zip code", "postcode", "cap", "plz", "código postal")),
    Target("city", "City", words=("town", "città", "comune", "ciudad", "ort", "stadt", "城市")),
    Target("state", "State or province", words=("state", "province", "provincia", "prov")),
    Target("language", "Language", "language", words=("lingua", "idioma", "sprache", "语言")),
    Target("household", "Household (number of the patient who pays)", words=("guarantor",)),
    Target("contact_way", "Preferred channel", "choice", CONTACT_WAYS),
    Target("sms_ok", "Agrees to text messages", "yes_no", words=("txtmsgok",)),
    Target("marketing", "Agrees to marketing", "yes_no", words=(
        "marketing", "marketing consent", "consenso marketing",
    )),
    Target("first_visit_date", "First visit", "date", words=(
        "datefirstvisit", "prima visita", "first visit date",
    )),
    Target("note", "Keep in the import note", "note"),
)  # fmt: skip

OPENDENTAL = Layout(
    code="opendental",
    name="Open Dental",
    kind="patients",
    system="opendental",
    country="US",
    date_order="ymd",
    unknown_dates=frozenset({"0001-01-01"}),
    columns=(
        ("PatNum", "identifier"),
        ("LName", "last_name"),
        ("FName", "first_name"),
        ("MiddleI", "note"),
        ("Preferred", "preferred_name"),
        ("PatStatus", "status"),
        ("Gender", "gender"),
        ("Birthdate", "birth_date"),
        ("HmPhone", "phone"),
        ("WkPhone", "work_phone"),
        ("WirelessPhone", "mobile"),
        ("Email", "email"),
        ("Address", "street"),
        ("Address2", "street2"),
        ("City", "city"),
        ("State", "state"),
        ("Zip", "zip"),
        ("Guarantor", "household"),
        ("Language", "language"),
        ("TxtMsgOk", "sms_ok"),
        ("PreferContactMethod", "contact_way"),
        ("DateFirstVisit", "first_visit_date"),
    ),
    values={
        # An archived patient is one whom the practice no longer treats.
        "status": {
            "0": "active",
            "2": "inactive",
            "3": "inactive",
            "4": "deleted",
            "5": "deceased",
            "6": "prospect",
        },
        "gender": {"0": "male", "1": "female", "2": "unknown", "3": "other"},
        "sms_ok": {"0": "", "1": "yes", "2": "no"},
        # 0 none, 1 do not call, 2 home, 3 work, 4 mobile, 5 email, 7 mail, 8 text message.
        # 6, "see notes", says nothing that can be acted on: it goes into the import note.
        "contact_way": {
            "0": "none",
            "1": "no_phone",
            "2": "phone",
            "3": "phone",
            "4": "phone",
            "5": "email",
            "7": "letter",
            "8": "sms",
        },
    },
    # "Active patients only" decides who is recalled: a status that isn't given isn't active.
    blank={"status": "inactive"},
)

GESTIONALE = Layout(
    code="gestionale",
    name="Gestionale (Italian headings)",
    kind="patients",
    system="gestionale",
    country="IT",
    date_order="dmy",
    decimal_sign=",",
    columns=(
        ("Codice", "identifier"),
        ("Cognome", "last_name"),
        ("Nome", "first_name"),
        ("Sesso", "gender"),
        ("Data di nascita", "birth_date"),
        ("Telefono", "phone"),
        ("Cellulare", "mobile"),
        ("E-mail", "email"),
        ("Indirizzo", "street"),
        ("CAP", "zip"),
        ("Città", "city"),
        ("Provincia", "state"),
        ("Consenso marketing", "marketing"),
        ("Stato", "status"),
    ),
    values={
        "status": {
            "attivo": "active",
            "inattivo": "inactive",
            "trasferito": "moved",
            "deceduto": "deceased",
        },
        "gender": {"m": "male", "f": "female"},
    },
    blank={"status": "inactive"},
)

#: Words for own lists whose layout maps no values of its own.
USUAL_VALUES = {
    "gender": {
        "m": "male", "male": "male", "maschio": "male", "hombre": "male", "männlich": "male",
        "f": "female", "female": "female", "femmina": "female", "mujer": "female",
        "w": "female", "weiblich": "female", "男": "male", "女": "female", "d": "other",
        "x": "other", "other": "other", "u": "unknown", "unknown": "unknown",
    },
    "status": {
        "active": "active", "attivo": "active", "activo": "active", "aktiv": "active",
        "inactive": "inactive", "inattivo": "inactive", "inactivo": "inactive",
        "inaktiv": "inactive", "archived": "inactive", "moved": "moved",
        "trasferito": "moved", "verzogen": "moved", "deceased": "deceased",
        "deceduto": "deceased", "fallecido": "deceased", "verstorben": "deceased",
        "prospect": "prospect", "prospective": "prospect", "deleted": "deleted",
    },
    "contact_way": {
        "email": "email", "e-mail": "email", "sms": "sms", "text": "sms",
        "whatsapp": "whatsapp", "letter": "letter", "mail": "letter", "post": "letter",
        "phone": "phone", "telephone": "phone", "portal": "portal", "none": "none",
    },
}  # fmt: skip

LAYOUTS = (OPENDENTAL, GESTIONALE)
