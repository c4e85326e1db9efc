"""Lists of procedures: plain Python, as in ``prm_core.importing``."""
