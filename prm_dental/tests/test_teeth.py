"""Teeth, their numbers and surfaces: no database."""

import unittest

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.prm_dental import teeth

#: (FDI, Universal, Palmer, Palmer in letters), from the numbering tables of the American Dental
#: Association and of ISO 3950: the corners of each quadrant and one in between.
NUMBERS = (
    ("18", "1", "8┘", "UR8"), ("16", "3", "6┘", "UR6"), ("11", "8", "1┘", "UR1"),
    ("21", "9", "└1", "UL1"), ("24", "12", "└4", "UL4"), ("28", "16", "└8", "UL8"),
    ("38", "17", "┌8", "LL8"), ("33", "22", "┌3", "LL3"), ("31", "24", "┌1", "LL1"),
    ("41", "25", "1┐", "LR1"), ("45", "29", "5┐", "LR5"), ("48", "32", "8┐", "LR8"),
    ("55", "A", "E┘", "URE"), ("51", "E", "A┘", "URA"), ("61", "F", "└A", "ULA"),
    ("65", "J", "└E", "ULE"), ("75", "K", "┌E", "LLE"), ("71", "O", "┌A", "LLA"),
    ("81", "P", "A┐", "LRA"), ("85", "T", "E┐", "LRE"),
)  # fmt: skip

#: (FDI, arch, side, kind, name)
PLACES = (
    ("11", "upper", "right", "incisor", "central incisor"),
    ("22", "upper", "left", "incisor", "lateral incisor"),
    ("33", "lower", "left", "canine", "canine"),
    ("44", "lower", "right", "premolar", "first premolar"),
    ("15", "upper", "right", "premolar", "second premolar"),
    ("26", "upper", "left", "molar", "first molar"),
    ("37", "lower", "left", "molar", "second molar"),
    ("48", "lower", "right", "molar", "third molar"),
    ("51", "upper", "right", "incisor", "deciduous central incisor"),
    ("63", "upper", "left", "canine", "deciduous canine"),
    ("74", "lower", "left", "molar", "deciduous first molar"),
    ("85", "lower", "right", "molar", "deciduous second molar"),
)

#: (FDI, as written, as stored)
SURFACES = (
    ("16", "MOD", "MOD"), ("16", "DOM", "MOD"), ("16", "od", "OD"), ("36", "B", "B"),
    ("36", "F", "B"), ("36", "V", "B"), ("26", "P", "L"), ("26", "M, O / B", "MOB"),
    ("16", "MODBL", "MODBL"), ("16", "LBDOM", "MODBL"), ("16", "MM", "M"), ("16", "", ""),
    ("11", "MID", "MID"), ("11", "DIM", "MID"), ("11", "B", "F"), ("11", "V", "F"),
    ("21", "LP", "L"), ("53", "FL", "FL"), ("55", "ob", "OB"), ("43", "m-i-d", "MID"),
)  # fmt: skip

#: Last usual year of shedding: American Dental Association, "Eruption Charts", primary teeth.
SHED = {"1": 7, "2": 8, "3": 12, "4": 11, "5": 12}

TOOTH = st.sampled_from(sorted(teeth.TEETH))


class TestTeeth(unittest.TestCase):
    def test_numbers(self):
        for fdi, universal, palmer, letters in NUMBERS:
            with self.subTest(fdi=fdi):
                tooth = teeth.TEETH[fdi]
                self.assertEqual(
                    (tooth.universal, tooth.palmer, tooth.palmer_text), (universal, palmer, letters)
                )

    def test_there_are_52(self):
        self.assertEqual((len(teeth.PERMANENT), len(teeth.DECIDUOUS)), (32, 20))
        for one_name in ("universal", "palmer", "palmer_text"):
            names = {getattr(tooth, one_name) for tooth in teeth.TEETH.values()}
            self.assertEqual(len(names), 52, one_name)
        universal = [tooth.universal for tooth in teeth.PERMANENT]
        self.assertEqual(universal[:16], [str(number) for number in range(1, 17)])
        self.assertEqual(universal[16:], [str(number) for number in range(32, 16, -1)])

    def test_places(self):
        for fdi, arch, side, kind, name in PLACES:
            with self.subTest(fdi=fdi):
                tooth = teeth.TEETH[fdi]
                self.assertEqual((tooth.arch, tooth.side, tooth.kind), (arch, side, kind))
                self.assertEqual(
                    tooth.name_parts, (f"{arch.title()} {side}", name), "where it is, what it is"
                )

    def test_no_tooth(self):
        for written in ("", "0", "10", "19", "49", "56", "86", "99", "UR9", "XX1", "1.9", "tooth"):
            with self.subTest(written=written), self.assertRaises(teeth.ToothError) as caught:
                teeth.tooth(written)
            self.assertEqual(caught.exception.code, "no_tooth")
            self.assertIn("FDI", str(caught.exception))
        for written in ("0", "33", "U", ""):
            with self.subTest(universal=written), self.assertRaises(teeth.ToothError):
                teeth.from_universal(written)

    def test_usual_ways_to_write_a_tooth(self):
        for written, fdi in (("1.6", "16"), (" 16 ", "16"), ("1-6", "16"), ("ur6", "16"),
                             ("LLE", "75"), ("6┘", "16"), (16, "16")):  # fmt: skip
            with self.subTest(written=written):
                self.assertEqual(teeth.tooth(written).fdi, fdi)
        self.assertEqual(teeth.from_universal("#03").fdi, "16")
        self.assertEqual(teeth.from_universal("t").fdi, "85")

    @given(TOOTH)
    def test_every_notation_leads_back(self, fdi):
        tooth = teeth.TEETH[fdi]
        self.assertIs(teeth.tooth(tooth.fdi), tooth)
        self.assertIs(teeth.tooth(tooth.palmer), tooth)
        self.assertIs(teeth.tooth(tooth.palmer_text), tooth)
        self.assertIs(teeth.from_universal(tooth.universal), tooth)

    @given(st.text(max_size=5))
    def test_any_text_is_a_tooth_or_an_error(self, written):
        try:
            found = teeth.tooth(written)
        except teeth.ToothError as error:
            self.assertTrue(str(error))
        else:
            self.assertIn(found.fdi, teeth.TEETH)


class TestSurfaces(unittest.TestCase):
    def test_in_the_usual_order(self):
        for fdi, written, stored in SURFACES:
            with self.subTest(fdi=fdi, written=written):
                self.assertEqual(teeth.surfaces(teeth.TEETH[fdi], written), stored)

    def test_what_a_tooth_does_not_have(self):
        for fdi, written, letter in (("11", "MO", "O"), ("53", "O", "O"), ("16", "MI", "I")):
            with self.subTest(fdi=fdi), self.assertRaises(teeth.ToothError) as caught:
                teeth.surfaces(teeth.TEETH[fdi], written)
            self.assertEqual(caught.exception.code, "not_on_tooth")
            self.assertIn(f"“{letter}”", str(caught.exception))
        with self.assertRaisesRegex(teeth.ToothError, "“X” is no surface"):
            teeth.surfaces(teeth.TEETH["16"], "MX")
        with self.assertRaisesRegex(teeth.ToothError, "Write which tooth"):
            teeth.normalise("", "MO")

    @given(TOOTH, st.data())
    def test_the_order_of_writing_does_not_matter(self, fdi, data):
        tooth = teeth.TEETH[fdi]
        letters = data.draw(st.lists(st.sampled_from(tooth.surfaces), max_size=8))
        found = teeth.surfaces(tooth, "".join(letters))
        self.assertEqual(found, teeth.surfaces(tooth, "".join(reversed(letters))))
        self.assertEqual(found, teeth.surfaces(tooth, found))
        self.assertEqual(set(found), set(letters))

    @given(st.text(max_size=4), st.text(max_size=6))
    def test_what_is_taken_over_stays_as_it_is_once_tidied(self, tooth, surfaces):
        once = teeth.tidy(tooth, surfaces)
        self.assertEqual(teeth.tidy(*once), once)


class TestAge(unittest.TestCase):
    def test_deciduous_teeth_are_asked_about_after_they_are_usually_shed(self):
        for tooth in teeth.DECIDUOUS:
            last = SHED[tooth.fdi[1]]
            with self.subTest(fdi=tooth.fdi):
                self.assertEqual(tooth.shed_age[1], last)
                self.assertFalse(teeth.is_overdue(tooth.fdi, last))
                self.assertTrue(teeth.is_overdue(tooth.fdi, last + 1))

    def test_nothing_is_asked_about_others(self):
        self.assertFalse(teeth.is_overdue("16", 80))
        self.assertFalse(teeth.is_overdue("55", None))
        self.assertFalse(teeth.is_overdue("no tooth", 80))
        self.assertIsNone(teeth.TEETH["16"].shed_age)
