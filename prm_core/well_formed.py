"""What others send, as PostgreSQL can hold it."""


def well_formed(value):
    """Texts without zero bytes and halves of characters, however deep they lie in a value.

    JSON may hold both, and a database refuses the whole row for one of them.

    :param value: what `json.loads` gives.
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [well_formed(item) for item in value]
    return value
