from odoo import api, models


class PrmDerived(models.AbstractModel):
    """Rows that follow from what is known of patients, and are worked out set by set.

    When something has changed on which rows depend, patients are marked. Their rows are worked out
    once for all of them: at the end of the transaction, or before somebody reads such rows in the
    same transaction. How, a model says in `_recompute`.
    """

    _name = "prm.derived"
    _description = "Rows that Follow from Facts"

    @property
    def _stale_key(self):
        """Key under which a transaction remembers whose rows have to be worked out again."""
        return f"{self._name}.stale"

    @api.model
    @api.private
    def _mark_stale(self, patients=None):
        """Remember that rows have to be worked out again.

        :param patients: `prm.patient` records; default: those of everybody.
        """
        if patients is not None and not patients:
            return
        data, key = self.env.cr.precommit.data, self._stale_key
        if key not in data:
            # What is in the cache may be outdated from here on. Nothing can get into it again
            # before the recomputation, because reading flushes first.
            self.invalidate_model()
            data[key] = set()
            self.env.cr.precommit.add(self.sudo()._recompute_stale)
        if patients is None:
            data[key] = None
        elif data[key] is not None:
            data[key].update(patients.ids)

    @api.model
    def _recompute_stale(self):
        """Do what `_mark_stale` has put off."""
        data = self.env.cr.precommit.data
        if self._stale_key not in data:
            return
        ids = data.pop(self._stale_key)
        self._recompute(None if ids is None else self.env["prm.patient"].browse(sorted(ids)))

    @api.model
    @api.private
    def _recompute(self, patients=None):
        """Bring the rows in line with what they follow from.

        :param patients: `prm.patient` records whose rows are worked out; default: everybody's.
        :return: dict with the numbers of rows ``written`` and ``deleted``.
        """
        raise NotImplementedError

    def flush_model(self, fnames=None):
        """Reading rows flushes them first, and flushing works out what is stale."""
        self._recompute_stale()
        return super().flush_model(fnames)

    def exists(self):
        """Records that are there once those are gone for which nothing speaks any more."""
        self._recompute_stale()
        return super().exists()

    @api.model
    def _search(self, *args, **kwargs):
        # A query with no condition on a field of this table would not flush it.
        self._recompute_stale()
        return super()._search(*args, **kwargs)
