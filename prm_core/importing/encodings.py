"""What kind of file is this, and in which encoding is its text?

Every look at the file is bounded: a chunk is read, judged and dropped.
"""

import codecs
import re

from .problems import ImportProblem

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
#: One record, quoted line breaks included, in characters. A patient's row has some 300. Python's
#: csv reader refuses a field of 131,072; a smaller bound lets us tell the person what to do.
RECORD_LIMIT = 100_000
#: One file. A million patients make about 250 MB.
FILE_LIMIT_MB = 256

#: First bytes of files that people choose by mistake.
_MAGIC = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf", "a compressed file (7z)"),
    (b"Rar!", "a compressed file (RAR)"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3", "a database file"),
)
_MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table|head)\b", re.IGNORECASE)
_ZIP = b"PK\x03\x04"
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Excel stores a protected workbook as an OLE2 container with a stream of this name.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_ESCAPED = re.compile("[\udc80-\udcff]")
_NON_ASCII = re.compile("[^\x00-\x7f]")

#: Names as people know them, for the form and for sentences.
ENCODING_NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "cp850": "DOS (850)",
    "mac_roman": "Mac Roman",
}


def file_kind(file):
    """Return "xlsx" or "text"; raise ImportProblem for what is neither.

    :param file: binary, seekable; left at its start
    """
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise ImportProblem("empty_file")
    if size > FILE_LIMIT_MB * 1024 * 1024:
        raise ImportProblem("too_large_file", limit=FILE_LIMIT_MB)
    if head.startswith(_ZIP):
        return "xlsx"
    if head.startswith(_OLE2):
        raise ImportProblem(_ole2_problem(file, size))
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise ImportProblem("binary_file", what=what)
    if _MARKUP.match(head):
        raise ImportProblem("binary_file", what="a web page or XML file")
    return "text"


def _ole2_problem(file, size):
    """Tell a protected .xlsx from an old .xls: both are OLE2 containers.

    The container's directory lies near the start or the end of a file of usual size.
    """
    head = file.read(CHUNK_BYTES)
    file.seek(max(0, size - CHUNK_BYTES))
    tail = file.read(CHUNK_BYTES)
    file.seek(0)
    return "encrypted" if _ENCRYPTED_STREAM in head or _ENCRYPTED_STREAM in tail else "old_excel"


def detect_encoding(file):
    """Return the Python codec for a text file: UTF-8, UTF-16 or Windows-1252.

    UTF-8 is told by its own strictness: other text hardly ever passes as UTF-8. Where a few
    bytes are wrong in a file that otherwise is UTF-8 (more good sequences than bad bytes), it
    stays UTF-8, and reading names the row.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise ImportProblem("bad_encoding", row=1, encoding="UTF-8 or UTF-16")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    wide = _utf16_without_bom(head)
    if wide:
        return wide
    if _is_binary(head):
        raise ImportProblem("binary_file", what="a file of another kind")
    good, bad = _count_utf8(file)
    return "utf-8-sig" if not bad or good > bad else "cp1252"


def _utf16_without_bom(head):
    """Latin text in UTF-16 has a zero as every second byte, always on the same side."""
    zeros_even = head[0::2].count(0)
    zeros_odd = head[1::2].count(0)
    half = max(1, len(head) // 2)
    if zeros_odd > 0.5 * half and zeros_even < 0.05 * half:
        return "utf-16-le"
    if zeros_even > 0.5 * half and zeros_odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_binary(head):
    control = sum(head.count(bytes([code])) for code in (*range(9), *range(14, 32), 127))
    return control > 0.02 * len(head)


def _count_utf8(file):
    """Return (good sequences of several bytes, bad bytes) of the file read as UTF-8.

    Stops at a line longer than any record may be: the reader refuses it and names its row.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    line_bytes = 0
    while chunk := file.read(CHUNK_BYTES):
        newline = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line_bytes = len(chunk) - newline - 1 if newline >= 0 else line_bytes + len(chunk)
        text = decoder.decode(chunk)
        if not text.isascii():
            bad_here = len(_ESCAPED.findall(text))
            bad += bad_here
            good += len(_NON_ASCII.findall(text)) - bad_here
        if line_bytes > 4 * RECORD_LIMIT:
            break
    file.seek(0)
    return good, bad
