"""What the templates of this add-on may say."""

from odoo.addons.prm_core.templating import Variable, register_variables

register_variables(
    Variable("recall.name", "What the patient is asked to come for", "Hygiene visit", health=True),
    Variable("recall.last_date", "Day of the last visit; may be empty", "12 March 2026"),
    Variable(
        "barrier.help",
        "What may help this patient to come, from what makes it hard; may be empty",
        "Tell us how you feel: at your sign we stop at once.",
        health=True,
    ),
    Variable("aftercare.procedures", "What was done", "Extraction (tooth 36)", health=True),
    Variable(
        "aftercare.instructions",
        "What to do and to avoid after the treatment",
        "Bite on the gauze for 20 minutes.\nDo not rinse today.",
        health=True,
    ),
    Variable(
        "treatment.name",
        "What was planned and waits for a visit; may be empty",
        "Composite filling, two surfaces",
        health=True,
    ),
    Variable("recall.due_date", "Day from which the visit is due", "12 September 2026"),
)
register_variables(
    Variable(
        "link.plan",
        "Page on which the patient reads the treatment plan and answers",
        "https://aurora.example/prm/l/t7PnXw8ZrYd3NfHa7JmCe5GuKsTq2Vb9",
    ),
    Variable("plan.valid_until", "Last day of the estimate; may be empty", "12 June 2026"),
)
