"""Texts that tokenizers differ on, where they differ at all."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

MADE_UP = [
    "",
    " ",
    "\n\n",
    "a\t b\r\n\r\n c\n",
    "Der Kranich zieht im Herbst über die Brücke.",
    "query: Wer zahlt, was?  Zwei  Leerzeichen.   ",
    "市议会星期一决定将旧桥关闭到秋天。",
    "市議会は月曜日に、古い橋を秋まで閉鎖することを決めた。ｶﾀｶﾅ ＡＢＣ　全角～",
    "أعلنت الحكومة اليوم عن ميزانيةٍ جديدة ﷺ ﻻ",
    "नगर परिषद ने सोमवार को पुराने पुल को बंद करने का फैसला किया।",
    "สภาเทศบาลตัดสินใจปิดสะพานเก่าจนถึงฤดูใบไม้ร่วง",
    "시의회는 오래된 다리를 폐쇄했다.",
    "Міська рада вирішила закрити старий міст.",
    "😀 👨‍👩‍👧 🇩🇪 👍🏽 ☎️ ©®™",
    "\x00\x01\x07\x1b[31m\x7f\x80\x9f\xad\u200b\u200d\u200e\u2028\u2029\ufeff",
    "Größe, Ångström, café, naïve, Việt Nam, źródło",
    unicodedata.normalize("NFD", "Größe, Ångström, café, naïve, źródło, ёй"),
    " \u0301x \u0308",
    "½ ² ³ ﬁ ﬂ Ⅳ ㎏ ℃ ℡ № … ‥ ″ ‴",
    "„Anführung“ «guillemets» ‚einfach‘ – — ― ‐ ‑ − ~ ～ 〜",
    "https://example.org/ä?b=1&c=2#d user@example.org 1.234,56 € 10:30",
    "<s> </s> <pad> <unk> <mask> [CLS] ▁ ▁▁ <|im_end|>",
    "\U0010ffff \ue000 \ufffe \uffff \U0001d400\U0001d401 𠮷 𪚥",
    "x" * 3000,
    "中" * 3000,
    "a " * 3000,
]


# The reference looks up a base and its marks together, so what NFC can't compose it may drop.
ANY_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Mn", "Mc", "Me"],
        exclude_characters="\ufdd0",
        max_codepoint=0xFFFF,
    )
)
