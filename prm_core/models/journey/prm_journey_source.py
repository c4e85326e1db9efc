from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class PrmJourneySource(models.Model):
    """A date that comes by itself, such as a birthday, at which journeys may start.

    Nothing happens on such a day that could emit an event, so records are looked through for it.
    """

    _name = "prm.journey.source"
    _description = "Date that Starts Journeys"
    _order = "name"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    record_model = fields.Char(required=True, help="Technical name of the model.")
    date_field = fields.Char(required=True)
    patient_field = fields.Char(required=True, help="Its field with the patient; “id”: is one.")
    yearly = fields.Boolean(help="It comes again every year, whatever the year of the date.")

    _code_uniq = models.Constraint("unique(code)", "There is a source with this code.")

    def _records(self, first, last, domain):
        """The records whose date lies in a span, with the date that is meant.

        :param first, last: dates, both included.
        :param domain: of the records, besides.
        :return: list of (record, date)
        """
        self.ensure_one()
        model = self.env[self.record_model].sudo()
        if not self.yearly:
            if model._fields[self.date_field].type == "datetime":
                # All of the last day is meant, wherever on earth it ends last.
                last += timedelta(days=2)
            span = [(self.date_field, ">=", first), (self.date_field, "<=", last)]
            records = model.search_fetch([*domain, *span], [self.date_field])
            return [(record, self._to_date(record[self.date_field])) for record in records]
        days = {
            (day.month, day.day): day
            for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        }
        query = model._search([*domain, (self.date_field, "!=", False)])
        column = SQL.identifier(query.table, self.date_field)
        query.add_where(
            SQL("to_char(%s, 'MM-DD') = ANY(%s)", column, [f"{m:02}-{d:02}" for m, d in days])
        )
        records = model.browse(query)
        found = ((record, record[self.date_field]) for record in records)
        return [(record, days[born.month, born.day]) for record, born in found]

    @api.model
    def _to_date(self, value):
        return fields.Date.to_date(value)

    def _patient_of(self, record):
        self.ensure_one()
        return record if self.patient_field == "id" else record[self.patient_field]
