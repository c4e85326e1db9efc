from dataclasses import dataclass, field

from odoo import models

from ...importing.mapper import Record


@dataclass(slots=True)
class Plan:
    """What will be done with one accepted row.

    :param outcome: new, updated, unchanged or duplicate (of something in the database)
    :param res_id: the record that is updated, left alone or duplicated
    :param vals: what is written; :param changes: "Label: old → new" for people
    :param extra: whatever the kind of list needs besides
    """

    record: Record
    outcome: str
    res_id: int | bool = False
    vals: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    extra: dict = field(default_factory=dict)
    of: str = ""


class PrmImportKind(models.AbstractModel):
    """What a kind of list can hold and what becomes of its rows.

    A kind named ``x`` is the abstract model ``prm.import.kind.x``; its add-on adds ``x`` to the
    selection ``prm.import.kind``. The engine (``prm.import``) reads the file, keeps the figures
    and calls these methods with batches, never with single rows.
    """

    _name = "prm.import.kind"
    _description = "Kind of Imported List"

    def _targets(self):
        """Return the ``Target``s that columns of this kind can be mapped to."""
        raise NotImplementedError

    def _layouts(self):
        """Return the preset ``Layout``s of this kind."""
        raise NotImplementedError

    def _required_targets(self, layout):
        """Return names of targets without which a list by this layout makes no sense."""
        raise NotImplementedError

    def _rules(self, run, layout):
        """Return an object whose ``judge(record)`` gives the ``Outcome`` of each row in turn."""
        raise NotImplementedError

    def _look_up(self, run, rules, records):
        """Fetch what the rules need to know from the database for a batch, before judging."""

    def _report(self, run, layout):
        """Return a collector with ``add(record, outcome)`` and ``as_dict()``."""
        raise NotImplementedError

    def _row_name(self, record):
        """Return what a row is called in lists for people."""
        raise NotImplementedError

    def _res_model(self):
        """Return the model of the records that rows become."""
        raise NotImplementedError

    def _plan(self, run, records, look_only=False):
        """Return one ``Plan`` for each record of a batch; reads, never writes.

        :param look_only: only outcomes are asked; new rows need no values
        """
        raise NotImplementedError

    def _load(self, run, plans):
        """Write a batch of new and updated rows. Sets ``res_id`` of the new ones."""
        raise NotImplementedError

    def _finish(self, run):
        """Do what needs all rows, when the last batch is in. Must bear being run twice."""

    def _add_to_report(self, run, report):
        """Add to the report of a finished run what only the database knows."""
