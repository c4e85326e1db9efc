"""What an import found, as the lists and figures that are handed back."""

from .rules import ACCEPTED, REJECTED


class PatientReport:
    """Collects the outcomes of a list of patients.

    :param with_marketing: the layout says who agreed to marketing
    """

    def __init__(self, with_marketing=False):
        self.read = self.accepted = 0
        self.rejected, self.duplicates, self.warnings = [], [], []
        self.mobile, self.email = {}, {}
        self.marketing = {"granted": 0, "refused": 0, "unknown": 0} if with_marketing else None

    def add(self, record, outcome):
        """Count one record."""
        self.read += 1
        if outcome.kind == REJECTED:
            self.rejected.append({"row": record.number, "reason": outcome.reason})
        elif outcome.kind == ACCEPTED:
            self._add_accepted(record)
        else:
            self.duplicates.append(
                {"row": record.number, "reason": outcome.reason, "of": outcome.of}
            )

    def _add_accepted(self, record):
        self.accepted += 1
        identifier = record.values["identifier"]
        warnings = record.warnings()
        if warnings:
            self.warnings.append({"row": record.number, "warnings": warnings})
        for lists, target in ((self.mobile, "mobile"), (self.email, "email")):
            value = record.get(target)
            if value:
                lists[identifier] = value
        if self.marketing is not None:
            answer = {True: "granted", False: "refused", None: "unknown"}
            self.marketing[answer[record.get("marketing")]] += 1

    def as_dict(self):
        """Return plain values in the order in which people read them."""
        result = {
            "read": self.read,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "warnings": self.warnings,
            "mobile": self.mobile,
            "email": self.email,
        }
        if self.marketing is not None:
            result["marketing"] = self.marketing
        return result


def check_sum(read, **parts):
    """Raise AssertionError unless every row that was read went to exactly one heap.

    Rows read = imported + updated + unchanged + duplicates + rejected, always.
    """
    total = sum(parts.values())
    if total != read:
        raise AssertionError(f"{read} rows read, but {total} accounted for: {parts}")
