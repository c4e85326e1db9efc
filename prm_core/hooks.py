"""What has to be in place before the tables are made."""

#: Languages in which patients are written to. A patient's language can only be chosen among
#: languages that are active, so all of them are from the start.
PATIENT_LANGUAGES = ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN")


def pre_init_hook(env):
    """Activate the patients' languages, and the trigram index's extension."""
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for code in PATIENT_LANGUAGES:
        env["res.lang"]._activate_lang(code)
