"""python -m benchmarks.summary: the figures between the marks in README.md and README.zh.md, from what benchmarks/results holds."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks import RESULTS, peers
from benchmarks.pairs import markdown

ROOT = Path(__file__).parent.parent

# family: in English, in Chinese
FAMILIES = {
    "forward": ("layers, forward", "层，前向"),
    "forward+backward": ("layers, forward and backward", "层，前向加反向"),
    "inference": ("networks, forward", "网络，前向"),
    "training step": ("training steps", "训练步"),
    "peak memory": ("peak memory of training", "训练的内存峰值"),
    "tiny call": ("calls on tiny tensors", "微小张量上的调用"),
    "import": ("import, over NumPy's", "导入时间（扣除 NumPy）"),
}
HEADS = ("geometric mean (least; rows)", "几何平均（最小；行数）")


def _cell(run: Any, family: str) -> str:
    values = [row["ratio"] for row in run["rows"] if row["family"] == family]
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"**{statistics.geometric_mean(values):.2f}** ({min(values):.2f}; {len(values)})"


def figures(language: int) -> str:
    """The table of families and peers; 0 English, 1 Chinese."""
    found = {name: RESULTS / f"{name}.json" for name in peers.NAMES}
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in found.values() if path.exists()]
    lines = [[words[language], *(_cell(run, family) for run in runs)] for family, words in FAMILIES.items()]
    return markdown([HEADS[language], *(run["peer"] for run in runs)], [line for line in lines if any(line[1:])], (0,))


def main() -> None:
    for language, name in enumerate(("README.md", "README.zh.md")):
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        head, _, rest = text.partition("<!-- figures -->\n")
        tail = rest.partition("<!-- /figures -->")[2]
        page.write_text(f"{head}<!-- figures -->\n{figures(language)}\n<!-- /figures -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
