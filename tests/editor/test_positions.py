"""Positions of editors and offsets of ours: there and back, in every encoding, and however wrong a position is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.app.editor.documents import Document
from dsl.app.editor.edit import Edit, edited, least
from dsl.app.editor.positions import Positions

ENCODINGS = ["utf-8", "utf-16", "utf-32"]
TEXTS = st.text(st.sampled_from("ab =(\n\r\tßα𝛼\u2028\x0b\x0c"), max_size=60)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS)
def test_an_offset_is_found_again_by_its_position(encoding, text):
    places = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert places.offset(*places.position(offset)) == offset


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS)
def test_a_position_counts_the_units_of_the_encoding(encoding, text):
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    places = Positions(text, encoding)
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text)):
        assert places.position(places.offset(number, 10**6)) == (number, len(line.encode(codec)) // width)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS, line=st.integers(-3, 100), character=st.integers(-3, 100))
def test_any_position_is_somewhere_in_the_text(encoding, text, line, character):
    assert 0 <= Positions(text, encoding).offset(line, character) <= len(text)


def test_the_middle_of_a_character_is_its_beginning():
    assert Positions("a𝛼b", "utf-16").offset(0, 2) == 1
    assert Positions("a𝛼b", "utf-8").offset(0, 4) == 1


@given(before=TEXTS, after=TEXTS)
def test_the_least_edit_makes_one_text_of_another(before, after):
    edit = least(before, after)
    assert edited(before, [edit] if edit else []) == after


@given(text=TEXTS, changes=st.lists(st.tuples(*[st.integers(0, 12)] * 4, TEXTS), max_size=4))
def test_a_changed_document_is_what_a_file_with_its_text_is_read_as(text, changes):
    document = Document("untitled:a", text)
    for line, character, other_line, other, new in changes:
        document.change((line, character), (other_line, other), new)
    document.renew()
    assert document.source.text == re.sub(r"\r\n?", "\n", document.text)


def test_edits_are_made_from_behind():
    assert edited("abc", [Edit(2, 3, "z"), Edit(0, 1, "xy")]) == "xybz"
