def pre_init_hook(env):
    """The exclusion constraints compare ids and time ranges in one index."""
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
