"""The estimate of a treatment plan as a PDF: A4, no database.

Everything comes as words already, in the patient's language.
"""

import io
from dataclasses import dataclass

from odoo.addons.prm_core import letter_pdf
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table

WIDTH, HEIGHT = A4
SIDE, TOP, BOTTOM = 20 * mm, 46 * mm, 24 * mm
FULL = WIDTH - 2 * SIDE
#: What reportlab's frames leave free at each side, in points.
PADDING = 6
MONEY = 32 * mm
LOGO = (50 * mm, 20 * mm)
BRAND = colors.HexColor("#0b6b74")
LINE = colors.HexColor("#d5dde3")
SOFT = colors.HexColor("#566573")


@dataclass(frozen=True)
class Row:
    """One treatment. :param about: plain words; empty where they stand above already."""

    name: str
    place: str
    about: str
    amount: str


@dataclass(frozen=True)
class Group:
    """What is common to all, or one alternative.

    :param phases: pairs of a phase's name (it may be empty) and its rows.
    :param total: pair of words and amount, or None.
    """

    title: str
    about: str
    phases: tuple
    total: tuple | None


@dataclass(frozen=True)
class Estimate:
    """One estimate.

    :param practice: lines of the head: the name, then address, phone and the like.
    :param facts: pairs of label and value: the patient, the day, until when it is valid.
    :param notice: what an estimate is; :param page: words with ``%(page)s`` and ``%(pages)s``.
    :param logo: an image as bytes, or None.
    """

    practice: tuple
    title: str
    facts: tuple
    note: str
    groups: tuple
    notice: str
    page: str
    logo: bytes | None = None


def render(estimate, fonts):
    """:param fonts: folder of `letter_pdf.font`. :rtype: bytes"""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=SIDE - PADDING, rightMargin=SIDE - PADDING,
        topMargin=TOP, bottomMargin=BOTTOM,
        title=estimate.title, author=estimate.practice[0] if estimate.practice else "",
    )  # fmt: skip
    writer = _Writer(estimate, str(fonts))
    document.build(writer.story(), canvasmaker=writer.canvas)
    return buffer.getvalue()


class _Writer:
    """The estimate as reportlab's pieces."""

    def __init__(self, estimate, fonts):
        self.estimate = estimate
        self.fonts = fonts

    def _text(self, text, bold=False, size=10, **style):
        style = {"fontSize": size, "leading": size * 1.4, **style}
        return letter_pdf.paragraph(text, self.fonts, bold, **style)

    def _money(self, text, bold=False, size=10):
        return self._text(text, bold, size, alignment=TA_RIGHT)

    def story(self):
        estimate = self.estimate
        story = [self._text(estimate.title, bold=True, size=17, textColor=BRAND, spaceAfter=8)]
        facts = [
            [self._text(label, textColor=SOFT), self._text(value, bold=True)]
            for label, value in estimate.facts
        ]
        story.append(
            Table(facts, colWidths=(45 * mm, FULL - 45 * mm), style=_tight(), hAlign="LEFT")
        )
        story.append(Spacer(0, 5 * mm))
        if estimate.note:
            story.append(self._text(estimate.note, size=11, spaceAfter=10))
        for group in estimate.groups:
            story += self._group(group)
        story.append(Spacer(0, 4 * mm))
        story.append(self._text(estimate.notice, size=9.5, textColor=SOFT))
        return story

    def _group(self, group):
        """Heading, rows and sum; the heading never stands alone at the end of a page."""
        pieces = []
        if group.title:
            pieces.append(
                self._text(group.title, bold=True, size=12.5, textColor=BRAND, spaceBefore=10,
                           spaceAfter=3)
            )  # fmt: skip
        if group.about:
            pieces.append(self._text(group.about, textColor=SOFT, spaceAfter=4))
        for name, rows in group.phases:
            if name:
                pieces.append(self._text(name, bold=True, size=11, spaceBefore=6, spaceAfter=2))
            pieces += [self._row(row) for row in rows]
        first = next(
            (place for place, piece in enumerate(pieces, 1) if isinstance(piece, Table)), 0
        )
        pieces = [KeepTogether(pieces[:first]), *pieces[first:]]
        if group.total:
            pieces.append(self._total(*group.total))
        return pieces

    def _row(self, row):
        words = [self._text(row.name, bold=True)]
        if row.place:
            words.append(self._text(row.place, size=9.5, textColor=SOFT))
        if row.about:
            words.append(self._text(row.about, size=9.5, spaceBefore=2))
        return Table(
            [[words, self._money(row.amount)]],
            colWidths=(FULL - MONEY, MONEY),
            style=[*_tight(4), ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE)],
        )

    def _total(self, label, amount):
        return Table(
            [[self._text(label, bold=True, size=11), self._money(amount, bold=True, size=11)]],
            colWidths=(FULL - MONEY, MONEY),
            style=[*_tight(5), ("LINEABOVE", (0, 0), (-1, -1), 1, BRAND)],
        )

    def canvas(self, *args, **kwargs):
        return _Sheets(self, *args, **kwargs)

    def draw_frame(self, canvas, page, pages):
        """The practice at the top and the number at the bottom of a page."""
        name, *others = self.estimate.practice or ("",)
        canvas.setFillColor(colors.black)
        canvas.setFont(letter_pdf.font(name, self.fonts, True), 13)
        canvas.drawRightString(WIDTH - SIDE, HEIGHT - 16 * mm, name)
        canvas.setFillColor(SOFT)
        for index, line in enumerate(others[:5]):
            canvas.setFont(letter_pdf.font(line, self.fonts), 9)
            canvas.drawRightString(WIDTH - SIDE, HEIGHT - (21 + 4.2 * index) * mm, line)
        if self.estimate.logo:
            canvas.drawImage(
                ImageReader(io.BytesIO(self.estimate.logo)), SIDE, HEIGHT - 11 * mm - LOGO[1],
                *LOGO, preserveAspectRatio=True, anchor="nw", mask="auto",
            )  # fmt: skip
        number = self.estimate.page % {"page": page, "pages": pages}
        canvas.setFont(letter_pdf.font(number, self.fonts), 9)
        canvas.drawCentredString(WIDTH / 2, 13 * mm, number)


class _Sheets(Canvas):
    """Keeps its pages until it is known how many there are."""

    def __init__(self, writer, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._writer, self._pages = writer, []

    def showPage(self):
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self):
        for number, state in enumerate(self._pages, 1):
            self.__dict__.update(state)
            self._writer.draw_frame(self, number, len(self._pages))
            Canvas.showPage(self)
        super().save()


def _tight(padding=1):
    """A table's look without the usual space around its cells."""
    return [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), padding),
        ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
