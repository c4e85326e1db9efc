"""Letters as one PDF: A4, the address in the window of an envelope, a new sheet for each.

Places are those of DIN 5008 form B: the address stands 45 to 90 mm from the upper edge, and the
sheet is folded at 105 and 210 mm. An envelope DL or C5/6 with its window at the left (20 mm) shows
it, and with the window at the right, as in Italy and Spain, it is printed there (112 mm).
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, Paragraph, Spacer

WIDTH, HEIGHT = A4
LEFT, RIGHT, BOTTOM = 25 * mm, 20 * mm, 20 * mm
#: Where the text begins on the first sheet and on those that follow, from the upper edge.
FIRST_TOP, NEXT_TOP = 103 * mm, 25 * mm
#: Left edge of the address by the envelope's window; its width is that of the window less margins.
WINDOW_LEFT = {"left": 25 * mm, "right": 117 * mm}
WINDOW_WIDTH = 75 * mm
#: Baseline of the small line with the sender, and of the first line of the address.
SENDER_LINE, ADDRESS_LINE = 54 * mm, 62 * mm
ADDRESS_LEADING, ADDRESS_BOTTOM = 5 * mm, 88 * mm
FOLDS = (105 * mm, 210 * mm)
LOGO = (60 * mm, 20 * mm)

#: A font with the letters of Europe, and where systems keep one with Chinese signs. Of the last
#: ones the first that is there is put into the PDF; else the printer's own is asked for by name.
_CHINESE = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


@dataclass(frozen=True)
class Letter:
    """One letter.

    :param practice: lines of the letterhead: the name, then address, phone and the like.
    :param sender: the practice in one line, to be read through the window.
    :param address: lines of the recipient; :param day: the date in words.
    :param logo: an image as bytes, or None; :param window: ``left`` or ``right``.
    """

    practice: tuple
    sender: str
    address: tuple
    day: str
    subject: str
    body: str
    logo: bytes | None = None
    window: str = "left"


def render(letters, fonts):
    """All letters in one PDF.

    :param letters: list of `Letter`, one after the other in this order.
    :param fonts: folder with ``Roboto-Regular.ttf`` and ``Roboto-Bold.ttf``.
    :rtype: bytes
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1)
    for letter in letters:
        _Sheet(canvas, letter, str(fonts)).draw()
    canvas.save()
    return buffer.getvalue()


@cache
def _european(folder):
    """Names of the regular and the bold font."""
    for name in ("Roboto-Regular", "Roboto-Bold"):
        pdfmetrics.registerFont(TTFont(name, str(Path(folder) / f"{name}.ttf")))
    return "Roboto-Regular", "Roboto-Bold"


@cache
def _chinese():
    """Name of a font with Chinese signs."""
    for path in _CHINESE:
        if Path(path).is_file():
            try:
                pdfmetrics.registerFont(TTFont("Chinese", path))
            except TTFError:
                continue
            return "Chinese"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def _needs_chinese(text):
    """Whether there are signs of East Asia in a text."""
    return any("\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in text)


def font(text, folder, bold=False):
    """Name of a font that has the letters of a text.

    :param folder: where ``Roboto-Regular.ttf`` and ``Roboto-Bold.ttf`` lie.
    """
    return _chinese() if _needs_chinese(text) else _european(str(folder))[bold]


def paragraph(text, folder, bold=False, **style):
    """A paragraph of plain text; line breaks stay, and Chinese is broken where it may be.

    :param folder: see `font`; :param style: as for reportlab's ``ParagraphStyle``.
    """
    look = {"fontSize": 11, "leading": 15.5, "splitLongWords": 1, **style}
    if _needs_chinese(text):
        look["wordWrap"] = "CJK"
    look = ParagraphStyle("text", fontName=font(text, folder, bold), **look)
    return Paragraph(escape(text).replace("\n", "<br/>"), look)


class _Sheet:
    """One letter on its sheets."""

    def __init__(self, canvas, letter, fonts):
        self.canvas = canvas
        self.letter = letter
        self.fonts = fonts

    def draw(self):
        self._draw_head()
        self._draw_address()
        self._draw_folds()
        top, story, number = FIRST_TOP, self._story(), 1
        while story:
            if number > 1:
                self._text(WIDTH - RIGHT, 15 * mm, str(number), 9, right=True)
            height = HEIGHT - top - BOTTOM
            frame = Frame(LEFT, BOTTOM, WIDTH - LEFT - RIGHT, height, 0, 0, 0, 0)
            frame.addFromList(story, self.canvas)
            if story and isinstance(story[0], Spacer):
                story.pop(0)
            self.canvas.showPage()
            top, number = NEXT_TOP, number + 1

    def _font(self, text, bold=False):
        return font(text, self.fonts, bold)

    def _text(self, left, top, text, size, bold=False, right=False, grey=False):
        """One line; ``top`` is its baseline, from the upper edge."""
        self.canvas.setFont(self._font(text, bold), size)
        self.canvas.setFillGray(0.35 if grey else 0)
        draw = self.canvas.drawRightString if right else self.canvas.drawString
        draw(left, HEIGHT - top, text)
        self.canvas.setFillGray(0)

    def _fitting(self, text, size, width, bold=False):
        """The size at which a line fits, not less than two thirds; and the line, cut if need be."""
        font = self._font(text, bold)
        wide = pdfmetrics.stringWidth(text, font, size)
        if wide > width:
            size = max(size * width / wide, size * 2 / 3)
            text = simpleSplit(text, font, size, width)[0]
        return size, text

    def _draw_head(self):
        """The practice at the right, its logo at the left."""
        name, *others = self.letter.practice or ("",)
        self._text(WIDTH - RIGHT, 18 * mm, name, 13, bold=True, right=True)
        for index, line in enumerate(others):
            self._text(WIDTH - RIGHT, (23.5 + 4.2 * index) * mm, line, 9, right=True, grey=True)
        if self.letter.logo:
            self.canvas.drawImage(
                ImageReader(io.BytesIO(self.letter.logo)),
                LEFT, HEIGHT - 12 * mm - LOGO[1], *LOGO,
                preserveAspectRatio=True, anchor="nw", mask="auto",
            )  # fmt: skip

    def _draw_address(self):
        """What the window shows: the sender in small letters, the recipient."""
        left = WINDOW_LEFT[self.letter.window]
        size, sender = self._fitting(self.letter.sender, 6.5, WINDOW_WIDTH)
        self._text(left, SENDER_LINE, sender, size, grey=True)
        lines = self.letter.address
        leading = min(ADDRESS_LEADING, (ADDRESS_BOTTOM - ADDRESS_LINE) / max(len(lines) - 1, 1))
        for index, line in enumerate(lines):
            size, line = self._fitting(line, 11, WINDOW_WIDTH)
            self._text(left, ADDRESS_LINE + index * leading, line, size)

    def _draw_folds(self):
        self.canvas.setLineWidth(0.3)
        self.canvas.setStrokeGray(0.6)
        for top in FOLDS:
            self.canvas.line(4 * mm, HEIGHT - top, 8 * mm, HEIGHT - top)

    def _story(self):
        """Date, subject and paragraphs; an empty line between paragraphs, others break lines."""
        letter = self.letter
        story = [self._paragraph(letter.day, alignment=TA_RIGHT, spaceAfter=6 * mm)]
        if letter.subject:
            story.append(self._paragraph(letter.subject, bold=True, spaceAfter=5 * mm))
        for part in letter.body.replace("\r\n", "\n").split("\n\n"):
            if part.strip():
                story.append(self._paragraph(part.strip("\n"), spaceAfter=3.5 * mm))
        return story

    def _paragraph(self, text, bold=False, **style):
        return paragraph(text, self.fonts, bold, **style)
