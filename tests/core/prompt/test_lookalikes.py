"""Names that a reader may take for each other, in many scripts; and the table that says so."""

from __future__ import annotations

import unicodedata
from itertools import combinations

import pytest

from bot.core.prompt.lookalikes import _LOOKS, looks
from tests.lookalikes import BEGIN, END, MODULE, alike, table, written

ALIKE = {
    "case, width, accents": [
        ("Kim", "KIM"), ("Kim", "Ｋｉｍ"), ("Kím", "Kim"), ("Jörg", "Jorg"), ("Søren", "Soren"),
        ("Łukasz", "Lukasz"),
        ("Straße", "STRASSE"), ("İrem", "Irem"), ("Đan", "Dan"), ("Nguyễn", "Nguyen"),
    ],
    "one, i, l and the bar": [
        ("Kim", "K1m"), ("Kim", "Klm"), ("Kim", "KIm"), ("Kim", "K|m"), ("Kim", "Kım"), ("Kim", "Kǀm"),
        ("Kim", "Kⅼm"),
        ("Bill", "BiII"), ("Bill", "B111"), ("Ali", "AIi"), ("Kim", "Kᛁm"), ("Kim", "K∣m"),
    ],
    "zero and o": [("Bob", "B0b"), ("Bob", "BОb"), ("Leo", "Leο"), ("Leo", "Leօ"), ("Leo", "Le〇"), ("Leo", "Leഠ")],
    "two letters that look like one": [("Kim", "Kirn"), ("Sam", "Sarn"), ("Will", "VVill"), ("Dan", "clan")],
    "Cyrillic": [
        ("Kim", "Кіm"), ("Anna", "Аnnа"), ("Peter", "Реtег"), ("Oscar", "Оѕсаг"), ("TOM", "ТОМ"),
        ("tom", "том"),
        ("Bob", "Воb"), ("HANNA", "НАNNА"), ("Joe", "Јое"), ("Wendy", "Ԝеndу"), ("KATE", "катe"),
        ("Xavi", "Хаvі"),
    ],
    "Greek": [
        ("NIKOS", "ΝΙΚΟS"), ("NIKOS", "νικοs"), ("Anna", "Αnnα"), ("Kate", "Κatε"), ("Ivan", "Ινan"),
        ("ROXY", "RΟΧΥ"),
        ("Tom", "Τοm"), ("Peter", "Ρeter"), ("Zoe", "Ζοe"), ("Hanna", "Ηanna"),
    ],
    "Armenian, Cherokee, Lisu, Coptic and others": [
        ("Oona", "Օօna"), ("Uma", "սma"), ("Sam", "Տam"), ("Adam", "Ꭺdam"), ("David", "Ꭰavid"), ("Mia", "Ꮇia"),
        ("Dan", "ꓓan"), ("Ben", "ꓐen"), ("Kate", "ⲔaⲦe"), ("Aron", "𐊠ron"), ("Tom", "ᎢoᎷ"), ("Ed", "Ꭼd"),
    ],
    "Latin that is small, mathematical, circled or modified": [
        ("Kim", "ᴋɪᴍ"), ("Kim", "𝐊𝐢𝐦"), ("Kim", "𝒦𝒾𝓂"), ("Kim", "𝕂𝕚𝕞"), ("Kim", "𝙺𝚒𝚖"), ("Kim", "Ⓚⓘⓜ"),
        ("Kim", "🅚🅘🅜"),
        ("Kim", "🅺🅸🅼"), ("Kim", "🇰🇮🇲"), ("Kim", "ᴷⁱᵐ"), ("Kim", "ƙim"), ("Anna", "ɑnnɑ"), ("Gina", "ɡina"),
        ("Bob", "ʙᴏʙ"),
        ("Ryan", "ʀʏᴀɴ"), ("Felix", "Feℓix"), ("Eve", "℮ve"),
    ],
    "digits": [("Kim 2", "Kim ２"), ("Kim 2", "Kim 𝟚"), ("Kim 2", "Kim ②"), ("Kim 3", "Kim З"), ("Kim 6", "Kim б")],
    "Hangul, in one piece and in several": [
        ("김민수", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"), ("김민수", "ㄱㅣㅁㅁㅣㄴㅅㅜ"),
        ("김", "\uffa1\uffdc\uffb1"),
        ("김l", "김ㅣ"), ("ㅣ", "l"), ("ㅣ", "1"), ("김一", "김ㅡ"), ("민 지", "민지"), ("ㅇ", "O"),
        ("ㅁ", "口"), ("ㅏ", "ト"),
    ],
    "kana and Han": [
        ("ニ宮", "二宮"), ("川ロ", "川口"), ("エ藤", "工藤"), ("ー條", "一條"), ("カ也", "力也"),
        ("タ子", "夕子"), ("トミ", "卜三"),
        ("ハ木", "八木"), ("チ葉", "千葉"), ("ヘレン", "へレン"), ("リカ", "りカ"), ("ﾆ宮", "二宮"),
        ("田中", "⽥中"),
        ("イ也", "亻也"), ("シゲ", "ツゲ"), ("ソラ", "ンラ"), ("ケン", "ヶン"), ("ロ", "囗"), ("ガク", "カク"),
    ],
    "Arabic, Hebrew and Devanagari": [("علی", "علي"), ("كريم", "کریم"), ("וו", "װ"), ("राम", "राम")],
}  # fmt: skip

APART = [
    *(
        "Kim",
        "Kin",
        "Tim",
        "Jim",
        "Lee",
        "Léa",
        "Leo",
        "Ann",
        "Ana",
        "Anna",
        "Hanna",
        "Ian",
        "Jan",
        "Dan",
        "Don",
        "Ben",
    ),
    *("Bob", "Rob", "Tom", "Tim2", "Alex", "Alec", "Max", "Mia", "Nina", "Ivan", "Evan", "Jun", "June"),
    *("Yun", "Hun"),
    *(
        "김민수",
        "김민서",
        "민지",
        "민자",
        "지민",
        "이영희",
        "박서준",
        "박서진",
        "최수민",
        "정다은",
        "각가",
        "가까",
        "아이",
        "아기",
    ),
    *(
        "Иван",
        "Ольга",
        "Николай",
        "Νίκος",
        "Ελένη",
        "Γιώργος",
        "田中",
        "李",
        "王",
        "山口",
        "山中",
        "佐藤",
        "伊藤",
        "二宮",
    ),
    *(
        "さくら",
        "サトシ",
        "ハナ",
        "محمد",
        "علي",
        "דוד",
        "משה",
        "राम",
        "सीता",
        "C++ fan",
        "Team 2",
        "Team 3",
        "Threadbot",
    ),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [pair for pairs in ALIKE.values() for pair in pairs],
    ids=lambda name: name.encode("unicode_escape"),
)
def test_names_that_look_alike(one: str, other: str) -> None:
    assert looks(one) & looks(other)


def test_names_that_do_not() -> None:
    assert not [(one, other) for one, other in combinations(APART, 2) if looks(one) & looks(other)]


def test_each_syllable_of_hangul_looks_like_itself_only() -> None:
    syllables = [chr(code) for code in range(ord("가"), ord("힣") + 1)]
    assert len(frozenset().union(*map(looks, syllables))) == len(syllables)


def test_what_is_no_letter_looks_like_nothing() -> None:
    assert looks("✅ – 🎉") == looks("") == set()


def test_the_table_says_what_each_letter_looks_like_in_the_end() -> None:
    assert len(_LOOKS) > 1_900
    ends = dict.fromkeys(_LOOKS.values())
    assert [end for end in ends if end.translate(_LOOKS) != end] == []
    assert [source for source in map(chr, _LOOKS) if unicodedata.normalize("NFKD", source) != source] == []


def test_the_table_is_written_from_the_lines_of_unicode() -> None:
    lines = [
        "# Version: 17.0.0",
        "0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t# ",
        "006D ;\t0072 006E ;\tMA\t# ( m → rn )",
        "0025 ;\t00BA 002F 2080 ;\tMA\t#* ( % → º/₀ )",
        "043A ;\t0138 ;\tMA\t# ( к → ĸ )",
        "1101 ;\t1100 1100 ;\tMA\t# ( ᄁ → ᄀᄀ )",
    ]
    found = table(alike(lines))
    assert {each: found.get(each) for each in "аm%кᄁ"} == {"а": "a", "m": "rn", "%": None, "к": "k", "ᄁ": None}
    assert written({"а": "a", "ɑ": "a", "m": "rn"}) == "61 251 430; 72+6E 6D\n"
    _, begin, rest = MODULE.read_text(encoding="utf-8").partition(BEGIN)
    assert begin
    assert rest.partition(END)[0] == written({chr(source): end for source, end in _LOOKS.items()})
