"""A corpus small enough to train on in a test."""

from __future__ import annotations

from pathlib import Path

from hotline.ports.classifier import Category

WORDS = {"求助": "help", "投诉": "complaint"}
CATEGORIES = (
    Category("LT-01-01", ("照明", "路灯故障", "单灯不亮"), "N", ("help",), ("路灯不亮",)),
    Category("LT-02-02", ("照明", "灯杆与电气设施", "漏电"), "E0", ("help",), ("漏电", "麻手")),
    Category("SN-02-01", ("环卫", "垃圾收运", "暴露垃圾"), "N", ("complaint",), ("垃圾成堆",)),
    Category("SN-04-01", ("环卫", "公厕", "公厕不洁"), "N", ("complaint", "help"), ("厕所味大",)),
)
TEXTS = {
    "LT-01-01": ["门口路灯不亮", "路灯灭了", "一盏路灯坏了", "路灯不亮三天了", "灯泡坏了路灯黑着"],
    "LT-02-02": ["灯杆漏电麻手", "电线露着冒火星", "灯杆带电", "电线裸露", "一摸灯杆麻手"],
    "SN-02-01": ["垃圾成堆没人管", "一堆垃圾", "墙外头堆满垃圾", "垃圾扔得到处都是", "垃圾堆成山"],
    "SN-04-01": ["公厕味大", "厕所没水冲", "公厕臭", "厕所脏得进不去", "公厕里头屎尿横流"],
}


def rows() -> list[tuple[str, str, str, str]]:
    """leaf, request type, urgency, text."""
    of = {category.code: category for category in CATEGORIES}
    types = {code: word for word, code in WORDS.items()}
    return [
        (code, types[of[code].request_types[0]], of[code].urgency, text)
        for code, texts in TEXTS.items()
        for text in texts
    ]


def write_corpus(folder: Path) -> Path:
    """A folder with the corpus as one table."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["leaf\trequest_type\turgency\ttext", *("\t".join(row) for row in rows())]
    (folder / "little.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder
