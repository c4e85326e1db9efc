"""Parts of names for fictional patients; several scripts and accents, as in a real practice."""

FIRST_NAMES = (
    "Anna", "Luca", "Renée", "José", "Björn", "Zoë", "Marta", "Giulia", "Francesco", "Sofia",
    "Matteo", "Chiara", "Alessandro", "Aaliyah", "Noah", "Emma", "Liam", "Olivia", "Łukasz",
    "Małgorzata", "Jürgen", "Käthe", "Ingrid", "François", "Noémie", "Álvaro", "Begoña", "Inés",
    "Søren", "Åsa", "Mustafa", "Ayşe", "Nikos", "Eleni", "Ivana", "Đorđe", "Thảo", "Minh", "Wei",
    "Mei", "Haruto", "Yui", "Priya", "Arjun", "Fatima", "Omar", "Leila", "Yusuf", "Grace", "Ada",
    "Henry", "Jack", "Isla", "Freya", "Siobhán", "Seán", "Niamh", "Oisín", "Rhys", "Megan",
)  # fmt: skip

LAST_NAMES = (
    "Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Marino",
    "Greco", "D'Amico", "De Luca", "Fontana", "Müller", "Schmidt", "Groß", "Weiß", "Hoffmann",
    "García", "Fernández", "Muñoz", "Ibáñez", "Peña", "O'Neil", "O'Brien", "St.Claire", "Smith",
    "Johnson", "Williams", "Thibodeaux", "Dubois", "Lefèvre", "Bérubé", "Kowalski", "Wójcik",
    "Nowak", "Novák", "Dvořák", "Horváth", "Nagy", "Popescu", "Ionescu", "Papadopoulos", "Yılmaz",
    "Öztürk", "Nguyễn", "Trần", "Wang", "Zhang", "Tanaka", "Sato", "Patel", "Singh", "Hassan",
    "Haddad", "Cohen", "Levi", "Andersson", "Ødegård", "Sørensen", "Virtanen", "Jónsdóttir",
    "Murphy", "Walsh", "Evans", "Llewellyn", "MacDonald", "Campbell", "Okafor", "Mensah", "Silva",
    "Conceição", "Araújo", "van den Berg", "de Vries", "Bakker", "Peeters", "Janssens", "Brăiloiu",
)  # fmt: skip
