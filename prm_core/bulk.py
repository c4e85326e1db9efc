"""Many records at once, for imports and the outbox: what Odoo repeats for each record, done once.

Inserting is only for models of this project, whose ``create()`` does nothing that the caller
doesn't do itself. Records of other models go through ``create()``, because other add-ons may extend
it.
"""

import json
from collections import namedtuple
from functools import lru_cache

from odoo import fields
from odoo.tools import SQL
from odoo.tools.json import json_default

PAGE_ROWS = 1000


@lru_cache
def _row_type(names):
    return namedtuple("Row", names)


def read_rows(records, names):
    """Stored values of many records: ``{id: row}`` in their order, with ``row.<field>``.

    For loops over thousands: a value that is asked of a record takes a microsecond or three each
    time. Rights are checked as there.

    :param names: tuple of stored fields, neither computed nor lists.
    :return: named tuples with what the database holds: None for what is empty, and the id of a
        many2one.
    :raises MissingError: when a record is gone.
    """
    records.fetch(names)
    columns = []
    for name in names:
        field = records._fields[name]
        # Those that are not saved yet know by themselves; those that are gone say so.
        records.browse(field._cache_missing_ids(records)).mapped(name)
        column = field._get_cache(records.env)
        columns.append([column[number] for number in records._ids])
    return dict(
        zip(records._ids, map(_row_type(names)._make, zip(*columns, strict=True)), strict=True)
    )


def insert(model, vals_list, skip_existing=False):
    """Insert records of one model with one statement for each 1,000.

    Columns that nobody gives get the model's defaults; stored computed fields that nobody gives are
    computed as usual. Rights, Python constraints and tracking are the caller's business.

    :param vals_list: dicts of stored fields with a column; the first one names the columns
    :param skip_existing: leave out, in silence, what a unique index has already.
    :return: the new records
    """
    if not vals_list:
        return model.browse()
    given = list(vals_list[0])
    columns, shared = _complete(model, given)
    now, uid = fields.Datetime.now(), model.env.uid
    # Nobody has changed them yet; and who is named has to be looked up for each row.
    log = {"create_uid": uid, "create_date": now, "write_uid": None, "write_date": now}
    shared.update((name, value) for name, value in log.items() if name in model._fields)
    rows = []
    for start in range(0, len(vals_list), PAGE_ROWS):
        page = vals_list[start : start + PAGE_ROWS]
        rows += model.env.execute_query(_to_statement(model, columns, shared, page, skip_existing))
    records = model.browse([row[0] for row in rows])
    for field in model._fields.values():
        if field.compute and field.store and field.name not in given:
            model.env.add_to_compute(field, records)
    records.modified([*columns, *shared], create=True)
    for name in columns:
        # What is given stands, even when it could be computed from what is given beside it.
        if model._fields[name].compute:
            model.env.remove_to_compute(model._fields[name], records)
    _forget_lists(model, columns, vals_list)
    return records


def table(columns):
    """Values as a table, for the FROM of a statement, column by column: that is quicker to write
    and to read than row by row. What all rows have in common is said once.

    :param columns: ``{name: (type in SQL, one value for each row)}``; the first one differs.
    """
    given, terms = [], []
    for name, (sql_type, values) in columns.items():
        # Without a column that is unfolded there would be one row: the first one always is.
        if given and all(value is values[0] for value in values):
            term = SQL("%s::%s", values[0], SQL(sql_type))
        else:
            given.append((name, SQL("%s::%s[]", values, SQL(sql_type))))
            term = SQL.identifier("given", name)
        terms.append(SQL("%s AS %s", term, SQL.identifier(name)))
    comma = SQL(", ")
    return SQL(
        "(SELECT %s FROM unnest(%s) AS given(%s))",
        comma.join(terms),
        comma.join(array for _name, array in given),
        comma.join(SQL.identifier(name) for name, _array in given),
    )


def _to_statement(model, columns, shared, vals_list, skip_existing):
    """One INSERT for some records.

    :param columns: names that come from the records.
    :param shared: ``{column: value}``, ready for the database, of what every record gets.
    """
    given = {}
    for name in columns:
        values = [vals.get(name) for vals in vals_list]
        convert, first = _converter(model, name), values[0]
        if all(value is first for value in values):
            values = [convert(first)] * len(values)
        else:
            values = [convert(value) for value in values]
        given[name] = (_sql_type(model, name), values)
    for name, value in shared.items():
        given[name] = (_sql_type(model, name), [value] * len(vals_list))
    names = SQL(", ").join(SQL.identifier(name) for name in given)
    return SQL(
        "INSERT INTO %s (%s) SELECT %s FROM %s AS row %s RETURNING id",
        SQL.identifier(model._table), names, names, table(given),
        SQL("ON CONFLICT DO NOTHING") if skip_existing else SQL(),
    )  # fmt: skip


def _converter(model, name):
    """What makes of a value one that is ready for the database."""
    field = model._fields[name]
    if field.type == "json":
        # Odoo writes JSON, reads that, and writes it again.
        return lambda value: json.dumps(value, default=json_default) if value else None
    return lambda value: field.convert_to_column_insert(value, model)


def _sql_type(model, name):
    return model._fields[name].column_type[1]


def _forget_lists(model, columns, vals_list):
    """Let records that had read their lines (one2many) read them anew."""
    for name in columns:
        for inverse in model.pool.field_inverses[model._fields[name]]:
            if inverse.type == "one2many":
                owners = {vals.get(name) for vals in vals_list} - {None, False}
                lists = model.env[inverse.model_name].browse(owners)
                lists.invalidate_recordset([inverse.name], flush=False)


def _complete(model, given):
    """Return (columns that come from each record's values, {column: value that all share})."""
    missing = [
        name
        for name, field in model._fields.items()
        if field.store and field.column_type and field.default and name not in given
    ]
    defaults = model.default_get(missing)
    shared = {
        name: model._fields[name].convert_to_column_insert(value, model)
        for name, value in defaults.items()
    }
    return given, shared


def create_contacts(model, vals_list):
    """Create contacts by ``create()``, with what is the same for all of them worked out once.

    Fields that Odoo would compute before each insert (``precompute``) are given as nothing, and the
    smaller sizes of a picture are not computed: that is what they come to for a contact with
    neither relations nor a picture, and working it out takes half of the time.

    :param model: ``res.partner`` with the context that the caller wants
    :return: the new contacts
    """
    defaults = model.default_get([name for name, field in model._fields.items() if field.default])
    blank = {name: False for name, field in model._fields.items() if field.precompute}
    contacts = model.create([{**blank, **defaults, **vals} for vals in vals_list])
    for field in model._fields.values():
        if field.type == "binary" and field.store and field.related:
            model.env.remove_to_compute(field, contacts)
    return contacts
